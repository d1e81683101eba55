"""What the host pays for a frame of a lane: engine, door and loop around a step that does nothing.

    python -m bench.host
    python -m bench.host --record

Lanes draw codes that were made before, so that only bookkeeping is left: bursts are read, stalls
are looked for, events go through the door and past the watchdog to one who does with them what a
render does. CPU time of the thread without prefill, and the best of some rounds: others only add.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import cycle

import torch

from bench import results
from bench.lane_speed import Spent
from bench.shapes import SHAPES
from bench.workload import positions_of, prefix_of, runs_of, silenced
from higgs_cli.rendering.watchdog import watched
from higgs_cli.speech.higgs.session import HiggsSpeech
from higgs_cli.speech.protocol import (
    Accept,
    BurstSpoken,
    ChunkFailed,
    Ending,
    LanesParked,
    SpeechEvent,
    SpokenChunk,
)
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.engine.engine import Engine
from model.lanes.burst_log import DrawnSteps
from model.lanes.lane_tensors import Drawn, LaneState
from model.runs.engine_settings import EngineSettings, StepKind
from model.runs.run import RunRequest

SHARED, TEXT = 24, 8
BURSTS_MADE = 64
"""More than a stall detector takes for a loop."""
HEADER = ("lanes", "steps of a burst", "path", "µs per lane-frame")


@dataclass(frozen=True)
class HostLoad:
    """How many lanes speak, how often they are looked at, and for how long."""

    lanes: int
    burst_steps: int
    frames: int


LOADS = (HostLoad(1, 1, 2000), HostLoad(8, 1, 1000), HostLoad(128, 16, 400))


class SilentStep:
    """Computes nothing."""

    is_width_free = False

    def step(self, width: int, key_count: int) -> None:
        pass


class MadeBursts:
    """In place of the log: hands over bursts that were drawn before anything was measured."""

    def __init__(self, state: LaneState, burst_steps: int) -> None:
        size, shape = state.config.codebook_size, state.columns.shape
        memory = state.drawn.memory.new_zeros(BURSTS_MADE, burst_steps, len(state.drawn.memory))
        for kept in memory:
            drawn = Drawn.within(kept, *shape)
            drawn.columns.copy_(torch.randint(0, size, drawn.columns.shape))
            drawn.is_finite.fill_(True)
        self._state, self._kept, self._size = state, cycle(memory), size

    def keep(self, place: int) -> None:
        pass

    def hand_over(self) -> DrawnSteps:
        return DrawnSteps(next(self._kept), self._state.drawn, self._size)


class HostBench:
    """An engine whose steps cost nothing, and the ways to listen to it."""

    def __init__(self, model: LanguageModel, load: HostLoad, stream_codes: bool = False) -> None:
        config = model.config
        self._load = load
        prefix = prefix_of(config, SHARED)
        self._runs = runs_of(config, prefix, TEXT, [load.frames] * load.lanes)
        settings = EngineSettings(
            lane_count=load.lanes,
            position_count=positions_of(config, SHARED, TEXT, load.frames),
            exact=False,
            stream_codes=stream_codes,
            step=StepKind.TORCH,
            burst_steps=load.burst_steps,
        )
        self.engine = engine = Engine(model, settings)
        engine._step = SilentStep()
        engine._log = MadeBursts(engine._state, load.burst_steps)  # type: ignore[assignment]
        self._prefilling = Spent(engine._context.prepare, time.thread_time)
        engine._context.prepare = self._prefilling  # type: ignore[method-assign]

    def microseconds(self, speak: Callable[[Engine, list[RunRequest]], None]) -> float:
        """Of one frame of one lane, prefill left out."""
        before, began = self._prefilling.seconds, time.thread_time()
        speak(self.engine, self._runs)
        spent = time.thread_time() - began - (self._prefilling.seconds - before)
        return spent / (self._load.lanes * self._load.frames) * 1e6


def through_engine(engine: Engine, runs: list[RunRequest]) -> None:
    for event in engine.generate(runs):
        if isinstance(event, SpokenChunk):
            assert event.ending is Ending.BUDGET, event.ending
            engine.answer(event, Accept())


def through_loop(engine: Engine, runs: list[RunRequest]) -> None:
    """Through the door and past the watchdog, to what a render does with an event."""
    speech = HiggsSpeech(engine, runs)
    in_flight: set[str] = set()
    for event in watched(speech, 600.0):
        _hear(event, in_flight)
        for chunk in _judged(event):
            speech.answer(chunk, Accept())


def _hear(event: SpeechEvent, in_flight: set[str]) -> None:
    if isinstance(event, BurstSpoken):
        in_flight.update(begun.chunk_key for begun in event.begun)
    elif isinstance(event, SpokenChunk):
        in_flight.discard(event.chunk_key)
    else:
        assert not isinstance(event, ChunkFailed | LanesParked), event


def _judged(event: SpeechEvent) -> Iterable[SpokenChunk]:
    """A checker of no time at all."""
    if isinstance(event, SpokenChunk):
        yield event


PATHS = (
    ("engine", False, through_engine),
    ("engine, door, watchdog, loop", False, through_loop),
    ("the same, with codes of every burst", True, through_loop),
)


def main() -> None:
    options = _options()
    torch.set_num_threads(1)
    model = silenced(random_model(SHAPES["T"], 0, "cpu", torch.float32, False))
    rows = []
    for load in LOADS:
        for name, stream_codes, speak in PATHS:
            bench = HostBench(model, load, stream_codes)
            best = min(bench.microseconds(speak) for _ in range(options.rounds))
            rows.append((str(load.lanes), str(load.burst_steps), name, f"{best:.2f}"))
            print(" | ".join(rows[-1]), flush=True)
    if options.record:
        title = "Host work per lane-frame, with a step that does nothing"
        results.append(title, results.table(HEADER, rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Host work for each frame of each lane.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--record", action="store_true", help="append to RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
