"""How sure a figure is: bootstrap intervals over pairs, and Wilson's interval of a win rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
RESAMPLES_AT_ONCE = 100
COVERED = 0.95
QUANTILE = 1.959964
"""Of the normal distribution, for 95 of 100."""

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A figure, and where it lies 95 times of 100."""

    value: float
    low: float
    high: float

    @property
    def holds_nought(self) -> bool:
        """Is nought inside? Then two sides are not told apart."""
        return self.low <= 0.0 <= self.high


@dataclass(frozen=True)
class PairedIntervals:
    """One measure of two sides, and of their difference: the second less the first."""

    first: Interval
    second: Interval
    difference: Interval


def paired_intervals(
    first: Sequence[tuple[float, float]], second: Sequence[tuple[float, float]], seed: int
) -> PairedIntervals:
    """Of ratios of sums, `(counted, out of)` for each pair; a mean is counted out of ones.

    Pairs are drawn whole, so that a hard sentence is hard for both sides in every draw.
    """
    tops = np.array([[c for c, _ in first], [c for c, _ in second]], np.float64)
    bases = np.array([[b for _, b in first], [b for _, b in second]], np.float64)
    whole = tops.sum(axis=1) / np.maximum(bases.sum(axis=1), 1e-12)
    drawn = _drawn(tops, bases, np.random.default_rng(seed))
    return PairedIntervals(
        _interval(whole[0], drawn[:, 0]),
        _interval(whole[1], drawn[:, 1]),
        _interval(whole[1] - whole[0], drawn[:, 1] - drawn[:, 0]),
    )


def win_rate(points: Sequence[float]) -> Interval:
    """Wilson's interval of the mean of points between 0 and 1, one for each pair.

    Ties are half a point: their spread is less than that of wins and losses, so it is rather too
    wide than too narrow; and unlike a bootstrap it has a width where one side wins everything.
    """
    count = len(points)
    rate = sum(points) / count
    square = QUANTILE**2
    middle = (rate + square / (2 * count)) / (1 + square / count)
    reach = (QUANTILE * (rate * (1 - rate) / count + square / (4 * count**2)) ** 0.5) / (
        1 + square / count
    )
    return Interval(rate, max(0.0, middle - reach), min(1.0, middle + reach))


def _drawn(tops: Array, bases: Array, random: np.random.Generator) -> Array:
    """[resamples, sides]: how often each pair is drawn is all that matters of a draw."""
    count = tops.shape[1]
    found = []
    for _ in range(RESAMPLES // RESAMPLES_AT_ONCE):
        times = random.multinomial(count, np.full(count, 1 / count), RESAMPLES_AT_ONCE)
        found.append((times @ tops.T) / np.maximum(times @ bases.T, 1e-12))
    return np.concatenate(found)


def _interval(value: float, drawn: Array) -> Interval:
    edge = (1 - COVERED) / 2
    low, high = np.quantile(drawn, (edge, 1 - edge))
    return Interval(float(value), float(low), float(high))
