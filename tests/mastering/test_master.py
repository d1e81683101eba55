"""Joins do not click, the file has its loudness, no peak is over the ceiling."""

from __future__ import annotations

import threading
from functools import partial

import numpy as np
import pytest

from higgs_cli.audio.clip import AudioClip, db_to_ratio, ratio_to_db
from higgs_cli.audio.loudness import BlockPower, measure, measure_steps
from higgs_cli.audio.true_peak import true_peak, true_peaks
from higgs_cli.mastering.edges import LEAD_MARGIN_SECONDS
from higgs_cli.mastering.limiter import SAFETY_DB, limited, margin_samples, plain_hold
from higgs_cli.mastering.master import Performance, performed
from higgs_cli.mastering.score import Part, Score
from higgs_cli.mastering.section import Section, Target
from higgs_cli.mastering.voice_gain import LineLevel, uneven_lines, voice_gains
from tests.mastering.test_loudness import ffmpeg_loudness, speechlike

RATE = 24000


def spoken(seconds: float, seed: int, level: float = 0.2) -> AudioClip:
    noise = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    smooth = np.convolve(noise, np.ones(12) / 12, mode="same")
    lead = np.zeros(round(0.2 * RATE))
    return AudioClip(np.concatenate([lead, level * smooth, lead]).astype(np.float32), RATE)


def part(number: int, pause: float, samples: np.ndarray) -> Part:
    return Part(number, pause, lambda: samples)


def score(count: int = 6) -> Score:
    made = Score(RATE, 1 << 20)
    for number in range(count):
        one = part(number, 0.5 if number else 0.0, spoken(1.0, number).samples)
        made.lay(one, made.edges_of(number, one))
    return made


def test_no_join_steps_further_than_speech_does() -> None:
    made = score()
    samples, places = made.stretch(0, made.end), made.places
    steps = np.abs(np.diff(samples))
    joins = [place.start for place in places[1:]] + [place.end for place in places[:-1]]
    at_joins = max(steps[join - 2 : join + 2].max() for join in joins)
    inside = np.ones(len(steps), dtype=bool)
    for join in joins:
        inside[join - 2 : join + 2] = False
    assert at_joins < 0.05 * steps[inside].max()


def test_pauses_last_as_long_as_was_asked() -> None:
    made = score(2)
    samples = made.stretch(0, made.end)
    loud = np.abs(samples) > 0.01
    gaps = np.diff(np.flatnonzero(loud)) / RATE
    assert gaps.max() == pytest.approx(0.5, abs=0.07)


