"""True peak: the largest magnitude between the samples too, by oversampling four times.

What lies between samples is a weighted sum of those around, so it is at most `MOST_OVERSHOOT` times
the largest of them: where that cannot pass the level that is asked about, nothing is computed.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import Samples, peak
from higgs_cli.audio.machine_code import compiled

OVERSAMPLING = 4
TAPS_PER_PHASE = 32
REACH = TAPS_PER_PHASE // 2
"""How many samples on either side have a say in what lies between two."""

MOST_OVERSHOOT = 2.53
TILE = 256


def true_peaks(samples: Samples, above: float = 0.0) -> NDArray[np.float32]:
    """The largest magnitude near each sample of the signal oversampled four times, `[samples]`.

    Values that are not over `above` need not be exact; but they are not over it.
    """
    peaks: NDArray[np.float32] = np.abs(samples)
    if len(samples):
        padded = np.pad(samples, REACH)
        kernel = compiled(_oversample, "void(f4[::1], f4[:, ::1], b1[::1], f4[:, ::1], f4[::1])")
        sums = np.empty((3, TILE), np.float32)
        kernel(padded, _taps(), _may_pass(peaks, above / MOST_OVERSHOOT), sums, peaks)
    return peaks


def plain_true_peaks(samples: Samples) -> NDArray[np.float32]:
    """The twin: all of them, by convolution."""
    peaks: NDArray[np.float32] = np.abs(samples)
    for taps in _taps():
        between = np.abs(np.convolve(samples, taps[::-1], mode="same")).astype(np.float32)
        peaks = np.maximum(peaks, between)
    return peaks


def true_peak(samples: Samples) -> float:
    return float(true_peaks(samples, above=peak(samples)).max()) if len(samples) else 0.0


def _may_pass(magnitudes: NDArray[np.float32], level: float) -> NDArray[np.bool_]:
    """Tiles that have a sample over the level, and their neighbours, `[tiles]`."""
    tiles = np.zeros(math.ceil(len(magnitudes) / TILE) * TILE, dtype=np.float32)
    tiles[: len(magnitudes)] = magnitudes
    is_loud = np.pad(tiles.reshape(-1, TILE).max(axis=1) > level, 1)
    return is_loud[:-2] | is_loud[1:-1] | is_loud[2:]


@cache
def _taps() -> NDArray[np.float32]:
    """Windowed sincs that read the signal 1/4, 1/2 and 3/4 of a sample further, `[3, 33]`."""
    offsets = np.arange(1, OVERSAMPLING)[:, None] / OVERSAMPLING
    places = np.arange(TAPS_PER_PHASE + 1) - REACH
    window = 0.5 + 0.5 * np.cos(math.pi * (places + offsets) / (REACH + 1))
    taps = (np.sinc(places + offsets) * window).astype(np.float32)
    return np.ascontiguousarray(taps[:, ::-1])


def _oversample(
    padded: Samples,
    taps: NDArray[np.float32],
    may_pass: NDArray[np.bool_],
    sums: NDArray[np.float32],
    peaks: NDArray[np.float32],
) -> None:
    """Tile by tile, so that the sums `[3, TILE]` stay in the nearest memory."""
    first, second, third = sums[0], sums[1], sums[2]
    for tile in range(len(may_pass)):
        if not may_pass[tile]:
            continue
        found = peaks[tile * TILE : (tile + 1) * TILE]
        around, length = padded[tile * TILE :], len(found)
        sums[:] = 0.0
        for k in range(0, taps.shape[1], 3):
            by = taps[:, k : k + 3]
            one, two = around[k : k + length], around[k + 1 : k + 1 + length]
            three = around[k + 2 : k + 2 + length]
            for i in range(length):
                a, b, c = one[i], two[i], three[i]
                first[i] += by[0, 0] * a + by[0, 1] * b + by[0, 2] * c
                second[i] += by[1, 0] * a + by[1, 1] * b + by[1, 2] * c
                third[i] += by[2, 0] * a + by[2, 1] * b + by[2, 2] * c
        for i in range(length):
            between = max(max(abs(first[i]), abs(second[i])), abs(third[i]))
            found[i] = max(found[i], between)
