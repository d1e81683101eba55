"""A burst that is read at once says what its columns say one by one, however long bursts are."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from itertools import count

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from model.codes.stall_detector import StallDetector
from model.config.config import ModelConfig
from model.lanes.burst_log import DrawnColumns
from model.lanes.burst_reading import BurstReading
from model.lanes.lane import Lane, Phase
from model.lanes.stream import Stream, StreamEnd
from model.runs.context_window import longest_stream
from model.runs.engine_settings import EngineSettings
from model.runs.events import Ending
from model.runs.prompt import Prompt
from model.runs.run import ChunkRequest, RunRequest
from tests.model.plain_stream import PlainStallDetector, PlainStream
from tests.model.tiny import tiny

TAPES = 400


@dataclass(frozen=True)
class Tape:
    """What one lane draws, column by column, and what it is asked for."""

    columns: np.ndarray
    is_closed: np.ndarray
    is_finite: np.ndarray
    frame_budget: int


def tape_of(chance: random.Random, config: ModelConfig, length: int) -> Tape:
    """Codes of a few kinds that rest, repeat and change; closed, broken or neither."""
    books, budget = config.codebook_count, chance.randint(1, length)
    columns = np.array(
        [[chance.randrange(config.codebook_size) for _ in range(books)] for _ in range(length)]
    ).reshape(length, books)
    columns[:, 0] = coarse_codes(chance, length, config.codebook_size)
    for book in range(1, books):
        columns[:book, book] = config.stream_bos_id
    is_closed, is_finite = np.zeros(length, bool), np.ones(length, bool)
    if chance.random() < 0.2:
        columns[chance.randrange(length), chance.randrange(books)] = config.stream_bos_id
    if chance.random() < 0.7:
        end = chance.choice([chance.randrange(length), min(budget, length - 1)])
        for book in range(books):
            columns[end + book :, book] = config.stream_eos_id
        is_closed[min(end + books - 1 + chance.choice([0, 0, 1]), length - 1) :] = True
    if chance.random() < 0.3:
        is_finite[chance.randrange(length) :] = False
    return Tape(columns, is_closed, is_finite, budget)


def coarse_codes(chance: random.Random, length: int, size: int) -> list[int]:
    codes: list[int] = []
    while len(codes) < length:
        kind, pattern = chance.randrange(4), [chance.randrange(size) for _ in range(4)]
        if kind == 0:
            codes += chance.choices(range(size), k=chance.randint(1, 30))
        elif kind == 1:
            codes += chance.choices(pattern[:2], k=chance.randint(1, 30))
        else:
            codes += pattern[: chance.randint(1, 4)] * chance.randint(1, 12)
    return codes[:length]


def plainly(tape: Tape, config: ModelConfig, guards: EngineSettings) -> PlainStream:
    ids = (config.codebook_size, config.stream_bos_id, config.stream_eos_id)
    stream = PlainStream(guards, *ids, config.codebook_count, tape.frame_budget)
    for column, is_closed, is_finite in zip(
        tape.columns.tolist(), tape.is_closed, tape.is_finite, strict=True
    ):
        if not stream.is_over:
            stream.read(column, bool(is_closed), bool(is_finite))
    return stream


def speaking_lane(slot: int, tape: Tape, config: ModelConfig, guards: EngineSettings) -> Lane:
    chunk = ChunkRequest("c", Prompt(()), tape.frame_budget)
    lane = Lane(slot, Phase.SPEAKING, RunRequest(str(slot), Prompt(()), (chunk,), ()))
    most = max(longest_stream(chunk, config.codebook_count), len(tape.columns))
    lane.stream = Stream(config, 0, tape.frame_budget, most, StallDetector(guards))
    return lane


@dataclass
class BurstOutcome:
    """All that bursts have told of some lanes."""

    frames: dict[str, list[list[int]]]
    ends: dict[str, StreamEnd]
    frame_count: int = 0
    begun: Counter[str] | None = None


def in_bursts(lanes: list[Lane], tapes: list[Tape], steps: int, size: int) -> BurstOutcome:
    outcome = BurstOutcome({str(lane.index): [] for lane in lanes}, {}, begun=Counter())
    columns = np.stack([tape.columns for tape in tapes], axis=1)
    is_closed = np.stack([tape.is_closed for tape in tapes], axis=1)
    is_finite = np.stack([tape.is_finite for tape in tapes], axis=1)
    for number, first in zip(count(1), range(0, len(columns), steps), strict=False):
        burst = slice(first, first + steps)
        is_plain = (columns[burst] < size).all(axis=(0, 2)) & is_finite[burst].all(axis=0)
        drawn = DrawnColumns(columns[burst], is_closed[burst], is_finite[burst], is_plain.tolist())
        reading = BurstReading(drawn, streams_codes=True)
        reading.read([(lane.index, lane) for lane in lanes], number)
        outcome.frame_count += reading.spoken.frame_count
        outcome.begun.update(one.run_key for one in reading.spoken.begun)
        for one in reading.spoken.frames:
            assert one.first_frame == len(outcome.frames[one.run_key])
            outcome.frames[one.run_key] += one.codes.T.tolist()
        assert [end.step for _, end in reading.ends] == sorted(e.step for _, e in reading.ends)
        for lane, end in reading.ends:
            lane.phase = Phase.PARKED
            outcome.ends[str(lane.index)] = StreamEnd(first + end.step, end.ending)
    return outcome


def check(seed: int) -> set[object]:
    """How the lanes of one set of tapes ended; read plainly and in bursts of some length."""
    chance = random.Random(seed)
    config = tiny(codebook_count=chance.randint(1, 4), rows_per_codebook=8, stream_bos_id=6,
                  stream_eos_id=7)  # fmt: skip
    guards = EngineSettings(
        silence_frames=chance.choice([0, 1, 5, 9]),
        loop_frames=chance.choice([0, 7, 16]),
        loop_period=chance.choice([0, 1, 4, 9]),
    )
    length, lane_count = chance.randint(1, 90), chance.randint(1, 3)
    tapes = [tape_of(chance, config, length) for _ in range(lane_count)]
    lanes = [speaking_lane(slot, tape, config, guards) for slot, tape in enumerate(tapes)]
    plain = [plainly(tape, config, guards) for tape in tapes]
    outcome = in_bursts(lanes, tapes, chance.randint(1, 32), config.codebook_size)
    for lane, one in zip(lanes, plain, strict=True):
        key, stream = str(lane.index), lane.stream
        assert stream is not None
        assert outcome.frames[key] == one.frames == stream.codes().T.tolist()
        assert stream.columns.tolist() == one.columns
        assert outcome.begun is not None and outcome.begun[key] == bool(one.frames)
        if one.is_over:
            step = len(one.columns) - 2 + one.has_failed
            assert outcome.ends[key] == StreamEnd(step, one.ending)
        else:
            assert key not in outcome.ends
    assert outcome.frame_count == sum(len(one.frames) for one in plain)
    return {"failed" if one.has_failed else one.ending for one in plain}


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 2**32))
def test_bursts_say_what_their_columns_say_one_by_one(seed: int) -> None:
    check(seed)


def test_the_tapes_end_in_every_way() -> None:
    ends = set().union(*(check(seed) for seed in range(TAPES)))
    assert ends == {*Ending, "failed", None}


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**32), st.integers(0, 12), st.integers(0, 20), st.integers(0, 6))
def test_a_detector_that_looks_now_and_then_stops_where_one_that_looks_at_each_does(
    seed: int, silence: int, loop: int, period: int
) -> None:
    chance = random.Random(seed)
    guards = EngineSettings(silence_frames=silence, loop_frames=loop, loop_period=period)
    codes = coarse_codes(chance, 200, 5)
    plain, seldom = PlainStallDetector(guards), StallDetector(guards)
    expected = next(((n, e) for n, code in enumerate(codes) if (e := plain.feed(code))), None)
    found, looks = None, 0
    for seen in range(1, len(codes) + 1):
        if seen >= seldom.due and found is None:
            found, looks = seldom.look(np.array(codes[:seen], np.int16)), looks + 1
    assert found == expected
    assert looks <= len(codes)
