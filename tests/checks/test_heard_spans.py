"""What was heard says when each part of a text was said, whatever the recogniser writes for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from higgs_cli.checks.heard_spans import heard_spans
from tests.checks.hearings import heard


def spans(text: str, written_down: str, late: float = 0.0) -> list[tuple[str, float, float]]:
    found = heard_spans(text, heard(written_down), "en", late)
    return [(text[each.first : each.last], each.start_seconds, each.end_seconds) for each in found]


def test_each_word_has_the_time_at_which_it_was_heard() -> None:
    assert spans("He paid, gladly.", "He paid gladly.") == [
        ("He", 0.0, 0.5),
        ("paid", 0.5, 1.0),
        ("gladly", 1.0, 1.5),
    ]


@pytest.mark.parametrize(
    ("text", "written_down", "together", "start", "end"),
    [
        ("He paid five dollars gladly.", "He paid $5 gladly.", "five dollars", 1.0, 1.5),
        ("He had one thousand sheep here.", "He had 1 ,000 sheep here.", "one thousand", 1.0, 2.0),
        ("He can't see it now.", "He can not see it now.", "can't", 0.5, 1.5),
        ("He can not see it now.", "He can't see it now.", "can not", 0.5, 1.0),
        ("It is to-day that he comes.", "It is today that he comes.", "to-day", 1.0, 1.5),
        ("We met Doctor Lee there.", "We met Dr. Lee there.", "Doctor", 1.0, 1.5),
    ],
)
def test_what_is_one_word_in_either_is_one_span(
    text: str, written_down: str, together: str, start: float, end: float
) -> None:
    assert (together, start, end) in spans(text, written_down)


def test_what_was_not_heard_has_no_span_and_what_was_added_moves_none() -> None:
    assert spans("It was late and nobody came.", "It was very late nobody came.") == [
        ("It", 0.0, 0.5),
        ("was", 0.5, 1.0),
        ("late", 1.5, 2.0),
        ("nobody", 2.0, 2.5),
        ("came", 2.5, 3.0),
    ]


def test_marks_of_sounds_are_no_words_and_move_no_place() -> None:
    text = "Oh no. <SE>[Laughter]</SE> Not again."
    assert [each[0] for each in spans(text, "Oh no. Not again.")] == ["Oh", "no", "Not", "again"]


def test_a_hearing_of_another_text_says_nothing_of_when() -> None:
    assert spans("It was late and nobody came.", "Where have all of the flowers gone?") == []
    assert spans("It was late and nobody came.", "") == []


def test_what_a_recogniser_is_late_is_taken_off() -> None:
    late = spans("He paid gladly.", "He paid gladly.", 0.1)
    assert [each[1:] for each in late] == [
        (0.0, pytest.approx(0.4)),
        (pytest.approx(0.4), pytest.approx(0.9)),
        (pytest.approx(0.9), pytest.approx(1.4)),
    ]


def test_times_never_run_back() -> None:
    hearing = heard("He paid gladly then.")
    words = list(hearing.words)
    words[2] = replace(words[2], start_seconds=0.2, end_seconds=0.3)
    found = heard_spans("He paid gladly then.", replace(hearing, words=tuple(words)), "en")
    times = [time for each in found for time in (each.start_seconds, each.end_seconds)]
    assert times == sorted(times)
