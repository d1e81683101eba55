"""A delivered sound, measured as publishers measure it, in one pass and little memory.

level   ▁▁▁▁▂▆▇▅▃▁▁▂▆▅▇▆▃▁▁▁▁▁▁
        |head|              |tail|      until speech begins, and after it has ended
                  ▁▁                    the quietest half second is the noise floor
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import db_to_ratio, ratio_to_db
from higgs_cli.audio.k_weighting import step_powers, step_samples
from higgs_cli.audio.loudness import StepMeter
from higgs_cli.audio.true_peak import REACH, true_peaks
from higgs_cli.errors import FormatError

LEVEL_SECONDS = 0.01
FLOOR_SECONDS = 0.5
SPEECH_DB = -50.0
"""What is louder for a moment is no room any more."""
MOMENT_LEVELS = 3
STEPS_AT_ONCE = 100


@dataclass(frozen=True)
class SoundFacts:
    """What a sound measures; levels in decibels of full scale."""

    seconds: float
    channels: int
    rms_db: float
    peak_db: float
    true_peak_db: float
    loudness_lufs: float | None
    noise_floor_db: float
    """Of the quietest half second."""
    head_seconds: float
    tail_seconds: float
    silent_seconds: float
    """How much of it is digital zero, where a publisher wants a room."""


def measured_sound(
    blocks: Iterable[NDArray[np.float32]], sample_rate: int, what: str
) -> SoundFacts:
    """All blocks `[frames, channels]`; a file without sound, or with what is none, is an error."""
    meter: _Meter | None = None
    for block in blocks:
        if not np.isfinite(block).all():
            raise FormatError(f"{what}: contains invalid samples (NaN or infinity)")
        meter = meter or _Meter(sample_rate, block.shape[1])
        meter.add(block)
    if meter is None:
        raise FormatError(f"{what}: there is no sound in it")
    return meter.facts()


@dataclass
class _Meter:
    """Grows block by block; holds a few numbers for each 10 ms."""

    sample_rate: int
    channels: int
    peak: float = 0.0
    true_peak: float = 0.0
    count: int = 0
    _held: list[NDArray[np.float32]] = field(default_factory=list)
    _held_count: int = 0
    _before: NDArray[np.float32] | None = None
    _powers: list[NDArray[np.float64]] = field(default_factory=list)
    """Mean square of each 10 ms, over the channels."""

    def __post_init__(self) -> None:
        self._loudness = StepMeter(self.sample_rate)
        self._step = step_samples(self.sample_rate)

    def add(self, block: NDArray[np.float32]) -> None:
        self._held.append(block)
        self._held_count += len(block)
        if self._held_count >= STEPS_AT_ONCE * self._step:
            whole = np.concatenate(self._held)
            end = len(whole) // self._step * self._step
            self._held, self._held_count = [whole[end:]], len(whole) - end
            self._measure(whole[:end])

    def facts(self) -> SoundFacts:
        self._measure(np.concatenate(self._held))
        powers = np.concatenate([np.zeros(0), *self._powers])
        floor, silent = _floor_of(powers)
        head, tail = _edges_of(powers)
        loudness = self._loudness.measured(self.count).loudness_lufs
        mean = float(powers.mean()) if len(powers) else 0.0
        return SoundFacts(
            seconds=self.count / self.sample_rate,
            channels=self.channels,
            rms_db=ratio_to_db(mean**0.5),
            peak_db=ratio_to_db(self.peak),
            true_peak_db=ratio_to_db(max(self.true_peak, self.peak)),
            loudness_lufs=loudness,
            noise_floor_db=floor,
            head_seconds=head,
            tail_seconds=tail,
            silent_seconds=silent,
        )

    def _measure(self, samples: NDArray[np.float32]) -> None:
        """So many whole steps, or the last of all."""
        if not len(samples):
            return
        before = self._before
        if before is None:
            before = np.zeros((self._step, self.channels), dtype=np.float32)
        around = np.concatenate([before, samples])
        weighted = sum(self._weighted(around, channel) for channel in range(self.channels))
        self._loudness.add(np.asarray(weighted))
        for channel in range(self.channels):
            one = np.ascontiguousarray(around[self._step - 2 * REACH :, channel])
            peak = float(np.abs(one).max())
            self.peak = max(self.peak, peak)
            self.true_peak = max(self.true_peak, float(true_peaks(one, above=peak).max()))
        self._powers.append(self._squares(samples))
        self.count += len(samples)
        self._before = around[-self._step :]

    def _weighted(self, around: NDArray[np.float32], channel: int) -> NDArray[np.float64]:
        one = np.ascontiguousarray(around[:, channel])
        return step_powers(one, self.sample_rate, self._step)

    def _squares(self, samples: NDArray[np.float32]) -> NDArray[np.float64]:
        window = max(1, round(LEVEL_SECONDS * self.sample_rate))
        squares = np.square(samples, dtype=np.float64).mean(axis=1)
        starts = np.arange(0, len(squares), window)
        lengths = np.minimum(window, len(squares) - starts)
        return np.asarray(np.add.reduceat(squares, starts) / lengths)


def _floor_of(powers: NDArray[np.float64]) -> tuple[float, float]:
    """The level of the quietest half second; seconds of digital silence."""
    silent = float(np.count_nonzero(powers <= 0.0) * LEVEL_SECONDS)
    width = round(FLOOR_SECONDS / LEVEL_SECONDS)
    if len(powers) < width:
        return ratio_to_db(float(powers.mean()) ** 0.5), silent
    sums = np.convolve(powers, np.ones(width) / width, mode="valid")
    return ratio_to_db(max(float(sums.min()), 0.0) ** 0.5), silent


def _edges_of(powers: NDArray[np.float64]) -> tuple[float, float]:
    """How long it is until speech begins, and from where it has ended."""
    is_loud = powers > db_to_ratio(SPEECH_DB) ** 2
    together = np.convolve(is_loud, np.ones(MOMENT_LEVELS), mode="valid") > MOMENT_LEVELS - 0.5
    places = np.flatnonzero(together)
    if not len(places):
        return len(powers) * LEVEL_SECONDS, 0.0
    end = int(places[-1]) + MOMENT_LEVELS
    return float(places[0] * LEVEL_SECONDS), float((len(powers) - end) * LEVEL_SECONDS)
