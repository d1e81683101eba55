"""A clip: samples with their rate, and the few operations every stage needs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.float32]

SILENCE_DB = -120.0


@dataclass(frozen=True)
class AudioClip:
    """Mono float32 samples in [-1, 1], shape `[samples]`."""

    samples: Samples
    sample_rate: int

    @property
    def duration_seconds(self) -> float:
        return len(self.samples) / self.sample_rate

    def cut(self, start_seconds: float, end_seconds: float) -> AudioClip:
        """The part between two times, clamped to the clip."""
        start = max(0, round(start_seconds * self.sample_rate))
        end = max(start, round(end_seconds * self.sample_rate))
        return AudioClip(self.samples[start:end], self.sample_rate)

    def followed_by(self, other: AudioClip) -> AudioClip:
        if other.sample_rate != self.sample_rate:
            raise ValueError(f"clips of {self.sample_rate} and {other.sample_rate} Hz cannot join")
        return AudioClip(np.concatenate([self.samples, other.samples]), self.sample_rate)

    def louder(self, gain_db: float) -> AudioClip:
        return AudioClip(self.samples * np.float32(db_to_ratio(gain_db)), self.sample_rate)


def db_to_ratio(db: float) -> float:
    """An amplitude ratio from decibels."""
    return float(10.0 ** (db / 20.0))


def ratio_to_db(ratio: float) -> float:
    """Decibels of an amplitude ratio, with a floor for silence."""
    return max(SILENCE_DB, 20.0 * math.log10(ratio)) if ratio > 0 else SILENCE_DB


def rms(samples: Samples) -> float:
    """Root mean square; 0 for nothing."""
    if not len(samples):
        return 0.0
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def peak(samples: Samples) -> float:
    return float(np.max(np.abs(samples))) if len(samples) else 0.0


def level_envelope(samples: Samples, window_samples: int) -> NDArray[np.float32]:
    """RMS of successive windows, `[windows]`; a last partial window counts as one."""
    if not len(samples):
        return np.zeros(0, dtype=np.float32)
    window_count = math.ceil(len(samples) / window_samples)
    padded = np.zeros(window_count * window_samples, dtype=np.float64)
    padded[: len(samples)] = samples
    power = np.square(padded).reshape(window_count, window_samples).sum(axis=1)
    lengths = np.full(window_count, window_samples, dtype=np.float64)
    lengths[-1] = len(samples) - (window_count - 1) * window_samples
    return np.sqrt(power / lengths).astype(np.float32)
