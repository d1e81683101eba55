"""The stall detector ends what has stalled and lets speech be."""

from __future__ import annotations

import random

import numpy as np

from model.codes.stall_detector import StallDetector
from model.runs.engine_settings import EngineSettings
from model.runs.events import Ending

SETTINGS = EngineSettings()


def end_of(codes: list[int], settings: EngineSettings = SETTINGS) -> tuple[int, Ending] | None:
    return StallDetector(settings).look(np.array(codes, dtype=np.int16))


def speech(seed: int, frames: int) -> list[int]:
    """Codes that rest for a while now and then, as speech does."""
    chance = random.Random(seed)
    codes: list[int] = []
    while len(codes) < frames:
        codes += [chance.randrange(1024)] * chance.choice([1, 1, 2, 3, 1, 2, 1, 25])
    return codes[:frames]


def test_speech_with_pauses_is_left_alone() -> None:
    assert all(end_of(speech(seed, 2000)) is None for seed in range(10))


def test_silence_ends_after_three_seconds_of_one_or_two_codes() -> None:
    opening = list(range(100, 300))
    assert end_of([*opening, *[7] * 200]) == (200 + 73, Ending.STALLED)
    flicker = [random.Random(2).choice([7, 9]) for _ in range(200)]
    ended = end_of([*opening, *flicker])
    assert ended is not None and ended[1] is Ending.STALLED and ended[0] < 280


def test_a_loop_ends_whatever_its_period_and_with_small_variations() -> None:
    for period in (3, 8, 25):
        pattern = random.Random(period).sample(range(1024), period)
        codes = [*speech(3, 100), *pattern * 60]
        ended = end_of(codes)
        assert ended is not None and ended[1] is Ending.LOOPED
        assert ended[0] < 100 + period + 152
    varied = [code if frame % 40 else 1 for frame, code in enumerate(list(range(20)) * 40)]
    assert end_of(varied) is not None


def test_zero_switches_either_detector_off() -> None:
    stalled = [7] * 2000
    assert end_of(stalled, EngineSettings(silence_frames=0, loop_frames=0)) is None
    assert end_of(stalled, EngineSettings(silence_frames=0)) == (150, Ending.LOOPED)
