"""The real engine over a book on a device that keeps a clock: what the host pays, how lanes are
used."""

from __future__ import annotations

import pytest
import torch

from bench import planned_book
from bench.card_cost import FORMATS, HOPED
from bench.plan import drawn_novel
from bench.planned_book import DEFAULT, FAST, Cut
from bench.scheduler import SchedulerBench, tiny_voice
from higgs_cli.planning.plan import Chunk
from model.checkpoint.language_model import LanguageModel

HOURS, WORDS = 6, 57_000
MOST_MICROSECONDS = 8.0
"""Of the host for a frame of a lane: 2 to 2.5 where nothing else runs, and half as much again where
other work shares the core's caches. A slow machine is not a fault; an event per frame was 20."""


@pytest.fixture(scope="module")
def chunks() -> list[Chunk]:
    return planned_book.first_hours(
        planned_book.planned(drawn_novel(WORDS), "novel.md"), hours=HOURS
    )


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return tiny_voice()


@pytest.mark.parametrize(
    ("cut", "lanes"),
    [
        pytest.param(FAST, 128, marks=pytest.mark.slow),
        pytest.param(FAST, 256, marks=pytest.mark.slow),
        pytest.param(DEFAULT, 128, marks=pytest.mark.slow),
        (DEFAULT, 256),
    ],
)
def test_a_book_in_many_lanes(
    model: LanguageModel, chunks: list[Chunk], cut: Cut, lanes: int
) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        bench = SchedulerBench(model, lanes, planned_book.position_count_of(cut))
        spoken = bench.speak(planned_book.requests_of_book(chunks, cut))
    finally:
        torch.set_num_threads(threads)
    assert spoken.frames == sum(round(chunk.seconds * 25) for chunk in chunks), "each word once"
    assert spoken.microseconds < MOST_MICROSECONDS
    assert spoken.occupancy > 0.85, "lanes wait for answers, and there is no half wave at the end"

    runs = planned_book.runs_of_book(chunks, cut)
    said = planned_book.book(runs, lanes, HOPED, FORMATS[0])
    clock = spoken.clock
    assert clock.steps == pytest.approx(said.steps, rel=0.02), "as the simulation counts them"
    assert clock.prefilled == pytest.approx(said.prefilled, rel=0.07)
    assert clock.seconds == pytest.approx(said.seconds, rel=0.06)
