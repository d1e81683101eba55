"""What the latest steps have drawn, kept on their device until the engine looks.

Looking at every step would make the device wait for the host. So each step leaves its columns and
flags here, one copy for all of them, and many steps are handed over in one copy more, which nobody
waits for before it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from model.lanes.lane_tensors import Drawn, LaneState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class DrawnColumns:
    """What all lanes have drawn in some steps, on the host."""

    columns: NDArray[np.int64]
    """`[steps, lanes, codebooks]`."""
    is_closed: NDArray[np.bool_]
    """`[steps, lanes]`: the stream closed with this column."""
    is_finite: NDArray[np.bool_]
    """`[steps, lanes]`: the column was drawn from numbers."""
    is_plain: list[bool]
    """Of each lane: all its columns hold codes alone, drawn from numbers; then none is closed."""


class StepLog:
    """Room for the steps between two looks."""

    def __init__(self, state: LaneState, step_count: int) -> None:
        self._drawn = state.drawn
        self._codebook_size = state.config.codebook_size
        self._kept = state.drawn.memory.new_zeros(step_count, len(state.drawn.memory))

    def keep(self, place: int) -> None:
        """Note what the step that was just begun will have drawn."""
        self._kept[place].copy_(self._drawn.memory)

    def hand_over(self) -> DrawnSteps:
        """Everything kept, as it will be once the device is there; later steps change nothing."""
        return DrawnSteps(self._kept, self._drawn, self._codebook_size)


class DrawnSteps:
    """A copy on the host, on its way while the device goes on."""

    def __init__(self, kept: Tensor, drawn: Drawn, codebook_size: int) -> None:
        self._drawn = drawn
        self._codebook_size = codebook_size
        self._copy = torch.empty(kept.shape, dtype=kept.dtype, pin_memory=kept.is_cuda)
        self._copy.copy_(kept, non_blocking=True)
        self._arrival = torch.cuda.Event() if kept.is_cuda else None
        if self._arrival is not None:
            self._arrival.record()

    def read(self) -> DrawnColumns:
        """Waits for the device, if it is not there yet."""
        if self._arrival is not None:
            self._arrival.synchronize()
        columns, is_closed, is_finite = self._drawn.parts_of(self._copy)
        is_plain = (columns.max(axis=(0, 2)) < self._codebook_size) & is_finite.all(axis=0)
        return DrawnColumns(columns, is_closed, is_finite, is_plain.tolist())
