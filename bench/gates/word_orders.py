"""Faults in words as orders of the words that should be said: [0, 1, 3] lacks the third word.

The same order makes the text that is spoken with the fault, or parts of a sound one after another.
"""

from __future__ import annotations

import random
from collections.abc import Callable

MOST_DROPPED = 6

Order = list[int]


def dropped_one(count: int, chance: random.Random) -> Order | None:
    return _without(count, 1, chance) if count >= 2 else None


def dropped_several(count: int, chance: random.Random) -> Order | None:
    """Three to six in a row; some are left."""
    if count < 5:
        return None
    return _without(count, chance.randint(3, min(MOST_DROPPED, count - 2)), chance)


def doubled(count: int, chance: random.Random) -> Order | None:
    """One word, twice."""
    at = chance.randrange(count)
    return [*range(at + 1), *range(at, count)]


def swapped(count: int, chance: random.Random) -> Order | None:
    """Two neighbours."""
    if count < 3:
        return None
    at = chance.randrange(count - 1)
    return [*range(at), at + 1, at, *range(at + 2, count)]


ORDERS: dict[str, Callable[[int, random.Random], Order | None]] = {
    "dropped-1": dropped_one,
    "dropped-3": dropped_several,
    "doubled": doubled,
    "swapped": swapped,
}


def told(words: list[str], order: Order) -> str:
    """What differs, in words."""
    seen = set(order)
    missing = [word for index, word in enumerate(words) if index not in seen]
    if missing:
        return "without: " + " ".join(missing)
    breaks = [at for at in range(1, len(order)) if order[at] != order[at - 1] + 1]
    first = breaks[0]
    return "there: " + " ".join(words[index] for index in order[first - 1 : first + 2])


def _without(count: int, missing: int, chance: random.Random) -> Order:
    at = chance.randrange(count - missing + 1)
    return [*range(at), *range(at + missing, count)]
