"""Which pairs are heard blind, in which order, and which side comes first.

A trial is known by a name that only who has both sides can work out: the page says neither which
side is heard first, nor anything that it could be read from.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from higgs_cli.errors import UsageError
from higgs_cli.evaluation.compared import Pair

SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 15.0
"""What is shorter tells little; of what is longer, the beginning is forgotten at the end."""


@dataclass(frozen=True)
class Trial:
    """A pair to be heard, and which of its sides is heard first."""

    pair: Pair
    is_swapped: bool
    """The second side is heard first."""

    @property
    def name(self) -> str:
        made_of = f"{self.pair.first.made_of}|{self.pair.second.made_of}|{self.is_swapped}"
        return hashlib.sha256(made_of.encode()).hexdigest()[:16]


def chosen_trials(pairs: Sequence[Pair], count: int, seed: int) -> list[Trial]:
    """So many pairs at random, in random order; each side comes first in half of them."""
    fit = [pair for pair in pairs if _is_fit(pair)]
    if not fit:
        raise UsageError(
            "there is no pair to be heard: all are the same sound, or too short or too long",
            hint=f"lines of {SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g} seconds are compared",
        )
    chance = random.Random(f"{seed}:blind")
    chosen = chance.sample(fit, min(count, len(fit)))
    swapped = [number % 2 == 1 for number in range(len(chosen))]
    chance.shuffle(swapped)
    return [Trial(pair, is_swapped) for pair, is_swapped in zip(chosen, swapped, strict=True)]


def all_trials(pairs: Sequence[Pair]) -> Iterator[Trial]:
    """Every trial that a page of these sides may have had."""
    for pair in pairs:
        yield Trial(pair, False)
        yield Trial(pair, True)


def _is_fit(pair: Pair) -> bool:
    lengths = (pair.first.seconds, pair.second.seconds)
    return (
        pair.first.sound.content != pair.second.sound.content
        and min(lengths) >= SHORTEST_SECONDS
        and max(lengths) <= LONGEST_SECONDS
    )
