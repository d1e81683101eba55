"""What the engine tells while it speaks, and what it is answered.

```
Frame        one aligned frame, while it is generated
Take         a chunk is finished: answer it
LaneFailure  this run ended, the others go on
Waiting      every busy lane awaits an answer
```
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import torch


class EndReason(Enum):
    """Why a take ended."""

    CLOSED = "closed"
    """The model closed the stream itself: the only healthy end."""
    BUDGET = "frame budget"
    SILENCE = "silence"
    """The coarsest codebook hardly changed for `silence_frames`."""
    LOOP = "loop"
    """The coarsest codebook repeated a pattern for `loop_frames`."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One aligned frame of a take that is still being spoken. Yielded in order, from index 0."""

    run_key: str
    chunk_key: str
    attempt: int
    index: int
    codes: torch.Tensor
    """`[codebooks]`, int64, on the CPU."""


@dataclass(frozen=True, eq=False)
class Take:
    """A finished chunk. Its lane is parked until `Engine.answer` is called with it."""

    run_key: str
    chunk_key: str
    attempt: int
    codes: torch.Tensor
    """`[codebooks, frames]`, int64, on the CPU; real codes only, possibly no frame at all."""
    end: EndReason
    context_keys: tuple[str, ...]
    """The chunks this take has heard, oldest first (its prefix is always heard too)."""


@dataclass(frozen=True)
class LaneFailure:
    """A run that cannot go on; its other chunks are not spoken. The other lanes do not notice."""

    run_key: str
    chunk_key: str
    attempt: int
    message: str


@dataclass(frozen=True)
class Waiting:
    """Every busy lane is parked: nothing can be decoded before a take is answered."""

    parked_lane_count: int


Event = Frame | Take | LaneFailure | Waiting


@dataclass(frozen=True, eq=False)
class Accept:
    """Go on to the next chunk, with this take as context."""

    codes: torch.Tensor | None = None
    """`[codebooks, frames]` to go on with instead of the take's own: an earlier, better attempt."""


@dataclass(frozen=True)
class Retry:
    """Speak the chunk again from its start, with the next attempt's noise."""


@dataclass(frozen=True)
class GiveUp:
    """Leave the chunk out: the run goes on with its next chunk, which does not hear this one.

    Nothing is stored for it, so a run that is continued later speaks it again.
    """


Answer = Accept | Retry | GiveUp
