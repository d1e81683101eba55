"""The fast checks find what the plain ones find, word for word, in whatever comes."""

from __future__ import annotations

import numpy as np
import pytest

from higgs_cli.audio.clip import AudioClip, peak
from higgs_cli.checks.signal import Evidence, check_take
from higgs_cli.checks.sound_levels import SoundLevels
from higgs_cli.speech.protocol import Ending
from tests.checks import plain_signal

RATES = ((24000, 25), (16000, 50), (22050, 25), (44100, 40), (100, 25))
LEVELS = (0.0, 1e-30, 0.003, 0.006, 0.01, 0.0316, 0.1, 0.3, 0.99899995, 0.999, 1.0, 2.0)


def random_take(seed: int) -> Evidence:
    """Speech, noise, silence, plateaus at the very thresholds, loops, odd lengths and rates."""
    chance = np.random.default_rng(seed)
    rate, frame_rate = RATES[chance.integers(len(RATES)) if seed % 3 == 0 else 0]
    frames = int(chance.choice([0, 1, 2, 7, 60, 200, 500]))
    count = frames * (rate // frame_rate)
    if seed % 4 == 0:
        count = max(0, count + int(chance.integers(-300, 300)))
    samples = np.zeros(count)
    for _ in range(int(chance.integers(0, 9))):
        at = int(chance.integers(0, count + 1))
        end = min(count, at + int(chance.integers(1, 3 * rate)))
        level = chance.choice(LEVELS)
        kind = chance.integers(3)
        if kind == 0:
            samples[at:end] = level
        elif kind == 1:
            samples[at:end] = level * chance.standard_normal(end - at)
        else:
            samples[at:end] = level * np.sin(np.arange(end - at) * chance.uniform(0.01, 1))
    return Evidence(
        AudioClip(samples.astype(np.float32), rate),
        random_codes(chance, frames),
        list(Ending)[chance.integers(len(Ending))],
        float(chance.choice([0.1, 1.0, 1.5, 4.0, 20.0])),
        frame_rate,
    )


def random_codes(chance: np.random.Generator, frames: int) -> np.ndarray:
    codes = chance.integers(0, chance.choice([2, 3, 1024]), (8, frames))
    if frames > 60 and chance.random() < 0.5:
        period, at = int(chance.integers(3, 78)), int(chance.integers(0, frames // 2))
        looped = np.resize(codes[:, at : at + period], (8, frames - at))
        wrong = chance.random(looped.shape) < chance.choice([0.0, 0.05, 0.1, 0.2])
        codes[:, at:] = np.where(wrong, codes[:, at:], looped)
    return codes.astype(np.int16)


def test_random_takes_are_judged_alike() -> None:
    kinds: set[str] = set()
    for seed in range(1500):
        take = random_take(seed)
        found = check_take(take)
        assert found == plain_signal.check_take(take), seed
        kinds |= {finding.check for finding in found}
    assert kinds >= {"looping", "long-silence", "clipping", "cut-off", "silent", "quiet", "click"}


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 777, -1])
def test_one_invalid_sample_is_found_wherever_it_lies(wrong: float, at: int) -> None:
    take = random_take(5)
    samples = np.ones(9600, dtype=np.float32)
    samples[at] = wrong
    hostile = Evidence(AudioClip(samples, 24000), take.codes, take.ending, 1.0, 25)
    (finding,) = check_take(hostile)
    assert finding.check == "not-finite" and (finding,) == plain_signal.check_take(hostile)


def test_no_codes_at_all_are_judged_alike() -> None:
    clip = AudioClip(np.full(96000, 0.2, dtype=np.float32), 24000)
    for codes in (np.zeros((0, 100), np.int16), np.zeros((8, 0), np.int16)):
        take = Evidence(clip, codes, Ending.ENDED, 4.0, 25)
        assert check_take(take) == plain_signal.check_take(take)


def test_the_peak_is_the_largest_magnitude() -> None:
    for seed in range(50):
        clip = random_take(seed).clip
        assert SoundLevels(clip).peak == peak(clip.samples)
