"""Time two sides in turns, so that what else the machine does falls on both alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

Side = Callable[[], float]
"""Does its work once and says how many seconds one step of it took."""


@dataclass(frozen=True)
class Outcome:
    """Seconds per step of both sides, round by round."""

    theirs: tuple[float, ...]
    ours: tuple[float, ...]
    their_threads: int
    our_threads: int

    @property
    def ratios(self) -> tuple[float, ...]:
        """How many times faster ours was, in each round."""
        return tuple(t / o for t, o in zip(self.theirs, self.ours, strict=True))

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    def spread(self) -> str:
        return f"{self.ratio:.2f}x ({min(self.ratios):.2f} to {max(self.ratios):.2f})"


def compete(theirs: Side, ours: Side, rounds: int, threads: Sequence[int]) -> Outcome:
    """Each side with the number of threads it likes best, alternating."""
    their_threads, our_threads = best_threads(theirs, threads), best_threads(ours, threads)
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        seconds[0].append(timed(theirs, their_threads))
        seconds[1].append(timed(ours, our_threads))
    return Outcome(tuple(seconds[0]), tuple(seconds[1]), their_threads, our_threads)


def best_threads(side: Side, candidates: Sequence[int]) -> int:
    """The fastest of the candidates after a round that warms up."""
    timed(side, candidates[0])
    if len(candidates) == 1:
        return candidates[0]
    return min(candidates, key=lambda count: min(timed(side, count) for _ in range(2)))


def timed(side: Side, threads: int) -> float:
    torch.set_num_threads(threads)
    return side()
