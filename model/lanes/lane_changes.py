"""What of the lanes changes between two bursts, gathered until it is written: all of it in one copy
to the device and one scatter a tensor, however many lanes there are.

A lane that is told to rest and then to begin, or the other way round, does what it was told last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model.codes.stopping import OPEN

if TYPE_CHECKING:
    from model.lanes.lane_tensors import LaneState
    from model.runs.sampling_settings import Sampling


@dataclass(frozen=True)
class StreamOpening:
    """A stream that a lane opens: its next input is the opening column, at `position`."""

    position: int
    noise_key: int
    minimum_frames: int
    sampling: Sampling
    column_limit: int = OPEN
    """The lane stops with the column of this index."""


class LaneChanges:
    """Of one state. Whoever steps or moves lanes writes them first."""

    def __init__(self, state: LaneState) -> None:
        self._state = state
        self._openings: dict[int, StreamOpening] = {}
        self._resting: dict[int, int] = {}

    def begin(self, lane: int, opening: StreamOpening) -> None:
        self._resting.pop(lane, None)
        self._openings[lane] = opening

    def rest(self, lane: int, position: int) -> None:
        self._openings.pop(lane, None)
        self._resting[lane] = position

    def write(self) -> None:
        if self._openings or self._resting:
            self._state.change(self._openings, self._resting)
            self._openings.clear()
            self._resting.clear()
