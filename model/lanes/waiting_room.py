"""Runs that wait for a lane: which of them goes next."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass

from model.runs.engine_settings import KEPT_PREFIXES
from model.runs.events import NothingYet
from model.runs.prompt import prompt_digest
from model.runs.run import RunRequest


def next_chunk(run: RunRequest, chunk: int) -> int | None:
    """The first chunk from `chunk` on that is still to be spoken."""
    for place in range(chunk, len(run.chunks)):
        if run.chunks[place].stored_codes is None:
            return place
    return None


def frames_to_speak(run: RunRequest) -> int:
    """At most: the budgets of what is not stored."""
    return sum(chunk.frame_budget for chunk in run.chunks if chunk.stored_codes is None)


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A run that waits, and what decides when it goes."""

    prefix: bytes
    frames: int
    run: RunRequest


class WaitingRoom:
    """Runs read ahead from an iterator: those with a prefix at hand first, of these the longest.

    A long run that begins last keeps all other lanes waiting at the end of a book. Whoever yields
    `NOTHING_YET` is asked again later; an iterator that ends is not.
    """

    def __init__(self, runs: Iterable[RunRequest | NothingYet], capacity: int) -> None:
        self._source = iter(runs)
        self._is_closed = False
        self._capacity = max(capacity, 1)
        self._waiting: list[_Waiting] = []
        """The longest first; of equals, as they came."""
        self._at_hand: list[bytes] = []
        """Prefixes of the latest runs that went: they are in a cache, or will be when these are."""

    @property
    def is_empty(self) -> bool:
        """Whether no run waits."""
        self._read_ahead()
        return not self._waiting

    @property
    def is_closed(self) -> bool:
        """Whether no run waits, and none will come any more."""
        return self.is_empty and self._is_closed

    def next_run(self, suits: Callable[[RunRequest], bool] | None = None) -> RunRequest | None:
        """The run to speak next of those that suit; None when none does."""
        self._read_ahead()
        place = self._place_of_next(suits)
        if place is None:
            return None
        chosen = self._waiting.pop(place)
        others = [one for one in self._at_hand if one != chosen.prefix]
        self._at_hand = [*others, chosen.prefix][-KEPT_PREFIXES:]
        return chosen.run

    def drop(self, keys: Container[str]) -> None:
        """Nobody wants these runs any more."""
        self._waiting = [one for one in self._waiting if one.run.key not in keys]

    def _place_of_next(self, suits: Callable[[RunRequest], bool] | None) -> int | None:
        """The first that suits and has its prefix at hand; else the first that suits."""
        first = None
        for place, one in enumerate(self._waiting):
            if suits is None or suits(one.run):
                if one.prefix in self._at_hand:
                    return place
                first = place if first is None else first
        return first

    def _read_ahead(self) -> None:
        while len(self._waiting) < self._capacity and not self._is_closed:
            run = next(self._source, None)
            if isinstance(run, NothingYet):
                return
            if run is None:
                self._is_closed = True
                return
            one = _Waiting(prompt_digest(run.prefix), frames_to_speak(run), run)
            insort(self._waiting, one, key=lambda each: -each.frames)
