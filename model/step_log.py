"""What the latest steps have drawn, kept on their device until the engine looks.

Looking at every step would make the device wait for the host. So each step leaves its columns and
flags here, and many steps are handed over in one copy, which nobody waits for before it is read.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from model.lane_state import LaneState

StepOutcome = tuple[list[list[int]], list[bool], list[bool]]
"""Of one step: the columns `[lanes, codebooks]`, then for each lane whether its stream closed with
it and whether its logits were finite."""


class StepLog:
    """Room for the steps between two looks."""

    def __init__(self, state: LaneState, step_count: int) -> None:
        self._sources = (state.columns, state.is_closed, state.is_finite)
        self._kept = [one.new_zeros(step_count, *one.shape) for one in self._sources]

    def keep(self, place: int) -> None:
        """Note what the step that was just begun will have drawn."""
        for kept, source in zip(self._kept, self._sources, strict=True):
            kept[place].copy_(source)

    def hand_over(self) -> DrawnSteps:
        """Everything kept, as it will be once the device is there; later steps change nothing."""
        return DrawnSteps(self._kept)


class DrawnSteps:
    """A copy on the host, on its way while the device goes on."""

    def __init__(self, kept: list[Tensor]) -> None:
        is_on_gpu = kept[0].is_cuda
        self._copies = [
            torch.empty(one.shape, dtype=one.dtype, pin_memory=is_on_gpu) for one in kept
        ]
        for copy, source in zip(self._copies, kept, strict=True):
            copy.copy_(source, non_blocking=True)
        self._arrival = torch.cuda.Event() if is_on_gpu else None
        if self._arrival is not None:
            self._arrival.record()

    def steps(self) -> Iterator[StepOutcome]:
        """In order. Waits for the device, if it is not there yet."""
        if self._arrival is not None:
            self._arrival.synchronize()
        columns, is_closed, is_finite = (copy.tolist() for copy in self._copies)
        return zip(columns, is_closed, is_finite, strict=True)
