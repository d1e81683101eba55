"""What the latest steps have drawn, kept on their device until the engine looks.

Looking at every step would make the device wait for the host. So each step leaves its columns and
flags here, one copy for all of them, and many steps are handed over in one copy more, which nobody
waits for before it is read.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from model.lanes.lane_tensors import Drawn, LaneState

StepOutcome = tuple[list[list[int]], list[bool], list[bool]]
"""Of one step: the columns `[lanes, codebooks]`, then for each lane whether its stream closed with
it and whether its logits were finite."""


class StepLog:
    """Room for the steps between two looks."""

    def __init__(self, state: LaneState, step_count: int) -> None:
        self._drawn = state.drawn
        self._kept = state.drawn.memory.new_zeros(step_count, len(state.drawn.memory))

    def keep(self, place: int) -> None:
        """Note what the step that was just begun will have drawn."""
        self._kept[place].copy_(self._drawn.memory)

    def hand_over(self) -> DrawnSteps:
        """Everything kept, as it will be once the device is there; later steps change nothing."""
        return DrawnSteps(self._kept, self._drawn)


class DrawnSteps:
    """A copy on the host, on its way while the device goes on."""

    def __init__(self, kept: Tensor, drawn: Drawn) -> None:
        self._drawn = drawn
        self._copy = torch.empty(kept.shape, dtype=kept.dtype, pin_memory=kept.is_cuda)
        self._copy.copy_(kept, non_blocking=True)
        self._arrival = torch.cuda.Event() if kept.is_cuda else None
        if self._arrival is not None:
            self._arrival.record()

    def steps(self) -> Iterator[StepOutcome]:
        """In order. Waits for the device, if it is not there yet."""
        if self._arrival is not None:
            self._arrival.synchronize()
        told = self._drawn.within_copy(self._copy)
        parts = (told.columns.tolist(), told.is_closed.tolist(), told.is_finite.tolist())
        return zip(*parts, strict=True)
