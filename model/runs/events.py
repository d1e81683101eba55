"""What is told while runs are spoken, and what is answered, in the same words for model and caller.

```
BurstSpoken   some steps of all lanes: how many frames, which chunks began, codes if asked for
SpokenChunk   a chunk came to its end: answer it, its lane is parked until then
ChunkFailed   this run ended, the others go on
LanesParked   every busy lane awaits an answer
LanesIdle     no lane has a chunk, and the source of runs has nothing yet
```

Codes are int16 arrays `[codebooks, frames]`, without the delay pattern, without BOS or EOS. Neither
torch nor numpy is imported here: whoever listens may know these classes and nothing of the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes: TypeAlias = NDArray[np.int16]


class Ending(StrEnum):
    """Why a chunk stopped being spoken. Stored with every take: never rename a value."""

    ENDED = "ended"
    """The model closed the stream itself: the only healthy end."""
    BUDGET = "budget"
    """The frame budget was spent."""
    STALLED = "stalled"
    """The coarsest codebook hardly changed for `silence_frames`."""
    LOOPED = "looped"
    """The coarsest codebook repeated a pattern for `loop_frames`."""


@dataclass(frozen=True)
class ChunkBegun:
    """The first frame of a chunk, or of another attempt at it."""

    run_key: str
    chunk_key: str
    attempt: int


@dataclass(frozen=True, eq=False)
class SpokenFrames:
    """What one burst added to a chunk that is being spoken."""

    run_key: str
    chunk_key: str
    attempt: int
    first_frame: int
    """Of its chunk, from 0: the parts of an attempt follow one another without gaps."""
    codes: Codes


@dataclass(frozen=True)
class BurstSpoken:
    """Some steps of all lanes were read: the heartbeat of speech, told before what ended in it."""

    frame_count: int
    """How many frames all lanes have spoken in it; none while the first codebooks run ahead."""
    begun: tuple[ChunkBegun, ...] = ()
    frames: tuple[SpokenFrames, ...] = ()
    """Of every lane that spoke, if codes were asked for."""


@dataclass(frozen=True, eq=False)
class SpokenChunk:
    """A chunk came to its end; its lane is parked until this very event is answered."""

    run_key: str
    chunk_key: str
    attempt: int
    codes: Codes
    """Real codes only, possibly no frame at all."""
    ending: Ending
    heard_keys: tuple[str, ...] = ()
    """The chunks in its context, oldest first; the prefix of its run is always heard too."""


@dataclass(frozen=True)
class ChunkFailed:
    """A chunk could not be spoken, and its run ended with it. Needs no answer."""

    run_key: str
    chunk_key: str
    attempt: int
    reason: str


@dataclass(frozen=True)
class LanesParked:
    """Every lane that has a chunk awaits an answer: give one before asking for more."""

    lane_count: int = 0
    """How many there are."""


@dataclass(frozen=True)
class LanesIdle:
    """No lane has a chunk, and the source of runs has nothing yet: add a run or close the source
    before asking for more."""


SpeechEvent: TypeAlias = BurstSpoken | SpokenChunk | ChunkFailed | LanesParked | LanesIdle


@dataclass(frozen=True, eq=False)
class Accept:
    """The run goes on, with this chunk in its context, or with `codes`: an earlier attempt that was
    better."""

    codes: Codes | None = None


@dataclass(frozen=True)
class Retry:
    """Speak the chunk again from its start, with the next attempt's noise."""


@dataclass(frozen=True)
class GiveUp:
    """No attempt is worth keeping: the run goes on without the chunk, which is in no context."""


Answer: TypeAlias = Accept | Retry | GiveUp


class NothingYet(Enum):
    """The type of `NOTHING_YET`."""

    NOTHING_YET = "nothing yet"


NOTHING_YET: Literal[NothingYet.NOTHING_YET] = NothingYet.NOTHING_YET
"""What a source of runs yields in place of a run while it has none and is not at its end: whoever
reads it goes on with what there is, and asks again."""
