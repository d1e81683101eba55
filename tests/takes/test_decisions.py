"""Lines that a person names: their numbers, however large, meet the lines that are there."""

from __future__ import annotations

import pytest

from higgs_cli.errors import UsageError
from higgs_cli.takes.decisions import chunks_on, decisions_of, line_numbers
from tests.planning.planning_fixtures import planned

SCRIPT = "[SPEAKER0] One.\n[SPEAKER1] Two.\n\n[SPEAKER0] Four.\n"


def spoken(lines: str) -> list[str]:
    return [chunk.text for chunk in chunks_on(planned(SCRIPT), line_numbers(lines, "--lock"), "-")]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("2", ["Two."]),
        ("4,1-1", ["One.", "Four."]),
        ("1-3,2-4", ["One.", "Two.", "Four."]),
        (f"2-1{'0' * 30}", ["Two.", "Four."]),
        (f"2-{'9' * 6000}", ["Two.", "Four."]),
        ("1-999999999", ["One.", "Two.", "Four."]),
        ("3,4", ["Four."]),
    ],
)
def test_the_lines_of_a_span_that_are_there_are_taken(lines: str, said: list[str]) -> None:
    assert spoken(lines) == said


@pytest.mark.parametrize("lines", ["4-2", f"{'9' * 30}-1"])
def test_only_a_span_that_runs_backwards_is_told_so(lines: str) -> None:
    with pytest.raises(UsageError, match="runs backwards"):
        line_numbers(lines, "--retake")


@pytest.mark.parametrize("lines", ["", "x", "1,", "-3", "1-x", "²"])
def test_what_is_no_number_is_told_so(lines: str) -> None:
    with pytest.raises(UsageError, match="is not a line number"):
        line_numbers(lines, "--retake")


@pytest.mark.parametrize("lines", ["3", "9" * 6000])
def test_a_line_that_says_nothing_is_told_with_the_nearest(lines: str) -> None:
    with pytest.raises(UsageError, match="nothing is spoken") as caught:
        decisions_of(lines, None, None).check(planned(SCRIPT))
    assert caught.value.hint in (
        "the nearest line that is spoken is 2",
        "the nearest line that is spoken is 4",
    )
