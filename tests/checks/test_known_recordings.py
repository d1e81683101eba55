"""The delay of a recogniser follows from recordings whose words' times are known."""

from __future__ import annotations

import numpy as np
import pytest

from higgs_cli.checks.known_recordings import KNOWN, KnownRecording, late_seconds
from higgs_cli.evaluation.recordings import read_recording
from higgs_cli.listening.hearing import HeardWord, Hearing
from tests.checks.hearings import heard

LONGEST_WINDOW_SECONDS, GAP_SECONDS = 28.0, 0.6


def hearing_of(known: KnownRecording, late: float) -> Hearing:
    """As a recogniser hears it that is late."""
    words = zip(known.text.split(), known.starts, strict=True)
    return Hearing(
        tuple(HeardWord(word, at + late, at + late + 0.1, 0.9) for word, at in words), 0.0, -0.1
    )


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.voice)
def test_each_word_of_a_bundled_recording_has_its_time(known: KnownRecording) -> None:
    assert known.path.with_suffix(".txt").read_text("utf-8").strip() == known.text
    assert len(known.starts) == len(known.text.split())
    clip = read_recording(known.path)
    assert list(known.starts) == sorted(set(known.starts))
    assert known.starts[0] > 0 and known.starts[-1] < clip.duration_seconds
    loud = np.abs(clip.samples).max()
    for start in known.starts:  # something is said in the fifth of a second behind it
        first = round(start * clip.sample_rate)
        said = clip.samples[first : first + clip.sample_rate // 5]
        assert np.abs(said).max() > 0.05 * loud


def test_they_are_heard_in_one_window() -> None:
    seconds = sum(read_recording(each.path).duration_seconds for each in KNOWN)
    assert seconds + GAP_SECONDS * len(KNOWN) < LONGEST_WINDOW_SECONDS


@pytest.mark.parametrize("late", [-0.04, 0.0, 0.11])
def test_a_delay_is_known_from_what_was_heard(late: float) -> None:
    assert late_seconds([hearing_of(each, late) for each in KNOWN]) == pytest.approx(late)


def test_a_word_that_is_heard_far_off_does_not_move_it() -> None:
    first, *rest = (hearing_of(each, 0.1) for each in KNOWN)
    wrong = HeardWord("gate", 0.1, 0.2, 0.9)
    words = (*first.words[:2], wrong, *first.words[3:])
    assert late_seconds([Hearing(words, 0.0, -0.1), *rest]) == pytest.approx(0.1)


def test_who_does_not_understand_them_has_no_delay() -> None:
    assert late_seconds([heard("Nothing of it.")] * len(KNOWN)) == 0.0
    assert late_seconds([None] * len(KNOWN)) == 0.0
    assert late_seconds([hearing_of(each, 0.9) for each in KNOWN]) == 0.0
