"""The meter measures what the standard says, in pieces of any size."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from higgs_cli.audio.clip import AudioClip, db_to_ratio, ratio_to_db
from higgs_cli.audio.k_weighting import plain_step_powers, step_powers, step_samples
from higgs_cli.audio.loudness import measure
from higgs_cli.audio.true_peak import (
    MOST_OVERSHOOT,
    _taps,
    plain_true_peaks,
    true_peak,
    true_peaks,
)


def sine(level_dbfs: float, seconds: float = 10.0, rate: int = 24000) -> np.ndarray:
    times = np.arange(round(seconds * rate)) / rate
    return (db_to_ratio(level_dbfs) * np.sin(2 * np.pi * 997 * times)).astype(np.float32)


def speechlike(seconds: float = 30.0, rate: int = 24000) -> np.ndarray:
    """Bursts of coloured noise with pauses, as the gates of the standard expect."""
    noise = np.random.default_rng(7).standard_normal(round(seconds * rate))
    smooth = np.convolve(noise, np.ones(9) / 9, mode="same")
    syllables = np.clip(np.sin(np.arange(len(smooth)) / rate * 2 * np.pi * 1.3), 0, None) ** 2
    phrases = (np.sin(np.arange(len(smooth)) / rate * 2 * np.pi * 0.11) > -0.5).astype(float)
    return (0.4 * smooth * syllables * phrases).astype(np.float32)


@pytest.mark.parametrize("rate", [16000, 24000, 44100, 48000])
def test_a_mono_sine_at_minus_23_dbfs_is_minus_26_lufs(rate: int) -> None:
    loudness = measure(AudioClip(sine(-23, rate=rate), rate)).loudness_lufs
    assert loudness == pytest.approx(-26.0, abs=0.05)


def test_sums_of_pieces_are_those_of_the_whole() -> None:
    samples, step = speechlike(), step_samples(24000)
    whole = step_powers(samples, 24000)
    for length in (1, 7, 90):
        starts = range(0, len(samples), length * step)
        pieces = [
            step_powers(samples[max(0, at - step) : at + length * step], 24000, min(at, step))
            for at in starts
        ]
        np.testing.assert_allclose(np.concatenate(pieces), whole, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("rate", [16000, 24000, 44100])
def test_the_filter_and_its_plain_twin_give_the_same_sums(rate: int) -> None:
    samples = speechlike(7.03, rate)
    for history in (0, 100, rate // 10):
        fast, plain = (each(samples, rate, history) for each in (step_powers, plain_step_powers))
        np.testing.assert_allclose(fast, plain, rtol=1e-6, atol=1e-9)


def clips(count: int) -> Iterator[np.ndarray]:
    """Noise of random colour, level and rhythm, with clicks, and tones up to where voices end."""
    for seed in range(count):
        chance = np.random.default_rng(seed)
        samples = speechlike(float(chance.uniform(3.0, 9.0))) * chance.uniform(0.02, 2.0)
        width = int(chance.integers(1, 30))
        samples = np.convolve(samples, np.ones(width) / width, mode="same")
        samples[chance.integers(0, len(samples), 5)] += chance.uniform(-0.5, 0.5, 5)
        pitch = chance.uniform(100.0, 7000.0)
        tone = chance.uniform(0.0, 0.3) * np.sin(2 * np.pi * pitch / 24000 * np.arange(4000))
        samples[2000:6000] += tone
        yield samples.astype(np.float32)


def test_fifty_random_clips_measure_what_ffmpeg_says() -> None:
    for samples in clips(50):
        loudness, peak = ffmpeg_loudness(samples, 24000)
        assert measure(AudioClip(samples, 24000)).loudness_lufs == pytest.approx(loudness, abs=0.1)
        assert ratio_to_db(true_peak(samples)) == pytest.approx(ratio_to_db(peak), abs=0.1)


def test_true_peaks_are_those_of_the_plain_twin_wherever_they_pass() -> None:
    for samples in clips(12):
        plain = plain_true_peaks(samples)
        np.testing.assert_allclose(true_peaks(samples), plain, atol=1e-6)
        for level in (0.3 * plain.max(), 0.7 * plain.max(), samples.max()):
            some = true_peaks(samples, above=level)
            assert np.array_equal(some > level, plain > level)
            np.testing.assert_allclose(some[plain > level], plain[plain > level], atol=1e-6)


def test_nothing_between_samples_is_further_from_them_than_is_said() -> None:
    assert float(np.abs(_taps()).sum(axis=1).max()) < MOST_OVERSHOOT
    signs = np.sign(_taps()[1]).astype(np.float32)
    worst = np.pad(signs, 100)
    assert 2.5 < plain_true_peaks(worst).max() < MOST_OVERSHOOT
    assert np.array_equal(true_peaks(worst, above=2.5) > 2.5, plain_true_peaks(worst) > 2.5)


def test_pauses_do_not_count() -> None:
    loud = sine(-20)
    quiet = np.zeros(24000 * 30, dtype=np.float32)
    with_pause = measure(AudioClip(np.concatenate([loud, quiet]), 24000)).loudness_lufs
    assert with_pause == pytest.approx(measure(AudioClip(loud, 24000)).loudness_lufs, abs=0.1)


def test_silence_has_no_loudness_and_a_short_word_has() -> None:
    assert measure(AudioClip(np.zeros(48000, dtype=np.float32), 24000)).loudness_lufs is None
    assert measure(AudioClip(sine(-20, seconds=0.2), 24000)).loudness_lufs is not None


@pytest.mark.parametrize("make", [speechlike, lambda: sine(-14)])
def test_it_agrees_with_ffmpeg_to_a_tenth(make: object) -> None:
    samples = make()  # type: ignore[operator]
    loudness, _ = ffmpeg_loudness(samples, 24000)
    assert measure(AudioClip(samples, 24000)).loudness_lufs == pytest.approx(loudness, abs=0.1)


def ffmpeg_loudness(samples: np.ndarray, rate: int) -> tuple[float, float]:
    """Integrated loudness, and true peak as a ratio, by FFmpeg's ebur128."""
    av = pytest.importorskip("av")
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=rate, format="flt", layout="mono", time_base=Fraction(1, rate)
    )
    meter = graph.add("ebur128", "metadata=1:peak=true")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    said: dict[str, str] = {}
    for start in range(0, len(samples), 4800):
        block = samples[start : start + 4800].reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout="mono")
        frame.sample_rate, frame.pts = rate, start
        graph.push(frame)
        while True:
            try:
                said.update(graph.pull().metadata)
            except (av.BlockingIOError, av.EOFError):
                break
    return float(said["lavfi.r128.I"]), float(said["lavfi.r128.true_peak"])
