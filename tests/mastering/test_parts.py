"""What is cut from a performance is the performance: an excerpt, and a stem for each speaker."""

from __future__ import annotations

import tracemalloc
from functools import partial

import numpy as np
import pytest

from higgs_cli.audio.clip import db_to_ratio
from higgs_cli.audio.sound import Sound
from higgs_cli.mastering.master import Performance, performed
from higgs_cli.mastering.room import Room
from higgs_cli.mastering.score import Part
from higgs_cli.mastering.section import Section, Target
from higgs_cli.mastering.stems import Stem
from tests.mastering.test_master import RATE, heard, part, spoken

LIMITED = Target(-14.0, -9.0)
"""Under such a ceiling the limiter bites all the time."""


def sections(count: int) -> list[Section]:
    """Chapters of four chunks, louder and quieter, said by two by turns."""
    return [
        Section(
            (chapter,),
            [
                part(number, 0.6, spoken(1.5, number, 0.1 + 0.2 * (number % 3)).samples)
                for number in range(4 * chapter, 4 * chapter + 4)
            ],
        )
        for chapter in range(count)
    ]


def all_of(sound: Sound) -> np.ndarray:
    blocks = [block.content for block in sound.blocks(lambda samples: samples.copy())]
    return np.concatenate(blocks)


def before_the_limiter(performance: Performance) -> np.ndarray:
    mix = np.zeros(performance.sample_count, dtype=np.float32)
    for level in performance.levels:
        mix[level.start : level.end] = performance.score.stretch(
            level.start, level.end
        ) * np.float32(db_to_ratio(level.gain_db))
    return mix


def test_stems_add_up_to_the_mix_before_the_limiter_bit_for_bit() -> None:
    with performed(sections(3), RATE, LIMITED, room=Room(0.5, 1.0)) as performance:
        mix, final = before_the_limiter(performance), heard(performance)
        stems = [all_of(Stem(performance, frozenset(range(who, 12, 2)))) for who in (0, 1)]
    assert not np.array_equal(mix, final), "the limiter was at work"
    assert np.array_equal(stems[0] + stems[1], mix)
    assert [len(each) for each in stems] == [len(final)] * 2
    assert not np.logical_and(stems[0], stems[1]).any(), "one speaker at a time"


def test_the_room_tone_is_a_stem_of_its_own() -> None:
    quiet, room = Target(-30.0, -1.0), Room(0.5, 1.0, -70.0)
    with performed(sections(1), RATE, quiet, room=room) as performance:
        stems = [all_of(Stem(performance, frozenset(range(who, 4, 2)))) for who in (0, 1)]
        tone, final = all_of(Stem(performance, None)), heard(performance)
    assert tone.all() and np.array_equal(stems[0] + stems[1] + tone, final)


@pytest.mark.parametrize("threads", [1, 3])
def test_an_excerpt_is_the_same_samples_but_for_its_fades(threads: int) -> None:
    with performed(sections(20), RATE, LIMITED, threads) as performance:
        whole = heard(performance)
        start, end = round(3.21 * RATE), round(58.765 * RATE)
        plain = all_of(performance.part(start, end))
        faded = all_of(performance.part(start, end, 2400, 4800))
    assert np.array_equal(plain, whole[start:end])
    assert np.array_equal(faded[2400:-4800], plain[2400:-4800])
    assert abs(faded[0]) < 1e-5 and abs(faded[-1]) < 1e-5
    louder = np.abs(faded) > np.abs(plain)
    assert not louder.any()


def test_a_stem_takes_no_more_memory_for_a_longer_book() -> None:
    def most(count: int) -> int:
        sound = spoken(8.0, 1).samples
        one = partial(Part, pause_seconds=0.5, sound=lambda: sound)
        given = [Section((0,), [one(chunk_number=number) for number in range(count)])]
        with performed(given, RATE, Target(), 1) as performance:
            stem = Stem(performance, frozenset(range(0, count, 2)))
            tracemalloc.start()
            for _ in stem.blocks(lambda samples: None):
                pass
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return peak

    assert most(240) < 1.1 * most(80)
