"""A take is held against the level, the treble and the background of its own voice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from higgs_cli.audio.clip import AudioClip
from higgs_cli.audio.loudness import measure
from higgs_cli.checks.sound_levels import SoundLevels
from higgs_cli.checks.treble import treble_db
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.book_judge import LEAST_TAKES
from higgs_cli.takes.take import Levels, Take, TakeRecord, Verdict, from_bytes, to_bytes
from higgs_cli.takes.voice_levels import (
    Background,
    SpeechLevel,
    Treble,
    is_measured,
    is_told_by_levels,
)
from tests.plans import plan_of

RATE = 24000
VOICE = ("ANN", None)
LEVEL, TREBLE, BACKGROUND = SpeechLevel(), Treble(), Background()
Measure = SpeechLevel | Treble | Background


def speech(seed: int, seconds: float = 4.0) -> np.ndarray:
    """Hisses and vowels in turn, with pauses between, as a plain stand-in for speech."""
    chance = np.random.default_rng(seed)
    times = np.arange(round(seconds * RATE)) / RATE
    vowel = sum(np.sin(2 * np.pi * 140 * k * times) / k for k in range(1, 8))
    hiss = np.diff(chance.standard_normal(len(times) + 1))
    turn = (times * 4).astype(int) % 4
    gate = np.clip(np.sin(np.pi * (times * 4 % 1)), 0, 1) ** 0.5
    return (0.1 * (turn < 2) * gate * vowel + 0.03 * (turn == 2) * gate * hiss).astype(np.float32)


def noise(seconds: float, level: float) -> np.ndarray:
    return level * np.random.default_rng(9).standard_normal(round(seconds * RATE))


def low_passed(samples: np.ndarray, hertz: float = 4000) -> np.ndarray:
    spectrum = np.fft.rfft(samples)
    spectrum[round(hertz * len(samples) / RATE) :] = 0
    return np.fft.irfft(spectrum, len(samples))


def chunk(text: str = "A line of some length that somebody says in one go.") -> Chunk:
    return plan_of([("ANN", text)]).chunks[0]


def take(samples: np.ndarray) -> TakeRecord:
    clip = AudioClip(samples.astype(np.float32), RATE)
    power, levels = measure(clip), SoundLevels(clip)
    measured = Levels(
        levels.peak, power.power_sum, power.block_count, 3.0, levels.floor_db, treble_db(clip)
    )
    return TakeRecord("k", 0, {"text": "x"}, (), 100, "ended", (), measured)


def verdict(
    of: Measure, samples: np.ndarray, first: Sequence[TakeRecord] | None = None
) -> Verdict | None:
    sample = [take(speech(seed)) for seed in range(12)] if first is None else first
    norm = of.norm(VOICE, [(chunk(), each) for each in sample])
    found = of.finding(chunk(), take(samples), norm)
    return found.verdict if found else None


@pytest.mark.parametrize("of", [LEVEL, TREBLE, BACKGROUND], ids=lambda of: of.name)
def test_other_takes_of_the_voice_pass(of: Measure) -> None:
    assert {verdict(of, speech(seed)) for seed in range(20, 30)} == {None}


@pytest.mark.parametrize("off_db", [-8, 8])
def test_a_take_far_from_the_median_level_of_its_voice_fails(off_db: int) -> None:
    assert verdict(LEVEL, speech(50) * 10 ** (off_db / 20)) is Verdict.FAIL
    assert verdict(LEVEL, speech(50) * 10 ** (off_db / 40)) is None


def test_a_voice_that_is_soft_and_loud_by_turns_may_be() -> None:
    lively = [take(speech(seed) * 10 ** ((seed % 5 - 2) * 2 / 20)) for seed in range(15)]
    assert verdict(LEVEL, speech(50) * 10 ** (8 / 20), lively) is None


def test_a_take_without_its_upper_band_fails_also_in_part() -> None:
    whole = speech(50)
    assert verdict(TREBLE, low_passed(whole)) is Verdict.FAIL
    longer = speech(51, seconds=8.0)
    half = np.concatenate([longer[: 3 * RATE], low_passed(longer[3 * RATE :])])
    assert verdict(TREBLE, half) is Verdict.FAIL


def test_a_voice_by_telephone_is_one() -> None:
    narrow = [take(low_passed(speech(seed))) for seed in range(12)]
    assert verdict(TREBLE, low_passed(speech(50)), narrow) is None


def test_hum_noise_and_music_under_the_speech_fail() -> None:
    whole = speech(50)
    times = np.arange(len(whole)) / RATE
    hum = 0.006 * sum(np.sin(2 * np.pi * 50 * k * times) for k in range(1, 5))
    music = 0.01 * sum(np.sin(2 * np.pi * hertz * times) for hertz in (220, 277, 330))
    for bed in (hum, music, noise(4.0, 0.006)):
        assert verdict(BACKGROUND, whole + bed) is Verdict.FAIL
    assert verdict(BACKGROUND, whole + noise(4.0, 0.0003)) is None


def test_a_noisy_recording_makes_a_noisy_voice_and_no_fault() -> None:
    noisy = [take(speech(seed) + noise(4.0, 0.006)) for seed in range(12)]
    assert verdict(BACKGROUND, speech(50) + noise(4.0, 0.006), noisy) is None


def test_a_voice_that_says_little_is_doubted_for_its_background_alone() -> None:
    few = [take(speech(seed)) for seed in range(LEAST_TAKES - 1)]
    assert verdict(LEVEL, speech(50) * 3, few) is None
    assert verdict(TREBLE, low_passed(speech(50)), few) is None
    assert verdict(BACKGROUND, speech(50) + noise(4.0, 0.01), few) is Verdict.INCONCLUSIVE


def test_short_lines_and_sounds_have_any_level() -> None:
    assert is_told_by_levels(chunk())
    assert not is_told_by_levels(chunk("Oh!"))


def test_takes_of_an_earlier_version_are_not_judged_by_what_it_has_not_measured() -> None:
    now = take(speech(50) + noise(4.0, 0.01))
    before = replace(now, levels=replace(now.levels, floor_db=None, treble_db=None))
    assert is_measured(chunk(), now) and not is_measured(chunk(), before)
    norm = BACKGROUND.norm(VOICE, [(chunk(), take(speech(seed))) for seed in range(12)])
    assert BACKGROUND.finding(chunk(), before, norm) is None
    level = LEVEL.norm(VOICE, [(chunk(), take(speech(seed) * 9)) for seed in range(12)])
    assert LEVEL.finding(chunk(), now, level) is not None
    assert LEVEL.finding(chunk(), before, level) is None
    assert TREBLE.finding(chunk(), before, TREBLE.norm(VOICE, [(chunk(), now)] * 9)) is None


def test_what_was_measured_is_stored_with_the_take() -> None:
    record = replace(take(speech(50)), frame_count=3)
    stored = to_bytes(Take(record, np.zeros((2, 3), np.int16)))
    assert from_bytes(stored, "take").record == record


def test_where_too_little_sounds_there_is_no_treble() -> None:
    assert treble_db(AudioClip(np.zeros(RATE, np.float32), RATE)) is None
    assert treble_db(AudioClip(np.zeros(0, np.float32), RATE)) is None
    assert treble_db(AudioClip(speech(1)[::3], RATE // 3)) is None
