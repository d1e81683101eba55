"""True peak: the largest magnitude between the samples too, by oversampling four times."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import Samples

OVERSAMPLING = 4


TAPS_PER_PHASE = 32


def true_peaks(samples: Samples) -> NDArray[np.float32]:
    """The largest magnitude near each sample of the signal oversampled four times, `[samples]`."""
    peaks: NDArray[np.float32] = np.abs(samples)
    for phase in range(1, OVERSAMPLING):
        between = np.abs(np.convolve(samples, _phase_taps(phase), mode="same")).astype(np.float32)
        peaks = np.maximum(peaks, between)
    return peaks


def true_peak(samples: Samples) -> float:
    return float(true_peaks(samples).max()) if len(samples) else 0.0


def _phase_taps(phase: int) -> NDArray[np.float32]:
    """A windowed sinc that reads the signal `phase`/4 of a sample after each sample."""
    offset = phase / OVERSAMPLING
    places = np.arange(TAPS_PER_PHASE + 1) - TAPS_PER_PHASE // 2
    window = 0.5 + 0.5 * np.cos(math.pi * (places + offset) / (TAPS_PER_PHASE // 2 + 1))
    taps: NDArray[np.float32] = (np.sinc(places + offset) * window).astype(np.float32)
    return taps
