"""What goes between the one that plans and its workers: small, and without sound.

    orders   to a worker: speak this run · store that take as this · go on so
    reports  from a worker: begun · spoken, what is it to be stored as? · stored, how to go on?

Codes of a take never leave the worker that spoke it, but into the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from higgs_cli.errors import HiggsError
from higgs_cli.planning.plan import Chunk
from higgs_cli.speech.protocol import Answer, ChunkBegun, Ending, SpeechRun
from higgs_cli.takes.take import Slate, TakeRecord

Place: TypeAlias = tuple[str, str, int]
"""Run, chunk, attempt."""


@dataclass(frozen=True)
class GiveRun:
    """Speak it, as soon as a lane is free."""

    run: SpeechRun


@dataclass(frozen=True)
class Store:
    """Check a take and store it as this; or None, where nobody wants it any more."""

    place: Place
    chunk: Chunk
    slate: Slate | None
    folder: str
    """Of the store: a path that every worker sees, or an address."""


@dataclass(frozen=True)
class GoOn:
    """How the lane of a take goes on."""

    place: Place
    answer: Answer


Order: TypeAlias = GiveRun | Store | GoOn


@dataclass(frozen=True)
class Begun:
    """Lanes have begun chunks, and spoken so many frames in all."""

    frame_count: int
    chunks: tuple[ChunkBegun, ...]


@dataclass(frozen=True)
class TakeSpoken:
    """A chunk came to its end; its codes wait in the worker."""

    place: Place
    frame_count: int
    ending: Ending
    heard_keys: tuple[str, ...]


@dataclass(frozen=True)
class Stored:
    """It was checked and stored, or why not; None: nobody wanted it."""

    place: Place
    record: TakeRecord | None
    trouble: HiggsError | None = None


@dataclass(frozen=True)
class Failed:
    """A chunk could not be spoken, and its run ended with it."""

    place: Place
    reason: str


@dataclass(frozen=True)
class Taken:
    """Lanes have taken runs: so many more may wait."""

    run_keys: tuple[str, ...]


@dataclass(frozen=True)
class Broken:
    """The worker speaks no more."""

    trouble: HiggsError


Report: TypeAlias = Begun | TakeSpoken | Stored | Failed | Taken | Broken
