"""Which run is in which lane, and what a lane is doing. No tensors.

```
lane 0  ▐prefix▐ chunk a1 ▐parked▐ chunk a2 ▐ chunk a2 again ▐parked▐ chunk a3 …
lane 1  ▐prefix▐ chunk b1 ──────────── ▐ chunk b2 …       each ▐ is a prefill
lane 2  ▐prefix▐ chunk c1 ▐prefix▐ chunk d1 …             run c had one chunk: refilled with run d
```
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from model.lanes.stream import Stream
from model.runs.context_window import ContextPiece
from model.runs.events import Answer, ChunkFailed, SpokenChunk
from model.runs.run import ChunkRequest, RunRequest

if TYPE_CHECKING:
    from model.runs.events import Codes


class Phase(Enum):
    """What a lane is doing."""

    FREE = auto()
    SPEAKING = auto()
    PARKED = auto()


@dataclass(eq=False)
class Lane:
    """A run on its way, and the slot of the batch in which it is spoken."""

    index: int
    """The slot."""
    phase: Phase = Phase.FREE
    run: RunRequest | None = None
    chunk: int = 0
    takes: dict[int, Codes] = field(default_factory=dict)
    """Accepted codes `[codebooks, frames]` by the chunk's place in the run."""
    heard: tuple[int, ...] = ()
    prefix_length: int = 0
    pieces: list[tuple[ContextPiece, int]] = field(default_factory=list)
    """The pieces in the cache behind the prefix, each with the length of the lane after it."""
    stream: Stream | None = None
    spoken: SpokenChunk | None = None
    """What it is parked with."""
    answer: Answer | None = None

    def occupy(self, run: RunRequest) -> None:
        self.release()
        self.run = run

    def take_over(self, other: Lane) -> None:
        """Go on where another one is that has been prepared and has not spoken."""
        self.release()
        self.run, self.chunk, self.takes = other.run, other.chunk, other.takes
        self.heard, self.pieces, self.prefix_length = other.heard, other.pieces, other.prefix_length
        other.release()

    def change_places(self, other: Lane) -> None:
        """Each goes on in the slot of the other."""
        self.index, other.index = other.index, self.index

    def release(self) -> None:
        self.phase, self.run, self.chunk = Phase.FREE, None, 0
        self.takes, self.heard, self.pieces, self.prefix_length = {}, (), [], 0
        self.stream, self.spoken, self.answer = None, None, None

    @property
    def length(self) -> int:
        """Positions prefilled: the prefix and its pieces, without what is being spoken."""
        return self.pieces[-1][1] if self.pieces else self.prefix_length

    @property
    def next_position(self) -> int:
        """Where the next column is fed."""
        drawn = self.stream.column_count - 1 if self.stream else 0
        return self.length + drawn

    @property
    def speaks_of(self) -> tuple[RunRequest, ChunkRequest, Stream]:
        """The run, chunk and attempt of a lane that is speaking or parked."""
        assert self.run is not None and self.stream is not None
        return self.run, self.run.chunks[self.chunk], self.stream

    def failure(self, attempt: int, reason: str) -> ChunkFailed:
        """Why its run ends here."""
        assert self.run is not None
        return ChunkFailed(self.run.key, self.run.chunks[self.chunk].key, attempt, reason)

    @property
    def first_attempt(self) -> int:
        """Of the chunk it is about to speak."""
        assert self.run is not None
        return self.run.chunks[self.chunk].first_attempt
