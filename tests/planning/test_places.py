"""Places that a person names, of four kinds, meet the chunks that are there."""

from __future__ import annotations

import pytest

from higgs_cli.errors import UsageError
from higgs_cli.planning.places import Times, chunks_at, spans_of, time_place, where
from higgs_cli.planning.plan import Plan
from tests.planning.planning_fixtures import planned

SCRIPT = "[SPEAKER0] One.\n[SPEAKER1] Two.\n\n[SPEAKER0] Four.\n"
BOOK = """# The First

One is said here.

Two is said here.

# The Second

Three is said here.
"""
TIMES: Times = {0: (0.0, 1.0), 1: (1.44, 2.02), 2: (2.02, 3.0)}


def spoken(places: str, plan: Plan | None = None, times: Times | None = TIMES) -> list[str]:
    plan = plan or planned(SCRIPT)
    return [chunk.text for chunk in chunks_at(plan, spans_of(places, "--lock"), "--lock", times)]


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ("2", ["Two."]),
        ("4,1-1", ["One.", "Four."]),
        ("1-3,2-4", ["One.", "Two.", "Four."]),
        (f"2-1{'0' * 30}", ["Two.", "Four."]),
        (f"2-{'9' * 6000}", ["Two.", "Four."]),
        ("1-999999999", ["One.", "Two.", "Four."]),
        ("3-4", ["Four."]),
        ("#2", ["Two."]),
        ("#2-3", ["Two.", "Four."]),
        ("#1-#2,4", ["One.", "Two.", "Four."]),
        (" #3 , 1 ", ["One.", "Four."]),
        ("1:1", ["One."]),
        ("1:2-3", ["Two.", "Four."]),
        ("1:1-1:2", ["One.", "Two."]),
        ("0:00:00", ["One."]),
        ("0:00:01.1", ["One."]),
        ("0:00:01.3", ["Two."]),
        ("0:0:1", ["Two."]),
        ("0:00:02.1", ["Four."]),
        ("0:00:00-0:00:02.0", ["One.", "Two."]),
    ],
)
def test_what_stands_at_a_place_is_taken(places: str, said: list[str]) -> None:
    assert spoken(places) == said


def test_what_is_shown_can_be_given_back() -> None:
    plan = planned(SCRIPT)
    for chunk in plan.chunks:
        start = TIMES[chunk.number][0]
        for place in (f"#{chunk.number + 1}", chunk.place, time_place(start)):
            assert spoken(place) == [chunk.text], place
        assert where(plan, chunk) == f"line {chunk.line_number}"


def test_three_fourteen_is_a_paragraph_and_never_a_time() -> None:
    plan = planned(BOOK, name="book.md")
    places = [(chunk.place, chunk.last_place) for chunk in plan.chunks]
    assert places == [("1:0", "1:0"), ("1:1", "1:2"), ("2:0", "2:0"), ("2:1", "2:1")]
    assert spoken("2:1", plan) == ["Three is said here."]
    assert spoken("1:0,2:0", plan) == ["The First.", "The Second."]
    assert spoken("1:2-2:0", plan) == ["One is said here. Two is said here.", "The Second."]
    assert spans_of("3:14", "-")[0].kind == "paragraph"
    assert spans_of("0:03:14", "-")[0].kind == "time"


@pytest.mark.parametrize("places", ["4-2", f"{'9' * 30}-1", "#3-1", "1:3-2", "0:00:02-0:00:01"])
def test_only_a_span_that_runs_backwards_is_told_so(places: str) -> None:
    with pytest.raises(UsageError, match="runs backwards"):
        spans_of(places, "--retake")


@pytest.mark.parametrize(
    "places", ["", "x", "1,", "-3", "1-x", "²", "#", "#x", "1:", ":1", "1-#2", "1-1:2", "1:2:3:4"]
)
def test_what_is_no_place_is_told_so(places: str) -> None:
    with pytest.raises(UsageError, match="is not a place") as caught:
        spans_of(places, "--retake")
    assert caught.value.hint == "14, 20-22, #14, 3:14 or 0:26:23"


@pytest.mark.parametrize(
    ("places", "hint"),
    [
        ("3", "the nearest line that is spoken is 2"),
        ("2,3", "the nearest line that is spoken is 2"),
        ("4,77", "the nearest line that is spoken is 4"),
        ("9" * 6000, "the nearest line that is spoken is 4"),
        ("#9", "the nearest chunk that is spoken is #3"),
        ("#1,#0", "the nearest chunk that is spoken is #1"),
        ("1:7", "the nearest paragraph that is spoken is 1:3"),
        ("4:2", "the nearest paragraph that is spoken is 1:2"),
        ("0:26:23", "the nearest time that is spoken is 0:00:02.1"),
    ],
)
def test_a_place_where_nothing_is_spoken_is_told_with_the_nearest(places: str, hint: str) -> None:
    with pytest.raises(UsageError, match="nothing is spoken") as caught:
        spoken(places)
    assert caught.value.hint == hint


def test_a_time_is_refused_where_nothing_was_rendered() -> None:
    for times in (None, {}):
        with pytest.raises(UsageError, match="it is not known what sounds when"):
            spoken("0:00:01", times=times)


def test_a_time_of_what_the_script_does_not_have_any_more_is_refused() -> None:
    with pytest.raises(UsageError, match=r"is not in .* any more"):
        spoken("0:00:01.5", times={0: (0.0, 1.0), -1: (1.4, 2.0), 2: (2.0, 3.0)})
