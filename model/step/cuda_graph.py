"""A whole decode step recorded once per bucket of lanes, and replayed without the host.

On a GPU a step is some hundreds of kernels, and launching them one by one takes longer than most of
them run. A CUDA graph launches them at once. It repeats what it was shown, on the same memory: so
lanes keep their slots, a step between two buckets takes lanes along that do not speak, nothing in a
step may ask the device for a value, and what has moved must be recorded anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from model.lanes.lane_tensors import LaneState
from model.step.description import StepDescription
from model.step.torch_step import TorchStep

LANE_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 96, 128, 192, 256)
_FEWEST_KEYS = 256
_WARM_UPS = 2

_MEASURED_STEPS = 12
_CLEARLY = 1.02
"""Another way than the surest must be faster by more than measurements differ."""

Replay = Callable[[], None]


class RecordingError(Exception):
    """A step that runs cannot be recorded. It can go on without."""


class Recorder(Protocol):
    """How a step is kept for replaying."""

    def record(self, step: Replay) -> Replay:
        """Run the step some times, remember what it does, return what does it again. Raises
        `RecordingError` where only the recording failed."""
        ...


class PlainRecorder:
    """The plain twin: the step itself, run as it is each time."""

    def record(self, step: Replay) -> Replay:
        step()
        return step


class CudaRecorder:
    """CUDA graphs that share one pool of memory: they never run at the same time."""

    def __init__(self, device: torch.device) -> None:
        self._pool = torch.cuda.graph_pool_handle()
        # Kernels keep the priority they were recorded with: a codec beside them only fills gaps.
        self._stream = torch.cuda.Stream(device, priority=-1)

    def record(self, step: Replay) -> Replay:
        """Everything that is made at first use must be there before: hence the warm-up."""
        outer = torch.cuda.current_stream(self._stream.device)
        self._stream.wait_stream(outer)
        with torch.cuda.stream(self._stream):
            for _ in range(_WARM_UPS):
                step()
        outer.wait_stream(self._stream)
        torch.cuda.synchronize(self._stream.device)
        graph = torch.cuda.CUDAGraph()
        try:
            # A codec beside it may do in its threads what a recording may not.
            mode = "thread_local"
            with torch.cuda.graph(
                graph, pool=self._pool, stream=self._stream, capture_error_mode=mode
            ):
                step()
        except RuntimeError as problem:
            raise _what_failed(problem) from problem
        return graph.replay


def device_seconds(replay: Replay) -> float:
    """What a replay takes on the device, the best of some: nobody else was in its way."""
    replay()
    best = float("inf")
    for _ in range(_MEASURED_STEPS):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        replay()
        end.record()
        end.synchronize()
        best = min(best, begin.elapsed_time(end) / 1e3)
    return best


def _what_failed(problem: BaseException) -> Exception:
    """Too little memory is for the caller, who can take fewer lanes. Ending a recording that has
    failed fails as well, so the first error counts, and it may lie beneath."""
    beneath: BaseException | None = problem
    while beneath is not None:
        first, beneath = beneath, beneath.__context__
        if isinstance(first, torch.OutOfMemoryError) or "out of memory" in str(first):
            return torch.OutOfMemoryError(f"recording the decode step: {first}")
    said = str(first).partition("\n")[0]
    return RecordingError(f"the decode step cannot be recorded as a CUDA graph: {said}")


@dataclass(frozen=True)
class GraphLimits:
    """What a step may be asked for."""

    lane_count: int
    key_count: int
    """Of the longest lane there may be."""
    depends_on_keys: bool
    """The work of a step grows with `key_count`; else it follows from each lane's own length."""
    depends_on_candidates: bool = True
    """The work of a draw grows with the longest list of candidates that any lane asks for."""


@dataclass(frozen=True)
class _Shape:
    """Everything about a step that a recording cannot change."""

    width: int
    key_count: int
    candidate_count: int
    """0 where the draw takes any list of candidates."""


@dataclass(frozen=True, eq=False)
class _Recording:
    replay: Replay
    logits: Tensor


