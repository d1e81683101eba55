"""How fast so many lanes speak at such a context: prefill and decode timed apart."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch

from bench.deadline import Clock, Deadline
from bench.workload import FRAME_RATE, positions_of, prefix_of, runs_of
from model.checkpoint.language_model import LanguageModel
from model.engine.engine import Engine
from model.runs.engine_settings import EngineSettings
from model.runs.events import Accept, ChunkFailed, SpokenChunk
from model.runs.run import RunRequest
from model.step.cuda_graph import StepGraph


@dataclass(frozen=True)
class Load:
    """What every lane speaks."""

    lanes: int
    shared: int
    """Positions of the prefix that all lanes share."""
    text: int
    """Positions of a lane's own prompt."""
    frames: int

    @property
    def mean_own(self) -> float:
        """Own positions a step finds, in the mean."""
        return self.text + self.frames / 2


@dataclass(frozen=True)
class LaneSpeed:
    """Seconds of each round."""

    load: Load
    codebook_count: int
    decode: tuple[float, ...]
    prefill: tuple[float, ...]
    step: str = ""
    """What was stepped with."""

    @property
    def step_seconds(self) -> float:
        """Of the steps a take needs, its delay included; a burst that outlives it is not waited
        for."""
        return statistics.median(self.decode) / (self.load.frames + self.codebook_count)

    @property
    def steady_rate(self) -> float:
        """Times real time while all lanes speak: a short take's delay is not held against it."""
        return self.load.lanes / FRAME_RATE / self.step_seconds

    @property
    def times_real_time(self) -> float:
        """Of these very takes, with the steps in which their last codebooks come late."""
        spoken = self.load.lanes * self.load.frames / FRAME_RATE
        return spoken / statistics.median(self.decode)

    def figures(self) -> dict[str, Any]:
        steps = self.load.frames + self.codebook_count
        return {
            **asdict(self.load),
            "step_ms": round(self.step_seconds * 1000, 4),
            "step_ms_rounds": [round(one / steps * 1000, 4) for one in self.decode],
            "prefill_ms": round(statistics.median(self.prefill) * 1000, 2),
            "times_real_time": round(self.times_real_time, 2),
            "stepped_with": self.step,
        }


class Spent:
    """Calls a function and adds up the seconds it took; with a device, its part included.

    Waiting for a device keeps host and device from working at the same time.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        clock: Clock = time.perf_counter,
        device: torch.device | None = None,
    ) -> None:
        self.seconds = 0.0
        self._function, self._clock, self._device = function, clock, device

    def __call__(self, *arguments: Any) -> Any:
        self._settle()
        began = self._clock()
        result = self._function(*arguments)
        self._settle()
        self.seconds += self._clock() - began
        return result

    def _settle(self) -> None:
        if self._device is not None:
            settle(self._device)


class LaneBench:
    """An engine that speaks one load again and again."""

    def __init__(
        self,
        model: LanguageModel,
        load: Load,
        clock: Clock = time.perf_counter,
        settings: dict[str, Any] | None = None,
    ) -> None:
        config = model.config
        self.load, self._clock, self._device = load, clock, model.device
        self._codebook_count = config.codebook_count
        prefix = prefix_of(config, load.shared)
        self._runs = runs_of(config, prefix, load.text, [load.frames] * load.lanes)
        chosen = {"exact": False, "silence_frames": 0, "loop_frames": 0} | (settings or {})
        positions = positions_of(config, load.shared, load.text, load.frames)
        self.engine = Engine(model, EngineSettings(load.lanes, positions, **chosen))
        if isinstance(self.engine._step, StepGraph):  # all lanes speak till the end
            self.engine._step.records_ahead = False
        self._prefilling = Spent(self.engine._context.prepare, clock, model.device)
        self.engine._context.prepare = self._prefilling  # type: ignore[method-assign]

    def measure(self, rounds: int, deadline: Deadline) -> LaneSpeed:
        """At least one round after the one that warms up, more while there is time."""
        self.speak()
        decode, prefill = [], []
        for _ in range(rounds):
            if decode and not deadline.holds(decode[-1] + prefill[-1]):
                break
            one, other = self.speak()
            decode.append(one)
            prefill.append(other)
        made_of = str(self.engine.step_description)
        return LaneSpeed(self.load, self._codebook_count, tuple(decode), tuple(prefill), made_of)

    def speak(self) -> tuple[float, float]:
        """Seconds of decoding and of prefill."""
        settle(self._device)
        before, began = self._prefilling.seconds, self._clock()
        speak_all(self.engine, self._runs)
        whole, prefill = self._clock() - began, self._prefilling.seconds - before
        settle(self._device)
        return whole - prefill, prefill


def speak_all(engine: Engine, runs: list[RunRequest]) -> list[SpokenChunk]:
    """Every take, accepted as it comes."""
    takes = []
    for event in engine.generate(runs):
        assert not isinstance(event, ChunkFailed), event
        if isinstance(event, SpokenChunk):
            engine.answer(event, Accept())
            takes.append(event)
    return takes


def settle(device: torch.device) -> None:
    """Wait for what the device still does."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
