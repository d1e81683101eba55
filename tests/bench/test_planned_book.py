"""Both books of ten hours reach their goals in simulation, from what the engine really does."""

from __future__ import annotations

import pytest

from bench import planned_book
from bench.card_cost import FORMATS, HOPED, IDEAL, SLACK, CardCost
from bench.plan import NOVEL_WORDS, drawn_novel
from bench.planned_book import DEFAULT, FAST, Cut
from bench.simulation import Pace, Run, Stretch, simulate
from higgs_cli.planning.plan import Chunk
from model.checkpoint.random_model import random_model
from model.engine.engine import Engine
from model.runs.engine_settings import EngineSettings
from model.runs.events import Accept, Ending, SpokenChunk
from tests.model.speaking import run
from tests.model.tiny import tiny

WHOLE_RENDER = planned_book.PLAN_SECONDS + planned_book.MASTERING_SECONDS


@pytest.fixture(scope="module")
def chunks() -> list[Chunk]:
    return planned_book.first_hours(planned_book.planned(drawn_novel(NOVEL_WORDS), "novel.md"), 10)


@pytest.fixture(scope="module")
def books(chunks: list[Chunk]) -> dict[Cut, list[Run]]:
    return {cut: planned_book.runs_of_book(chunks, cut) for cut in (FAST, DEFAULT)}


def test_the_fast_book_is_spoken_in_36_seconds_and_with_keys_in_one_byte_it_is_mastered_too(
    books: dict[Cut, list[Run]],
) -> None:
    """As hoped. In bfloat16 the file takes 40."""
    book = planned_book.book(books[FAST], 256, HOPED, FORMATS[0])
    assert book.frames == pytest.approx(10 * 3600 * 25, rel=0.002)
    assert book.seconds + WHOLE_RENDER <= 40 and book.seconds <= 36
    narrow = planned_book.book(books[FAST], 256, HOPED, FORMATS[1])
    assert narrow.seconds + WHOLE_RENDER <= 36


def test_the_default_book_keeps_context_and_takes_60_seconds_with_all_that_is_around_it(
    books: dict[Cut, list[Run]],
) -> None:
    assert DEFAULT.run_chunks >= 2 and DEFAULT.context_chunks >= 1
    book = planned_book.book(books[DEFAULT], 256, HOPED, FORMATS[0])
    assert book.seconds + WHOLE_RENDER <= 60
    narrow = planned_book.book(books[DEFAULT], 256, SLACK, FORMATS[1])
    assert narrow.seconds + WHOLE_RENDER <= 60, "also by a slack engine, with keys in one byte"


@pytest.mark.parametrize("lanes", [128, 192, 256])
@pytest.mark.parametrize("cut", [FAST, DEFAULT], ids=["fast", "default"])
def test_no_half_wave_of_lanes_is_left_at_the_end(
    books: dict[Cut, list[Run]], cut: Cut, lanes: int
) -> None:
    book = planned_book.book(books[cut], lanes, HOPED, FORMATS[0])
    assert book.occupancy > 0.93, f"{book.occupancy:.1%}"
    assert book.tail_steps < 0.08 * book.steps, f"{book.tail_steps} of {book.steps}"


def test_no_chunk_of_the_default_book_is_prefilled_twice(books: dict[Cut, list[Run]]) -> None:
    """Runs end before a lane would be rebased."""
    prompts = planned_book.book(books[FAST], 256, IDEAL, FORMATS[0]).prefilled
    assert planned_book.book(books[DEFAULT], 256, IDEAL, FORMATS[0]).prefilled < 1.05 * prompts


def test_lanes_hold_in_simulation_what_they_hold_in_the_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = tiny(layer_count=2)
    monkeypatch.setattr(planned_book, "CODEBOOKS", config.codebook_count)
    engine = Engine(
        random_model(config, seed=21),
        EngineSettings(1, 130, exact=False, silence_frames=0, loop_frames=0),
    )
    begun: list[int] = []
    begin = engine._begin_stream

    def noted(lane, attempt):  # type: ignore[no-untyped-def]
        begun.append(lane.length - lane.prefix_length)
        begin(lane, attempt)

    monkeypatch.setattr(engine, "_begin_stream", noted)
    asked = run(config, 1, chunk_count=7, context_chunks=1, minimum=99)
    for event in engine.generate([asked]):
        if isinstance(event, SpokenChunk):
            assert event.ending is Ending.BUDGET
            engine.answer(event, Accept())
    assert begun == [one.own for one in planned_book.stretches(asked, 130)]


def test_a_run_stays_in_its_lane_and_a_wider_bucket_costs_no_less() -> None:
    one = [Stretch(32, 10, 10), Stretch(16, 60, 12)]
    cost, pace = CardCost(HOPED, FORMATS[0], 256), Pace(8, 16, bursts_waited=1)
    alone = simulate([one], 4, cost, pace)
    assert (alone.steps, alone.lane_steps, alone.prefilled) == (64 + 48, 64 + 48, 22)
    both = simulate([one, one], 4, cost, pace)
    assert (both.steps, both.lane_steps) == (alone.steps, 2 * alone.lane_steps)
    widths = [cost.step(lanes, 300 * lanes) for lanes in (1, 8, 64, 100, 256)]
    assert widths == sorted(widths)
