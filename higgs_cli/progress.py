"""What a stage may report while it works, and the silent version of it.

Stages are handed a Progress and never know whether a person, a log or nobody is listening.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ChunkProgress:
    """Which piece of work a report is about."""

    chunk_number: int
    speaker: str
    line_number: int
    attempt: int = 0
    """From 0; more than 0 is a retry."""
    place: str = ""
    """As a person names it: `line 14`, or `3:14` in a book without lines."""


class Progress(Protocol):
    """Is told of a render, in order: stage* begin (speaking | spoken | retried | note)* end
    mastered*."""

    def stage(self, text: str) -> None:
        """A step without a measure has begun: `Loading the model`."""

    def begin(self, chunk_count: int, stored_count: int, speech_seconds: float) -> None:
        """The chunks are known: how many, how many of them are stored, and how long the rest is."""

    def speaking(self, at: ChunkProgress) -> None:
        """A lane has begun this chunk."""

    def spoken(self, at: ChunkProgress, audio_seconds: float, verdict: str) -> None:
        """A take is finished and stored; `verdict` is pass, fail or inconclusive."""

    def retried(self, at: ChunkProgress, reason: str) -> None:
        """A take has failed a check and is spoken again."""

    def note(self, text: str) -> None:
        """Something the person should know: fewer lanes, a damaged take, a slower path."""

    def end(self) -> None:
        """Nothing more will be spoken; also said when something else breaks off."""

    def mastered(self, share: float) -> None:
        """So much of the work between the last take and the finished audio is done, 0 to 1."""


class SilentProgress:
    """Is told everything and says nothing."""

    def stage(self, text: str) -> None:
        pass

    def begin(self, chunk_count: int, stored_count: int, speech_seconds: float) -> None:
        pass

    def speaking(self, at: ChunkProgress) -> None:
        pass

    def spoken(self, at: ChunkProgress, audio_seconds: float, verdict: str) -> None:
        pass

    def retried(self, at: ChunkProgress, reason: str) -> None:
        pass

    def note(self, text: str) -> None:
        pass

    def end(self) -> None:
        pass

    def mastered(self, share: float) -> None:
        pass


@contextmanager
def ended_by_errors(progress: Progress) -> Iterator[None]:
    """What is drawn while this lasts does not stand in the way of an error."""
    try:
        yield
    except BaseException:
        progress.end()
        raise


class BatchProgress(Progress, Protocol):
    """Is told of a batch as a whole, and for each of its books in the same words; a book that is
    mastered tells from a thread of its own."""

    def expect(self, name: str, chunk_count: int, stored_count: int, missing: float) -> None:
        """A book, and how many seconds of it are to be spoken."""

    def of_book(self, name: str) -> Progress:
        """Who is to be told of this book."""

    def became(self, name: str, state: str) -> None:
        """A book has another state: reading, waiting, speaking, mastering; then what it is for
        good."""
