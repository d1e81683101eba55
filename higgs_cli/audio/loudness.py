"""One loudness: EBU R128 (ITU-R BS.1770, mono), from a sum of squares for each 100 ms.

Blocks of 400 ms overlap by three quarters; those below -70 LUFS, and then those 10 LU under the
rest, do not count. The sums may come from anywhere, and a gain is a factor on them: whoever keeps
them need not measure again.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import AudioClip
from higgs_cli.audio.k_weighting import Steps, step_powers, step_samples

STEPS_PER_BLOCK = 4
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
OFFSET_LUFS = -0.691


@dataclass(frozen=True)
class BlockPower:
    """Sum of the power of the blocks that count, and how many: averages of averages stay exact."""

    power_sum: float
    block_count: int

    @property
    def loudness_lufs(self) -> float | None:
        """None when nothing was loud enough to be measured."""
        if not self.block_count or self.power_sum <= 0:
            return None
        return power_to_lufs(self.power_sum / self.block_count)

    def plus(self, other: BlockPower) -> BlockPower:
        return BlockPower(self.power_sum + other.power_sum, self.block_count + other.block_count)

    def louder(self, gain_db: float) -> BlockPower:
        return BlockPower(self.power_sum * 10.0 ** (gain_db / 10.0), self.block_count)


class StepMeter:
    """Loudness of what comes in stretches, from the sums of its 100-ms steps."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._powers = array("d")

    def add(self, powers: Steps) -> None:
        self._powers.frombytes(powers.tobytes())

    def measured(self, sample_count: int) -> BlockPower:
        """All that was added; so many samples have been heard."""
        return measure_steps(np.array(self._powers), sample_count, self._sample_rate)


def measure(clip: AudioClip) -> BlockPower:
    """The loudness of one clip."""
    powers = step_powers(clip.samples, clip.sample_rate)
    return measure_steps(powers, len(clip.samples), clip.sample_rate)


def measure_steps(powers: Steps, sample_count: int, sample_rate: int) -> BlockPower:
    """The loudness of so many samples, of which these are the sums; a step that is not whole
    counts only where there is no whole block."""
    step = step_samples(sample_rate)
    whole = powers[: sample_count // step]
    if len(whole) >= STEPS_PER_BLOCK:
        totals = np.convolve(whole, np.ones(STEPS_PER_BLOCK), mode="valid")
        return _gated(totals / (STEPS_PER_BLOCK * step))
    if not sample_count:
        return BlockPower(0.0, 0)
    # Less than 400 ms: no block by the standard, so the mean of what there is.
    return _gated(np.array([float(powers.sum()) / sample_count]))


def power_to_lufs(power: float) -> float:
    return OFFSET_LUFS + 10.0 * math.log10(power)


def lufs_to_power(loudness_lufs: float) -> float:
    return float(10.0 ** ((loudness_lufs - OFFSET_LUFS) / 10.0))


def _gated(powers: NDArray[np.float64]) -> BlockPower:
    loud = powers[powers > lufs_to_power(ABSOLUTE_GATE_LUFS)]
    if not len(loud):
        return BlockPower(0.0, 0)
    gate = lufs_to_power(power_to_lufs(float(loud.mean())) + RELATIVE_GATE_LU)
    counted = loud[loud > gate]
    return BlockPower(float(counted.sum()), len(counted))