class StepGraph:
    """Another kind of step, recorded and replayed. See `torch_step.FrameStep`."""

    is_width_free = False
    records_ahead = True
    """Where there are few shapes, all of them are recorded with the first."""

    def __init__(
        self,
        inner: TorchStep,
        state: LaneState,
        limits: GraphLimits,
        recorder: Recorder,
        memory_version: Callable[[], int] = int,
        description: StepDescription | None = None,
        seconds_of: Callable[[Replay], float] | None = None,
    ) -> None:
        """`memory_version` changes when memory has moved that the step reads; `description` is
        told which way was taken, and if the step cannot be recorded; `seconds_of` measures a
        replay where there are several ways to take."""
        self._inner = inner
        self._state = state
        self._limits = limits
        self._recorder = recorder
        self._memory_version = memory_version
        self._recorded_version = memory_version()
        self._recordings: dict[_Shape, _Recording] = {}
        self._description = description or StepDescription()
        self._seconds_of = seconds_of
        self._measured: set[int] = set()
        """Widths whose way is known: recorded anew, they go on in it."""
        self._is_recordable = True
        self.logits = torch.empty(0)
        """What the latest step chose from `[lanes of the bucket, codebooks, rows]`."""
        state.may_look = False

    def step(self, width: int, key_count: int) -> None:
        if self._is_recordable:
            try:
                self._replay(width, key_count)
            except RecordingError as problem:
                self._is_recordable = False
                self._recordings.clear()
                self._description.choose("graphs", "none")
                self._description.warn(f"{problem}; it goes on without, more slowly")
        if not self._is_recordable:
            self._inner.step(width, key_count)
            self.logits = self._inner.logits

    def _replay(self, width: int, key_count: int) -> None:
        version = self._memory_version()
        if version != self._recorded_version:
            self._recordings.clear()
            self._recorded_version = version
        shape = self._shape(width, key_count)
        if shape not in self._recordings:
            self._record(shape)
        recording = self._recordings[shape]
        recording.replay()
        self.logits = recording.logits

    def _shape(self, width: int, key_count: int) -> _Shape:
        limits, sampling = self._limits, self._state.sampling
        keys = limits.key_count
        if limits.depends_on_keys:
            keys = key_bucket(key_count, limits.key_count)
        return _Shape(
            width=lane_bucket(width, limits.lane_count),
            key_count=keys,
            candidate_count=sampling.candidate_count if limits.depends_on_candidates else 0,
        )

    def _record(self, shape: _Shape) -> None:
        """This shape, and every width of it where they are few: then no lane waits for one later,
        when a book ends and its last lanes are fewer and fewer."""
        is_one_of_many = self._limits.depends_on_keys or not self.records_ahead
        widths = (shape.width,) if is_one_of_many else lane_buckets(self._limits.lane_count)
        for width in reversed(widths):  # the widest first: what it takes suffices for the others
            self._recordings[replace(shape, width=width)] = self._fastest(width, shape.key_count)

    def _fastest(self, width: int, key_count: int) -> _Recording:
        """Of all ways to step so many lanes, the one that takes the least time here and now."""
        ways = self._inner.ways(width)
        if self._seconds_of is None or len(ways) == 1 or width in self._measured:
            return self._recorded(width, key_count)
        recordings: dict[str, _Recording] = {}
        seconds: dict[str, float] = {}
        for way in reversed(ways):
            self._inner.take(width, way)
            try:
                recordings[way] = self._recorded(width, key_count)
            except RecordingError as problem:
                if way == ways[0]:
                    raise
                self._description.warn(f"{way} of {width} lanes are left out: {problem}")
                continue
            with self._state.kept():
                seconds[way] = self._seconds_of(recordings[way].replay)
        self._measured.add(width)
        best = min(seconds, key=lambda way: seconds[way] * (1.0 if way == ways[0] else _CLEARLY))
        self._inner.take(width, best)
        others = [f"{way} {1e3 * seconds[way]:.3f}" for way in seconds if way != best]
        said = f"{best} {1e3 * seconds[best]:.3f} ms (measured; {', '.join(others) or 'no other'})"
        self._description.choose(f"step of {width}", said)
        return recordings[best]

    def _recorded(self, width: int, key_count: int) -> _Recording:
        with self._state.kept():  # warm-up steps are steps
            replay = self._recorder.record(partial(self._inner.step, width, key_count))
        return _Recording(replay, self._inner.logits)


def lane_buckets(lane_count: int) -> tuple[int, ...]:
    """The widths that are recorded for an engine of so many lanes: the last one holds them all."""
    return (*(one for one in LANE_BUCKETS if one < lane_count), lane_count)


def lane_bucket(width: int, lane_count: int) -> int:
    """The smallest of them that holds so many lanes."""
    return next(one for one in lane_buckets(lane_count) if one >= width)


def key_bucket(key_count: int, most: int) -> int:
    """A power of two that holds `key_count`, or the most there can be."""
    bucket = _FEWEST_KEYS
    while bucket < key_count:
        bucket *= 2
    return min(bucket, most)
