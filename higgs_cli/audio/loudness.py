"""One loudness: a streaming EBU R128 meter (ITU-R BS.1770, mono).

The K-weighting is the standard's analogue prototype at the clip's own rate, applied as one finite
response through overlapping FFTs, so that hours pass through in bounded memory. Blocks of 400 ms
overlap by three quarters; those below -70 LUFS, and then those 10 LU under the rest, do not count.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from higgs_cli.audio.clip import AudioClip, Samples

STEP_SECONDS = 0.1
STEPS_PER_BLOCK = 4
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
OFFSET_LUFS = -0.691
RESPONSE_SECONDS = 0.1
WINDOW_SAMPLES = 1 << 15


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


class LoudnessMeter:
    """Fed with samples in pieces of any size; remembers one number for each 100 ms."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._step_samples = round(STEP_SECONDS * sample_rate)
        self._response = k_weighting_response(sample_rate)
        self._history = np.zeros(len(self._response) - 1)
        self._pending: NDArray[np.float64] = np.zeros(0)
        self._steps = array("d")

    def feed(self, samples: Samples) -> None:
        if not len(samples):
            return
        weighted = self._weighted(samples.astype(np.float64))
        power = np.concatenate([self._pending, np.square(weighted)])
        whole = len(power) // self._step_samples * self._step_samples
        sums = power[:whole].reshape(-1, self._step_samples).sum(axis=1)
        self._steps.extend(sums.tolist())
        self._pending = power[whole:]

    def measured(self) -> BlockPower:
        """The gated blocks of everything fed so far."""
        steps = np.frombuffer(self._steps, dtype=np.float64) if len(self._steps) else np.zeros(0)
        if len(steps) < STEPS_PER_BLOCK:
            return self._one_short_block(steps)
        totals = np.convolve(steps, np.ones(STEPS_PER_BLOCK), mode="valid")
        return _gated(totals / (STEPS_PER_BLOCK * self._step_samples))

    def _one_short_block(self, steps: NDArray[np.float64]) -> BlockPower:
        """Less than 400 ms: no block by the standard, so the mean of what there is."""
        sample_count = len(steps) * self._step_samples + len(self._pending)
        if not sample_count:
            return BlockPower(0.0, 0)
        power = float(steps.sum() + self._pending.sum()) / sample_count
        return _gated(np.array([power]))

    def _weighted(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Overlap-save: windows that share their first part with the one before."""
        joined = np.concatenate([self._history, samples])
        overlap = len(self._history)
        hop = WINDOW_SAMPLES - overlap
        count = math.ceil(len(samples) / hop)
        padded = np.zeros(overlap + count * hop)
        padded[: len(joined)] = joined
        windows = sliding_window_view(padded, WINDOW_SAMPLES)[::hop]
        spectrum = np.fft.rfft(windows, axis=1) * _response_spectrum(self._sample_rate)
        filtered = np.fft.irfft(spectrum, WINDOW_SAMPLES, axis=1)[:, overlap:]
        self._history = joined[len(joined) - overlap :]
        return filtered.reshape(-1)[: len(samples)]


def measure(clip: AudioClip) -> BlockPower:
    """The loudness of one clip."""
    meter = LoudnessMeter(clip.sample_rate)
    meter.feed(clip.samples)
    return meter.measured()


def power_to_lufs(power: float) -> float:
    return OFFSET_LUFS + 10.0 * math.log10(power)


def lufs_to_power(loudness_lufs: float) -> float:
    return float(10.0 ** ((loudness_lufs - OFFSET_LUFS) / 10.0))


@lru_cache(maxsize=4)
def k_weighting_response(sample_rate: int) -> NDArray[np.float64]:
    """Impulse response of the head shelf and the low cut, long enough to be below -120 dB."""
    response = np.zeros(round(RESPONSE_SECONDS * sample_rate))
    response[0] = 1.0
    for coefficients in (_shelf(sample_rate), _low_cut(sample_rate)):
        response = _through_biquad(response, *coefficients)
    return response


@lru_cache(maxsize=4)
def _response_spectrum(sample_rate: int) -> NDArray[np.complex128]:
    return np.fft.rfft(k_weighting_response(sample_rate), WINDOW_SAMPLES)


def _gated(powers: NDArray[np.float64]) -> BlockPower:
    loud = powers[powers > lufs_to_power(ABSOLUTE_GATE_LUFS)]
    if not len(loud):
        return BlockPower(0.0, 0)
    gate = lufs_to_power(power_to_lufs(float(loud.mean())) + RELATIVE_GATE_LU)
    counted = loud[loud > gate]
    return BlockPower(float(counted.sum()), len(counted))


Biquad = tuple[tuple[float, float, float], tuple[float, float]]


def _shelf(sample_rate: int) -> Biquad:
    """The head: +4 dB above 1.7 kHz."""
    frequency, gain_db, quality = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k = math.tan(math.pi * frequency / sample_rate)
    high = 10.0 ** (gain_db / 20.0)
    band = high**0.4996667741545416
    scale = 1.0 + k / quality + k * k
    feed = (
        (high + band * k / quality + k * k) / scale,
        2.0 * (k * k - high) / scale,
        (high - band * k / quality + k * k) / scale,
    )
    return feed, (2.0 * (k * k - 1.0) / scale, (1.0 - k / quality + k * k) / scale)


def _low_cut(sample_rate: int) -> Biquad:
    """The ear's deafness below 38 Hz."""
    frequency, quality = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * frequency / sample_rate)
    scale = 1.0 + k / quality + k * k
    return (1.0, -2.0, 1.0), (2.0 * (k * k - 1.0) / scale, (1.0 - k / quality + k * k) / scale)


def _through_biquad(
    signal: NDArray[np.float64], feed: tuple[float, float, float], back: tuple[float, float]
) -> NDArray[np.float64]:
    filtered = np.zeros(len(signal))
    in_1 = in_2 = out_1 = out_2 = 0.0
    for index, value in enumerate(signal.tolist()):
        result = (
            feed[0] * value + feed[1] * in_1 + feed[2] * in_2 - back[0] * out_1 - back[1] * out_2
        )
        in_2, in_1, out_2, out_1 = in_1, value, out_1, result
        filtered[index] = result
    return filtered