def test_what_is_cut_off_the_beginning_of_a_take_is_told() -> None:
    silence = np.zeros(RATE // 2, np.float32)
    with performed(
        [Section((0,), [part(7, 0.0, np.concatenate([silence, speechlike()]))])], RATE, Target()
    ) as performance:
        lead, (start, end) = performance.leads[7], performance.times[7]
    assert lead == pytest.approx(0.5 - LEAD_MARGIN_SECONDS, abs=0.03)
    assert end - start < (len(silence) + len(speechlike())) / RATE - lead + 0.001


def test_a_failed_chunk_is_silence_of_its_length() -> None:
    made, failed = Score(RATE, 0), Part(0, 0.0, None, silence_seconds=2.0)
    made.lay(failed, made.edges_of(0, failed))
    assert made.places[0].end - made.places[0].start == made.end == 2 * RATE
    assert not made.stretch(0, made.end).any()


@pytest.mark.parametrize(("target_lufs", "ceiling_db"), [(-19.0, -1.5), (-16.0, -3.0)])
def test_the_file_has_its_loudness_and_its_ceiling(target_lufs: float, ceiling_db: float) -> None:
    target = Target(target_lufs, ceiling_db)
    with performed([Section((0,), [part(0, 0.0, speechlike())])], RATE, target) as performance:
        samples = heard(performance)
    assert measure(AudioClip(samples, RATE)).loudness_lufs == pytest.approx(target_lufs, abs=0.2)
    loudness, peak = ffmpeg_loudness(samples, RATE)
    assert loudness == pytest.approx(target_lufs, abs=0.2)
    assert ratio_to_db(peak) <= ceiling_db


def test_each_section_is_levelled_as_if_it_were_alone() -> None:
    target = Target(-19.0, -1.5)
    chapters = [
        Section((number,), [part(number, 0.0, level * speechlike())])
        for number, level in enumerate((1.0, 0.1))
    ]
    with performed(chapters, RATE, target) as performance:
        both = heard(performance)
    assert list(performance.chapter_gains) == [0, 1]
    for section, level in zip(chapters, performance.levels, strict=True):
        own = AudioClip(both[level.start : level.end], RATE)
        assert measure(own).loudness_lufs == pytest.approx(-19.0, abs=0.2)
        with performed([section], RATE, target) as alone:
            samples = heard(alone)
        assert alone.levels[0].gain_db == pytest.approx(level.gain_db, abs=0.01)
        lead = len(own.samples) - len(samples)  # what is cut before the first words of a file
        np.testing.assert_allclose(own.samples[lead:], samples, atol=1e-6)


def heard(performance: Performance) -> np.ndarray:
    """All finished samples."""
    return np.concatenate([block.content for block in performance.blocks(lambda each: each)])


def held(samples: np.ndarray, gain_db: float, ceiling_db: float) -> np.ndarray:
    context = np.pad(samples, margin_samples(RATE))
    return limited(context, RATE, gain_db, ceiling_db)[0]


def test_the_limiter_leaves_alone_what_fits() -> None:
    samples = speechlike(5.0)
    assert (held(samples, 0.0, -1.0) == samples).all()


@pytest.mark.parametrize("length", [97, 1000, 30011])
def test_the_limiter_does_not_depend_on_where_a_stretch_begins(length: int) -> None:
    samples, margin = speechlike(5.0), margin_samples(RATE)
    whole, padded = held(samples, 18.0, -3.0), np.pad(samples, margin)
    pieces = [
        limited(padded[start : start + length + 2 * margin], RATE, 18.0, -3.0)[0]
        for start in range(0, len(samples), length)
    ]
    assert np.array_equal(np.concatenate(pieces), whole)
    assert true_peak(whole) <= db_to_ratio(-3.0)


@pytest.mark.parametrize("gain_db", [3.0, 8.0, 30.0])
def test_the_limiter_and_its_plain_twin_give_the_same_bits(gain_db: float) -> None:
    """One peak, a few near one another, one at either end, and no rest at all."""
    samples = np.pad(speechlike(3.0), margin_samples(RATE))
    samples[[0, 1, 30000, 30100, 30300, len(samples) - 1]] = 0.9
    louder = samples * np.float32(db_to_ratio(gain_db))
    ceiling = db_to_ratio(-1.5 - SAFETY_DB)
    plain = plain_hold(louder, true_peaks(louder, above=ceiling), ceiling, round(0.005 * RATE))
    margin = margin_samples(RATE)
    fast, is_held = limited(samples, RATE, gain_db, -1.5)
    assert is_held
    assert np.array_equal(fast, plain[margin:-margin])
    assert true_peak(plain) <= db_to_ratio(-1.5)


def book(chapters: int = 3) -> list[Section]:
    """Chapters of a minute, with peaks that are held, and pauses of all lengths."""
    return [
        Section(
            (chapter,),
            [
                part(10 * chapter + each, 0.1 + 0.37 * each, spoken(8.0, each, 0.3).samples)
                for each in range(7)
            ],
            expected_lufs=(None, -22.0, -40.0)[chapter],
        )
        for chapter in range(chapters)
    ]


def test_no_sample_depends_on_threads_or_on_what_is_asked_for() -> None:
    target = Target(-12.0, -3.0)
    with performed(book(), RATE, target, thread_count=1) as one:
        whole = heard(one)
        gains, count = one.chapter_gains, one.sample_count
    with performed(book(), RATE, target, thread_count=3) as three:
        assert three.chapter_gains == gains
        assert np.array_equal(heard(three), whole)
        for start, end in [(0, 1), (11, 70001), (count - 5, count), (-20, 40), (count, count + 3)]:
            wanted = whole[max(0, start) : end]
            around = np.pad(wanted, (max(0, -start), end - max(0, start) - len(wanted)))
            assert np.array_equal(three.stretch(start, end), around)


def test_blocks_measure_what_the_whole_does() -> None:
    with performed(book(), RATE, Target(-14.0, -1.5), thread_count=2) as performance:
        blocks = list(performance.blocks(lambda samples: samples))
    whole = np.concatenate([block.content for block in blocks])
    assert len(blocks) > 3 and sum(block.sample_count for block in blocks) == len(whole)
    powers = np.concatenate([block.step_powers for block in blocks])
    loudness = measure_steps(powers, len(whole), RATE).loudness_lufs
    assert loudness == pytest.approx(measure(AudioClip(whole, RATE)).loudness_lufs, abs=1e-6)
    assert max(block.true_peak for block in blocks) == pytest.approx(true_peak(whole), rel=1e-6)


@pytest.mark.parametrize("loudness", [-30.0, -19.0, -13.0])
def test_chapters_reach_their_loudness_whatever_was_expected_of_them(loudness: float) -> None:
    with performed(book(), RATE, Target(loudness, -1.5)) as performance:
        whole = heard(performance)
    for level in performance.levels:
        own = AudioClip(whole[level.start : level.end], RATE)
        assert measure(own).loudness_lufs == pytest.approx(loudness, abs=0.1)


def test_what_a_take_raises_reaches_who_masters_and_no_thread_is_left() -> None:
    def lost() -> np.ndarray:
        raise OSError("the disk is gone")

    parts = [part(0, 0.0, speechlike(5.0)), Part(1, 0.5, lost), part(2, 0.5, speechlike(5.0))]
    with (
        pytest.raises(OSError, match="the disk is gone"),
        performed([Section((0,), parts)], RATE, Target()),
    ):
        pass
    assert not [one for one in threading.enumerate() if one.name.startswith("mastering")]


def test_a_take_is_read_once_in_each_pass() -> None:
    reads: list[int] = []

    def read(number: int) -> np.ndarray:
        reads.append(number)
        return speechlike(11.0)

    parts = [Part(number, 0.4, partial(read, number)) for number in range(12)]
    section = Section((0,), parts, measure(AudioClip(speechlike(11.0), RATE)).loudness_lufs)
    with performed([section], RATE, Target()) as performance:
        assert sorted(reads) == list(range(12))
        heard(performance)
    assert len(reads) <= 24


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
