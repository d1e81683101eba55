"""The engine over a whole book, on a device that computes nothing and keeps a clock.

    python -m bench.scheduler
    python -m bench.scheduler novel.md --lanes 256 --record

Everything that the host does is done: runs wait, lanes are refilled, contexts are planned, bursts
are read, chunks are parked and answered. Steps and prefills only move the clock, by what
`card_cost.py` says. So it tells what the host pays for a frame of a lane over a book, and whether
the simulation (`simulation.py`) counts the steps that the engine takes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from unittest.mock import patch

import torch

from bench import planned_book, results
from bench.card_cost import FORMATS, HOPED, CardCost
from bench.host import MadeBursts
from bench.plan import NOVEL_WORDS, drawn_novel
from bench.shapes import PUBLIC, SIZE_T
from bench.workload import silenced
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.engine.engine import Engine
from model.lanes.burst_log import DrawnSteps
from model.lanes.lane import Phase
from model.lanes.lane_tensors import Drawn
from model.prefill import lane_context, one_lane
from model.runs.engine_settings import GPU_BURST_STEPS, MOST_READY_RUNS, EngineSettings, StepKind
from model.runs.events import Accept, BurstSpoken, ChunkFailed, SpokenChunk
from model.runs.run import RunRequest

HEADER = ("book", "lanes", "µs of host per lane-frame", "steps", "lanes busy", "device, s (fake)")


@dataclass
class DeviceClock:
    """What the device would have done, and how long it would have taken."""

    cost: CardCost
    seconds: float = 0.0
    steps: int = 0
    lane_steps: int = 0
    prefilled: int = 0


@dataclass(frozen=True)
class BookSpoken:
    """What one book took."""

    clock: DeviceClock
    lanes: int
    frames: int
    host_seconds: float
    """CPU time of the thread that speaks."""

    @property
    def microseconds(self) -> float:
        """Of the host, for a frame of a lane."""
        return self.host_seconds / self.frames * 1e6

    @property
    def occupancy(self) -> float:
        return self.clock.lane_steps / (self.clock.steps * self.lanes)


class ClockedStep:
    """A step that only moves the clock."""

    is_width_free = False

    def __init__(self, clock: DeviceClock) -> None:
        self._clock = clock

    def step(self, width: int, key_count: int) -> None:
        self._clock.steps += 1


class OpenedBursts(MadeBursts):
    """Bursts that were drawn before; streams open in them as they do, codebook after codebook, so
    that a take is found in the cache again when its run goes on."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine._state, GPU_BURST_STEPS)
        self._engine = engine
        self._steps, self._books = GPU_BURST_STEPS, engine._config.codebook_count
        later = torch.arange(self._books)[None] > torch.arange(self._steps)[:, None]
        self._is_later = later[:, None]
        """`[steps, 1, codebooks]`: no code of them yet."""

    def hand_over(self) -> DrawnSteps:
        engine, drawn = self._engine, super().hand_over()
        opening = [
            lane.index
            for lane in engine._lanes
            if lane.phase is Phase.SPEAKING
            and lane.stream is not None
            and lane.stream.first_burst == engine._burst_count - 1
        ]
        if opening:
            columns = Drawn.within(drawn._copy, *engine._state.columns.shape).columns
            begun = columns[:, opening]
            columns[:, opening] = begun.masked_fill(self._is_later, engine._config.stream_bos_id)
        return drawn


class SchedulerBench:
    """An engine on such a device."""

    def __init__(self, model: LanguageModel, lanes: int, position_count: int) -> None:
        self.lanes = lanes
        settings = EngineSettings(
            lanes,
            position_count,
            exact=False,
            step=StepKind.TORCH,
            shares_prefixes=True,
            burst_steps=GPU_BURST_STEPS,
            bursts_ahead=1,
            ready_runs=MOST_READY_RUNS,
        )
        self.engine = engine = Engine(model, settings)
        self.clock = DeviceClock(CardCost(HOPED, FORMATS[0], lanes))
        engine._step = ClockedStep(self.clock)
        engine._log = OpenedBursts(engine)  # type: ignore[assignment]
        self._begin_burst = engine._begin_burst
        engine._begin_burst = self._begun_burst  # type: ignore[method-assign]

    def speak(self, runs: Sequence[RunRequest]) -> BookSpoken:
        """Every take is accepted as late as if it had been decoded and checked by then."""
        engine, frames = self.engine, 0
        late: deque[list[SpokenChunk]] = deque([[] for _ in range(planned_book.BURSTS_WAITED - 1)])
        with self._no_prefill():
            began = time.thread_time()
            for event in engine.generate(runs):
                assert not isinstance(event, ChunkFailed), event
                if isinstance(event, SpokenChunk):
                    late[-1].append(event)
                    continue
                for chunk in late.popleft():
                    engine.answer(chunk, Accept())
                late.append([])
                if isinstance(event, BurstSpoken):
                    frames += event.frame_count
            host = time.thread_time() - began
        return BookSpoken(self.clock, self.lanes, frames, host)

    def _begun_burst(self) -> object:
        """Positions are taken in the middle of a burst; lanes that wait are read along."""
        taken = [one for one in self.engine._lanes if one.phase is not Phase.FREE]
        speaking = sum(one.phase is Phase.SPEAKING for one in taken)
        own = sum(one.next_position - one.prefix_length for one in taken)
        burst, clock = GPU_BURST_STEPS, self.clock
        seconds = clock.cost.step(len(taken), own + speaking * burst / 2)
        clock.seconds += burst * seconds
        clock.lane_steps += burst * speaking
        return self._begin_burst()

    @contextmanager
    def _no_prefill(self) -> Iterator[None]:
        """What is written into caches is planned and not computed."""

        def clocked(model: object, cache: object, pack: Sequence[one_lane.LanePrompt]) -> None:
            positions = sum(one.count for one in pack)
            self.clock.prefilled += positions
            self.clock.seconds += self.clock.cost.prefill(len(pack), positions)

        with patch.object(lane_context, "prefill_pack", clocked):
            yield


def tiny_voice() -> LanguageModel:
    """A model of next to nothing that takes the ids of the public one."""
    names = ("vocab_size", "audio_out_id", "audio_out_bos_id", "audio_delay_id", "pad_id")
    public = {name: getattr(PUBLIC, name) for name in (*names, "eos_ids")}
    return silenced(random_model(replace(SIZE_T, **public), 0, "cpu", torch.float32, False))


def main() -> None:
    options = planned_book.book_options("The host's part of a whole book.")
    torch.set_num_threads(1)
    text = options.novel.read_text("utf-8") if options.novel else drawn_novel(NOVEL_WORDS)
    name = options.novel.name if options.novel else "novel.md"
    chunks = planned_book.first_hours(planned_book.planned(text, name), options.hours)
    rows, model = [], tiny_voice()
    for title, cut in (("fast", planned_book.FAST), ("default", planned_book.DEFAULT)):
        for lanes in options.lanes:
            bench = SchedulerBench(model, lanes, planned_book.position_count_of(cut))
            spoken = bench.speak(planned_book.requests_of_book(chunks, cut))
            rows.append(
                (
                    title,
                    str(lanes),
                    f"{spoken.microseconds:.2f}",
                    str(spoken.clock.steps),
                    f"{spoken.occupancy:.0%}",
                    f"{spoken.clock.seconds:.1f}",
                )
            )
            print(" | ".join(rows[-1]), flush=True)
    if options.record:
        title = "The engine over a book of ten hours, on a device that keeps a clock"
        results.append(title, results.table(HEADER, rows))


if __name__ == "__main__":
    main()
