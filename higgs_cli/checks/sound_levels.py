"""What several checks ask of the same samples, worked out once: peak, and power by windows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from higgs_cli.audio.clip import AudioClip, ratio_to_db

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW_SECONDS = 0.010
QUIETEST_PARTS = 20


class SoundLevels:
    """Of one clip; nothing but `is_finite` means anything where that is false."""

    def __init__(self, clip: AudioClip) -> None:
        samples = clip.samples
        self._sample_count = len(samples)
        self._window = max(1, round(WINDOW_SECONDS * clip.sample_rate))
        highest, lowest = (samples.max(), samples.min()) if len(samples) else (0.0, 0.0)
        self.is_finite = bool(np.isfinite(highest) and np.isfinite(lowest))
        self.peak = float(max(highest, -lowest))
        self._powers = _powers(samples, self._window) if self.is_finite else np.zeros(0)

    @property
    def rms(self) -> float:
        """Root mean square; 0 for nothing."""
        return math.sqrt(self._powers.sum() / max(1, self._sample_count))

    @property
    def floor_db(self) -> float:
        """How loud the quietest twentieth of the windows is at most, in dBFS."""
        powers = self._powers[: self._sample_count // self._window]
        if not len(powers):
            return ratio_to_db(self.rms)
        at = len(powers) // QUIETEST_PARTS
        return round(ratio_to_db(math.sqrt(np.partition(powers, at)[at] / self._window)), 1)

    def envelope(self, windows: int = 1) -> NDArray[np.float32]:
        """RMS of successive spans of so many windows; a last partial span counts as one."""
        span = windows * self._window
        powers = self._powers
        if windows > 1 and len(powers):
            powers = np.add.reduceat(powers, np.arange(0, len(powers), windows))
        lengths = np.full(len(powers), float(span))
        if len(lengths):
            lengths[-1] = self._sample_count - (len(lengths) - 1) * span
        return np.sqrt(powers / lengths).astype(np.float32)

    def sounding_seconds(self, amplitude: float) -> float:
        """How long it is louder than this, in whole windows."""
        return round(int(np.count_nonzero(self.envelope() > amplitude)) * WINDOW_SECONDS, 2)

    def windows_in(self, sample_count: int) -> int | None:
        """How many windows make up so many samples, if they do."""
        windows, rest = divmod(sample_count, self._window)
        return windows if windows and not rest else None


def _powers(samples: NDArray[np.float32], window: int) -> NDArray[np.float64]:
    """Sums of squares of successive windows, in double precision; the last may be a partial one."""
    whole = len(samples) // window * window
    wide = samples.astype(np.float64)
    rows = wide[:whole].reshape(-1, window)
    powers: NDArray[np.float64] = np.vecdot(rows, rows)
    if whole == len(samples):
        return powers
    return np.append(powers, np.dot(wide[whole:], wide[whole:]))
