"""What a burst of steps has said: one event for all lanes, and the streams that ended in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from model.lanes.lane import Lane, Phase
from model.lanes.stream import Stream, StreamEnd
from model.runs.events import BurstSpoken, ChunkBegun, SpokenFrames

if TYPE_CHECKING:
    from model.lanes.burst_log import DrawnColumns


class BurstReading:
    """Reads the lanes of one burst; most have only spoken on, which costs next to nothing."""

    def __init__(self, drawn: DrawnColumns, streams_codes: bool) -> None:
        self._drawn = drawn
        self._streams_codes = streams_codes
        self._frame_count = 0
        self._begun: list[ChunkBegun] = []
        self._frames: list[SpokenFrames] = []
        self._ends: list[tuple[Lane, StreamEnd]] = []

    def read(self, lanes: Iterable[tuple[int, Lane]], burst_number: int) -> None:
        """Each lane with the slot it had; what a slot drew before its stream began is not of it."""
        for slot, lane in lanes:
            stream = lane.stream
            if lane.phase is Phase.SPEAKING and stream and stream.first_burst < burst_number:
                self._read_lane(slot, lane, stream)

    @property
    def spoken(self) -> BurstSpoken:
        return BurstSpoken(self._frame_count, tuple(self._begun), tuple(self._frames))

    @property
    def ends(self) -> list[tuple[Lane, StreamEnd]]:
        """In the order of steps, and of slots in a step."""
        return sorted(self._ends, key=lambda one: one[1].step)

    def _read_lane(self, slot: int, lane: Lane, stream: Stream) -> None:
        drawn, before = self._drawn, stream.frame_count
        if drawn.is_plain[slot] and stream.is_quiet(len(drawn.columns)):
            stream.add(drawn.columns[:, slot])
        else:
            parts = (drawn.columns[:, slot], drawn.is_closed[:, slot], drawn.is_finite[:, slot])
            end = stream.read(*parts)
            if end is not None:
                self._ends.append((lane, end))
        if stream.frame_count > before:
            self._count(lane, stream, before)

    def _count(self, lane: Lane, stream: Stream, before: int) -> None:
        self._frame_count += stream.frame_count - before
        if before and not self._streams_codes:
            return
        run, chunk, _ = lane.speaks_of
        if not before:
            self._begun.append(ChunkBegun(run.key, chunk.key, stream.attempt))
        if self._streams_codes:
            codes = stream.codes(before)
            self._frames.append(SpokenFrames(run.key, chunk.key, stream.attempt, before, codes))
