"""No peak over the ceiling, between the samples too: a static gain and a look-ahead limiter.

wanted gain   ‾‾‾‾‾‾‾\\_/‾‾‾‾‾‾      1 where the peak fits, ceiling/peak where it does not
held          ‾‾‾‾\\________/‾‾‾     the lowest of the look-ahead window around each sample
smoothed      ‾‾‾\\._______./‾‾‾     averaged over the same window: never above `wanted`

Gains are whole numbers of 2^-30, so that their sums are exact: what becomes of a sample depends on
those around it alone, bit for bit, wherever a stretch begins.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from higgs_cli.audio.clip import Samples, db_to_ratio
from higgs_cli.audio.machine_code import compiled
from higgs_cli.audio.true_peak import REACH, true_peaks

LOOK_AHEAD_SECONDS = 0.005
SAFETY_DB = 0.2
ONE = 1 << 30


def margin_samples(sample_rate: int) -> int:
    """How far around a stretch its limited samples depend on the others."""
    return 2 * _look_ahead(sample_rate) + REACH


def limited(
    context: Samples, sample_rate: int, gain_db: float, ceiling_db: float
) -> tuple[Samples, bool]:
    """Louder by `gain_db`, then held under the ceiling: a stretch without the margin that was given
    on both sides of it; and whether anything had to be held."""
    margin = margin_samples(sample_rate)
    louder = context * np.float32(db_to_ratio(gain_db))
    ceiling = db_to_ratio(ceiling_db - SAFETY_DB)
    peaks = true_peaks(louder, above=ceiling)
    is_held = bool(len(peaks)) and float(peaks.max()) > ceiling
    if is_held:
        _hold(louder, peaks, ceiling, _look_ahead(sample_rate))
    return louder[margin : len(louder) - margin], is_held


def plain_hold(
    samples: Samples, peaks: NDArray[np.float32], ceiling: float, look_ahead: int
) -> Samples:
    """The twin of the kernel: everywhere at once."""
    window = 2 * look_ahead + 1
    ratios = np.minimum(1.0, ceiling / np.maximum(peaks.astype(np.float64), 1e-9))
    wanted = np.pad(np.floor(ratios * ONE).astype(np.int64), 2 * look_ahead, constant_values=ONE)
    held = sliding_window_view(wanted, window).min(axis=1)
    sums = sliding_window_view(held, window).sum(axis=1)
    return (samples * (sums / (window * ONE))).astype(np.float32)


def _look_ahead(sample_rate: int) -> int:
    return round(LOOK_AHEAD_SECONDS * sample_rate)


def _hold(samples: Samples, peaks: NDArray[np.float32], ceiling: float, look_ahead: int) -> None:
    """In place, span by span: peaks over the ceiling that have a say in the same samples."""
    over = np.flatnonzero(peaks > ceiling)
    breaks = np.flatnonzero(np.diff(over) > 4 * look_ahead)
    kernel = compiled(_hold_span, "void(f4[::1], f4[::1], f8, i8, i8, i8, i8[:, ::1])")
    window = 2 * look_ahead + 1
    for begin, end in zip((0, *(breaks + 1)), (*breaks, len(over) - 1), strict=True):
        first, last = over[begin], over[end]
        length = (last - first + 8 * look_ahead + window) // window * window
        kernel(samples, peaks, ceiling, look_ahead, first, last, np.full((2, length), ONE))


def _hold_span(
    samples: Samples,
    peaks: NDArray[np.float32],
    ceiling: float,
    look_ahead: int,
    first: int,
    last: int,
    lowest: NDArray[np.int64],
) -> None:
    """What the peaks from the first to the last ask for; all before and after them fits.

    `lowest` `[2, samples]`, all 1: of any window, of what is left of a block, and of what the next
    has begun.
    """
    window, start, length = 2 * look_ahead + 1, first - 4 * look_ahead, lowest.shape[1]
    lowest_since, lowest_until = lowest[0], lowest[1]
    for at in range(first, last + 1):
        if peaks[at] > ceiling:
            wanted = np.int64(np.floor(ceiling / np.float64(peaks[at]) * ONE))
            lowest_since[at - start] = lowest_until[at - start] = wanted
    for i in range(1, length):
        if i % window:
            lowest_since[i] = min(lowest_since[i], lowest_since[i - 1])
    for i in range(length - 2, -1, -1):
        if (i + 1) % window:
            lowest_until[i] = min(lowest_until[i], lowest_until[i + 1])
    total = window * ONE
    for i in range(length - window + 1):
        # The sum of a window of held gains: one enters, and one leaves.
        total += min(lowest_until[i], lowest_since[i + window - 1]) - ONE
        if i >= window:
            total -= min(lowest_until[i - window], lowest_since[i - 1]) - ONE
        if 0 <= start + i < len(samples):
            samples[start + i] = np.float32(samples[start + i] * (total / (window * ONE)))
