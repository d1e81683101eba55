"""Joins do not click, the file has its loudness, no peak is over the ceiling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from higgs_cli.audio.clip import AudioClip, db_to_ratio, ratio_to_db
from higgs_cli.audio.loudness import BlockPower, measure
from higgs_cli.audio.true_peak import true_peak
from higgs_cli.mastering.limiter import limited
from higgs_cli.mastering.master import Section, Target, performed
from higgs_cli.mastering.stitching import Part, Stitcher
from higgs_cli.mastering.voice_gain import LineLevel, uneven_lines, voice_gains
from tests.mastering.test_loudness import ffmpeg_loudness, speechlike

RATE = 24000


def spoken(seconds: float, seed: int, level: float = 0.2) -> AudioClip:
    noise = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    smooth = np.convolve(noise, np.ones(12) / 12, mode="same")
    lead = np.zeros(round(0.2 * RATE))
    return AudioClip(np.concatenate([lead, level * smooth, lead]).astype(np.float32), RATE)


def parts(count: int = 6) -> list[Part]:
    return [Part(number, 0.5 if number else 0.0, spoken(1.0, number)) for number in range(count)]


def test_no_join_steps_further_than_speech_does() -> None:
    stitcher = Stitcher(RATE)
    samples = np.concatenate(list(stitcher.pieces(parts())))
    steps = np.abs(np.diff(samples))
    joins = [place.start for place in stitcher.places[1:]] + [
        place.end for place in stitcher.places[:-1]
    ]
    at_joins = max(steps[join - 2 : join + 2].max() for join in joins)
    inside = np.ones(len(steps), dtype=bool)
    for join in joins:
        inside[join - 2 : join + 2] = False
    assert at_joins < 0.05 * steps[inside].max()


def test_pauses_last_as_long_as_was_asked() -> None:
    stitcher = Stitcher(RATE)
    samples = np.concatenate(list(stitcher.pieces(parts(2))))
    loud = np.abs(samples) > 0.01
    gaps = np.diff(np.flatnonzero(loud)) / RATE
    assert gaps.max() == pytest.approx(0.5, abs=0.07)


def test_a_failed_chunk_is_silence_of_its_length() -> None:
    stitcher = Stitcher(RATE)
    list(stitcher.pieces([Part(0, 0.0, None, silence_seconds=2.0)]))
    assert stitcher.places[0].end - stitcher.places[0].start == 2 * RATE


@pytest.mark.parametrize(("target_lufs", "ceiling_db"), [(-19.0, -1.5), (-16.0, -3.0)])
def test_the_file_has_its_loudness_and_its_ceiling(
    tmp_path: Path, target_lufs: float, ceiling_db: float
) -> None:
    clip = AudioClip(speechlike(), RATE)
    target = Target(target_lufs, ceiling_db)
    with performed(
        [Section((0,), [Part(0, 0.0, clip)])], RATE, target, tmp_path / "spool"
    ) as performance:
        samples = np.concatenate(list(performance.pieces()))
    assert measure(AudioClip(samples, RATE)).loudness_lufs == pytest.approx(target_lufs, abs=0.2)
    loudness, peak = ffmpeg_loudness(samples, RATE)
    assert loudness == pytest.approx(target_lufs, abs=0.2)
    assert ratio_to_db(peak) <= ceiling_db
    assert not (tmp_path / "spool").exists()


def test_each_section_is_levelled_as_if_it_were_alone(tmp_path: Path) -> None:
    target = Target(-19.0, -1.5)
    chapters = [
        Section((number,), [Part(number, 0.0, AudioClip(level * speechlike(), RATE))])
        for number, level in enumerate((1.0, 0.1))
    ]
    with performed(chapters, RATE, target, tmp_path / "spool") as performance:
        both = np.concatenate(list(performance.pieces()))
    assert list(performance.chapter_gains) == [0, 1]
    for section, level in zip(chapters, performance.levels, strict=True):
        own = AudioClip(both[level.start : level.end], RATE)
        assert measure(own).loudness_lufs == pytest.approx(-19.0, abs=0.2)
        with performed([section], RATE, target, tmp_path / "spool") as alone:
            samples = np.concatenate(list(alone.pieces()))
        assert alone.levels[0].gain_db == pytest.approx(level.gain_db, abs=0.01)
        lead = len(own.samples) - len(samples)  # what is cut before the first words of a file
        np.testing.assert_allclose(own.samples[lead:], samples, atol=1e-6)


def test_the_limiter_leaves_alone_what_fits() -> None:
    samples = speechlike(5.0)
    same = np.concatenate(list(limited([samples], RATE, 0.0, -1.0)))
    assert (same == samples).all()


@pytest.mark.parametrize("sizes", [1, 7, 100])
def test_the_limiter_does_not_depend_on_how_samples_arrive(sizes: int) -> None:
    samples = speechlike(5.0)
    whole = np.concatenate(list(limited([samples], RATE, 18.0, -3.0)))
    pieces = np.concatenate(list(limited(np.array_split(samples, sizes), RATE, 18.0, -3.0)))
    assert len(whole) == len(samples)
    np.testing.assert_allclose(pieces, whole, atol=1e-6)
    assert true_peak(whole) <= db_to_ratio(-3.0)


def test_voices_are_levelled_by_their_average_and_never_by_line() -> None:
    def line(number: int, voice: str, level_db: float) -> LineLevel:
        power = measure(spoken(1.0, number).louder(level_db))
        return LineLevel(number, voice, power)

    lines = [line(0, "ann", 0), line(1, "ann", -3), line(2, "ben", -8), line(3, "ben", -11)]
    gains = voice_gains(lines)
    assert gains["ben"] - gains["ann"] == pytest.approx(8.0, abs=0.3)


def test_a_line_far_off_its_voice_is_told() -> None:
    levels = [1e-3, 1.1e-3, 0.9e-3, 1e-4]
    lines = [
        LineLevel(number, "ann", BlockPower(power * 10, 10)) for number, power in enumerate(levels)
    ]
    assert list(uneven_lines(lines)) == [3]
