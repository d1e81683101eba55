"""How much may be spoken again for what all takes are held to: a share of a book's frames.

It is granted in the plan's order. A chunk whose first takes fail reserves all of its retries, used
or not, so that what others are granted does not depend on how its retries turn out. One retry at
least, and no more than half of what is left: in a short script the first that fails must not have
all.

    chunk     1     2        3        4
    reserves  0    75        ?       75     frames, of 300
    granted        75                75     while chunk 3 can want no more than 75; else 4 waits

Where the share is less than one take, as of a single line, the longest chunk may be spoken again
once: else nothing of a short script could be mended.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate

from higgs_cli.planning.plan import FRAMES_PER_SECOND, Chunk


@dataclass(frozen=True)
class BudgetRules:
    """`share` of the planned frames of a book; `retries` of one chunk at most."""

    share: float
    retries: int


class RetryBudget:
    """Of one book. Is told which chunks have failed, in any order."""

    def __init__(self, chunks: Sequence[Chunk], rules: BudgetRules) -> None:
        """`chunks`: those of the book, in the plan's order."""
        self._frames = [planned_frames(chunk) for chunk in chunks]
        self._place = {chunk.number: place for place, chunk in enumerate(chunks)}
        self._retries = rules.retries
        one_take = max(self._frames, default=0) if rules.share else 0
        self._left = max(int(rules.share * sum(self._frames)), one_take)
        self._wanted = [self._retries * frames for frames in self._frames]
        """What each chunk wants, or can want at most as long as it is not told."""
        self._is_told = [False] * len(chunks)
        self._settled = 0
        """So many of the first chunks are told, and what they are granted is taken off."""
        self._granted: dict[int, int] = {}
        self._before: list[int] | None = None

    def tell(self, numbers: Collection[int], failed: Collection[int]) -> None:
        """These chunks were judged for the first time, and these of them have failed."""
        for number in numbers:
            place = self._place[number]
            self._is_told[place] = True
            if number not in failed:
                self._wanted[place] = 0
        while self._settled < len(self._frames) and self._is_told[self._settled]:
            self._grant(self._settled)
            self._settled += 1
        self._before = None

    def is_known(self, number: int) -> bool:
        """Whether it is known what a chunk is granted: all before it are told, or cannot want so
        much that less than twice what it wants were left."""
        place = self._place[number]
        if place < self._settled:
            return True
        if not self._is_told[place]:
            return False
        wanted = self._wanted[place]
        return not wanted or self._wanted_up_to(place) + wanted <= self._left

    def granted(self, number: int) -> int:
        """How many retries a chunk has, if it has failed and that is known."""
        return self._granted.get(self._place[number], self._retries)

    def _grant(self, place: int) -> None:
        if self._wanted[place]:
            frames = self._frames[place]
            least = min(1, self._left // frames)
            count = min(self._retries, max(least, self._left // (2 * frames)))
            self._granted[place] = count
            self._left -= count * frames

    def _wanted_up_to(self, place: int) -> int:
        """By it and by all before it that nothing was taken off for."""
        if self._before is None:
            self._before = list(accumulate(self._wanted[self._settled :]))
        return self._before[place - self._settled]


def planned_frames(chunk: Chunk) -> int:
    return max(1, round(chunk.seconds * FRAMES_PER_SECOND))
