from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from higgs_cli.audio.clip import AudioClip
from higgs_cli.listening.whisper_ear import GAP_SECONDS, PROMPTS, WhisperEar

RATE = 16_000
HALF_GAP = GAP_SECONDS / 2


@dataclass
class FakeWhisper:
    """Says what it was told to, window after window, and knows how it was asked."""

    windows: list[list[list[tuple[str, float, float]]]]
    """Of each call: segments of words with their times."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    segments_taken: int = 0

    def transcribe(self, samples: np.ndarray, **asked: Any) -> tuple[Iterator[Any], None]:
        self.asked.append(asked)
        self.seconds.append(len(samples) / RATE)
        return self._segments(self.windows.pop(0)), None

    def _segments(self, segments: list[list[tuple[str, float, float]]]) -> Iterator[Any]:
        for number, words in enumerate(segments):
            self.segments_taken += 1
            yield SimpleNamespace(
                words=[
                    SimpleNamespace(word=f" {text}", start=start, end=end, probability=0.9)
                    for text, start, end in words
                ],
                avg_logprob=-0.1 * (number + 1),
                no_speech_prob=0.1 * (number + 1),
            )


def hear(
    monkeypatch: pytest.MonkeyPatch, model: FakeWhisper, *seconds: float, language: str = "en"
) -> list[str]:
    """The text of what is heard in clips of so many seconds."""
    library = SimpleNamespace(WhisperModel=lambda *_, **__: model)
    monkeypatch.setitem(sys.modules, "faster_whisper", library)
    clips = [AudioClip(np.zeros(round(each * RATE), np.float32), RATE) for each in seconds]
    return [each.text for each in WhisperEar("folder", language, "cpu").hear(clips)]


def test_takes_are_heard_in_one_window_and_words_go_to_the_sound_they_lie_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = FakeWhisper([[[("one", 0.4, 1.0), ("two", 1.0, 1.3), ("three", 2.0, 2.8)]]])
    assert hear(monkeypatch, model, 1.0, 1.0) == ["one two", "three"]
    assert model.seconds == [pytest.approx(2 + 2 * GAP_SECONDS)]


@pytest.mark.parametrize(
    ("written", "told"), [("late.", ["one late.", "two"]), ("Early", ["one", "Early two"])]
)
def test_a_word_in_the_silence_between_two_takes_goes_where_its_point_says(
    monkeypatch: pytest.MonkeyPatch, written: str, told: list[str]
) -> None:
    between = HALF_GAP + 1 + GAP_SECONDS
    words = [("one", 0.4, 1.0), (written, between - 0.1, between), ("two", 2.0, 2.8)]
    assert hear(monkeypatch, FakeWhisper([[words]]), 1.0, 1.0) == told


@pytest.mark.parametrize("at", [0.4, 0.9, HALF_GAP, HALF_GAP + 1.0])
def test_a_word_of_no_length_stays_in_the_sound_that_it_is_in(
    monkeypatch: pytest.MonkeyPatch, at: float
) -> None:
    """As Whisper times words that it is unsure of; they are the next take's in no case."""
    model = FakeWhisper([[[("one", at, at), ("two", 2.0, 2.8)]]])
    assert hear(monkeypatch, model, 1.0, 1.0) == ["one", "two"]


def test_a_word_across_the_silence_goes_where_most_of_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = FakeWhisper([[[("one", 0.4, 1.2), ("early", 1.25, 2.5), ("two", 2.5, 2.8)]]])
    assert hear(monkeypatch, model, 1.0, 1.0) == ["one", "early two"]


def test_what_is_invented_after_the_last_word_is_not_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = FakeWhisper([[[("one", 0.4, 1.2)], [("Thanks", 1.4, 1.5)]]])
    assert hear(monkeypatch, model, 1.0) == ["one"]
    assert model.segments_taken == 1


def test_a_short_take_after_the_last_word_is_still_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = FakeWhisper([[[("one", 0.4, 1.2)], [("two", 2.0, 2.8)]]])
    assert hear(monkeypatch, model, 1.0, 1.0) == ["one", "two"]
    assert model.segments_taken == 2


def test_a_take_in_which_nothing_is_heard_is_heard_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeWhisper([[[("one", 0.4, 1.2), ("end", 2.7, 2.8)]], [[("two", 0.4, 1.0)]]])
    model.windows[0][0].pop()
    model.windows[0].append([])
    assert hear(monkeypatch, model, 1.0, 1.0) == ["one", "two"]
    assert model.seconds[1] == pytest.approx(1 + GAP_SECONDS)


def test_what_nobody_can_say_in_the_time_is_heard_again_without_the_prompt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    babble = [("rest", 0.3 + 0.01 * number, 0.31 + 0.01 * number) for number in range(40)]
    model = FakeWhisper([[[*babble, ("two", 2.0, 2.8)]], [[("one", 0.4, 1.2), ("two", 2.0, 2.8)]]])
    assert hear(monkeypatch, model, 1.0, 1.0) == ["one", "two"]
    assert [each["initial_prompt"] for each in model.asked] == [PROMPTS["en"], None]


def test_it_is_always_asked_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeWhisper([[[("eins", 0.4, 1.2)]]])
    hear(monkeypatch, model, 1.0, language="de")
    assert model.asked[0]["temperature"] == 0.0
    assert model.asked[0]["condition_on_previous_text"] is False
    assert model.asked[0]["initial_prompt"] is None


def test_more_than_a_window_is_heard_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [("one", 0.4, 14.0), ("two", 15.2, 20.0)]
    model = FakeWhisper([[words[:1]], [words[:1]]])
    assert hear(monkeypatch, model, 16.0, 16.0) == ["one", "one"]
    assert len(model.seconds) == 2
