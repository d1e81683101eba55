"""One thing that takes are held to: what is usual for a voice, and what that says of a take.

Its evidence is the record of the take, or, where somebody listens, what was heard of it. All of it
is pure: a verdict is never stored, and is worked out when it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self, TypeAlias

from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.take import Finding

Voice: TypeAlias = tuple[str, str | None]
"""Speaker and mood."""
Evidence: TypeAlias = Any
"""Of a measure without a listener: a `TakeRecord`; of a gate: what its listener says."""
Norm: TypeAlias = Any


class Measure(Protocol):
    """Asked of chunk after chunk, always the same for the same."""

    @property
    def name(self) -> str: ...

    @property
    def listener_name(self) -> str:
        """As a person knows who listens; empty where nobody does."""

    @property
    def listener(self) -> str | None:
        """The identity of who has to hear a take first; None: its record is enough."""

    def of_book(self, chunks: Sequence[Chunk]) -> Self:
        """The same for one book, of which these are the chunks."""

    def is_told(self, chunk: Chunk) -> bool:
        """Whether it says anything of the takes of this chunk."""

    def norm(self, voice: Voice, sample: Sequence[tuple[Chunk, Evidence]]) -> Norm:
        """What is usual for a voice, by its first takes in the plan's order; by none, where it
        says too little of itself."""

    def finding(self, chunk: Chunk, evidence: Evidence, norm: Norm) -> Finding | None:
        """What is to be said of a take; None of a good one."""


def voice_of(chunk: Chunk) -> Voice:
    return chunk.speaker, chunk.mood
