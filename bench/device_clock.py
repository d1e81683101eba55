"""Work on a device, recorded as the engine records a step, and timed by the device's own clock."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

from model.step.cuda_graph import CudaRecorder, PlainRecorder, Recorder

Work = Callable[[], object]
_WARM_UPS = 3


def recorder_for(device: torch.device) -> Recorder:
    return CudaRecorder(device) if device.type == "cuda" else PlainRecorder()


def recorded(work: Work, device: torch.device) -> Callable[[], None]:
    """What does `work` again without the host."""
    return recorder_for(device).record(lambda: _done(work()))


def seconds_of(work: Work, device: torch.device, rounds: int) -> float:
    """The median; on a GPU between events in its stream, with no wait in between."""
    for _ in range(_WARM_UPS):
        work()
    if device.type != "cuda":
        return statistics.median(_host_seconds(work) for _ in range(rounds))
    marks = [
        (torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True))
        for _ in range(rounds)
    ]
    for before, after in marks:
        before.record()
        work()
        after.record()
    torch.cuda.synchronize(device)
    return statistics.median(before.elapsed_time(after) for before, after in marks) / 1000


def _host_seconds(work: Work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _done(outcome: object) -> None:
    """A recording is of what is done, not of what is said."""
