"""No peak over the ceiling, between the samples too: a static gain and a look-ahead limiter.

wanted gain   ‾‾‾‾‾‾‾\\_/‾‾‾‾‾‾      1 where the peak fits, ceiling/peak where it does not
held          ‾‾‾‾\\________/‾‾‾     the lowest of the look-ahead window around each sample
smoothed      ‾‾‾\\._______./‾‾‾     averaged over the same window: never above `wanted`
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from higgs_cli.audio.clip import Samples, db_to_ratio
from higgs_cli.audio.true_peak import TAPS_PER_PHASE, true_peaks

LOOK_AHEAD_SECONDS = 0.005
SAFETY_DB = 0.2


def limited(
    pieces: Iterable[Samples], sample_rate: int, gain_db: float, ceiling_db: float
) -> Iterator[Samples]:
    """Louder by `gain_db`, then held under the ceiling; as many samples out as in."""
    reach = round(LOOK_AHEAD_SECONDS * sample_rate)
    margin = 2 * reach + TAPS_PER_PHASE
    gain = np.float32(db_to_ratio(gain_db))
    ceiling = db_to_ratio(ceiling_db - SAFETY_DB)
    before: Samples = np.zeros(margin, dtype=np.float32)
    current: Samples | None = None
    for piece in _of_length(pieces, at_least=margin):
        scaled = piece * gain
        if current is not None:
            yield _held(before, current, scaled[:margin], ceiling, reach)
            before = current[-margin:]
        current = scaled
    if current is not None:
        before = np.concatenate([np.zeros(margin, dtype=np.float32), before])[-margin:]
        yield _held(before, current, np.zeros(margin, dtype=np.float32), ceiling, reach)


def _held(before: Samples, current: Samples, after: Samples, ceiling: float, reach: int) -> Samples:
    context = np.concatenate([before, current, after])
    inside = slice(len(before), len(before) + len(current))
    peaks = true_peaks(context)
    if float(peaks.max()) <= ceiling:
        return current
    wanted = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    window = 2 * reach + 1
    padded = np.pad(wanted, reach, mode="edge")
    held = sliding_window_view(padded, window).min(axis=1)
    # The same span again, averaged: each gain is a mean of values that all include its own peak.
    smoothed = np.convolve(np.pad(held, reach, mode="edge"), np.full(window, 1.0 / window), "valid")
    return (context * smoothed)[inside].astype(np.float32)


def _of_length(pieces: Iterable[Samples], at_least: int) -> Iterator[Samples]:
    """The same samples in pieces none of which is shorter than `at_least`, but for an only one."""
    held: list[Samples] = []
    held_count = 0
    ready: Samples | None = None
    for piece in pieces:
        held.append(piece)
        held_count += len(piece)
        if held_count < at_least:
            continue
        if ready is not None:
            yield ready
        ready, held, held_count = np.concatenate(held), [], 0
    last = [part for part in ([ready] if ready is not None else []) + held if len(part)]
    if last:
        yield np.concatenate(last)
