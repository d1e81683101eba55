"""Clicks: a jump of the waveform that nothing around it is like.

The second difference of speech is small but in hisses, and a hiss lasts. A click is large against
the speech as a whole, and against all that is near and does not touch it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from higgs_cli.audio.clip import Samples

WINDOW_SECONDS = 0.002
BESIDE, AROUND = 1, 8
"""In windows: what may still be the click, and what must be unlike it."""
ABOVE_AROUND = 4.0
SURE_CLICK, PERHAPS_CLICK = 5.0, 4.0
"""Times the level of the whole."""
SILENT_LEVEL = 0.003
"""A take that is next to silent has no level to be measured by."""


def clicks_of(samples: Samples, sample_rate: int, level: float) -> Sequence[tuple[float, float]]:
    """Where they are, and how many times the level (RMS) of the whole the jump is, in order."""
    window = max(2, round(WINDOW_SECONDS * sample_rate))
    peaks = _peaks(samples, window)
    at = np.flatnonzero(peaks > PERHAPS_CLICK * level)
    if not len(at) or level <= SILENT_LEVEL:
        return ()
    spans = sliding_window_view(np.pad(peaks, AROUND), 2 * AROUND + 1)[at]
    around = np.maximum(
        spans[:, : AROUND - BESIDE].max(axis=1), spans[:, AROUND + BESIDE + 1 :].max(axis=1)
    )
    found = at[peaks[at] > ABOVE_AROUND * around]
    windows = np.split(found, np.flatnonzero(np.diff(found) > 1 + BESIDE) + 1)
    loudest = [int(each[np.argmax(peaks[each])]) for each in windows if len(each)]
    return [(each * window / sample_rate, float(peaks[each]) / level) for each in loudest]


def _peaks(samples: Samples, window: int) -> np.ndarray:
    """[windows]: the largest second difference in each."""
    if len(samples) < window + 2:
        return np.zeros(0, np.float32)
    step = np.diff(samples)
    curve = np.diff(step)
    whole = len(curve) // window * window
    rows = curve[:whole].reshape(-1, window)
    peaks: np.ndarray = np.maximum(rows.max(axis=1), -rows.min(axis=1))
    return peaks
