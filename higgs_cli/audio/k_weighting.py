"""K-weighting (ITU-R BS.1770): how loud each 100 ms is to the ear, as a sum of squares.

The standard's analogue prototype at the clip's own rate: a head shelf and a low cut, two biquads.
As a recursion a filter waits for itself at every sample; eight stretches are filtered side by side,
each from a little before its first sample, as the filter forgets all within 100 ms.

    samples   |warm|step 0|step 1|...           lane 0
                       ...|warm|step n|...      lane 1
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import Samples
from higgs_cli.audio.machine_code import compiled

STEP_SECONDS = 0.1
LANES = 8

Coefficients = tuple[float, float, float, float, float, float, float]
Steps: TypeAlias = NDArray[np.float64]


def step_samples(sample_rate: int) -> int:
    return round(STEP_SECONDS * sample_rate)


def step_powers(samples: Samples, sample_rate: int, history: int = 0) -> Steps:
    """Sums of squares of the weighted signal, one for each 100 ms after the first `history`
    samples, `[steps]`. The last step may go beyond the last sample: nothing sounds there."""
    step = step_samples(sample_rate)
    count = math.ceil((len(samples) - history) / step)
    powers = np.zeros(count)
    if count:
        each = math.ceil(count / LANES)
        padded = np.zeros(step + LANES * each * step, dtype=np.float32)
        warm = min(step, history)
        padded[step - warm : step - history + len(samples)] = samples[history - warm :]
        _filter(padded, step, each, _coefficients(sample_rate), powers)
    return powers


def plain_step_powers(samples: Samples, sample_rate: int, history: int = 0) -> Steps:
    """The twin: one long finite response, by FFT."""
    step = step_samples(sample_rate)
    count = math.ceil((len(samples) - history) / step)
    length = history + count * step
    response = impulse_response(sample_rate)
    size = 1 << (length + len(response)).bit_length()
    spectrum = np.fft.rfft(samples.astype(np.float64), size) * np.fft.rfft(response, size)
    weighted = np.fft.irfft(spectrum, size)[history:length]
    powers: Steps = np.square(weighted).reshape(count, step).sum(axis=1)
    return powers


def impulse_response(sample_rate: int) -> NDArray[np.float64]:
    """Long enough to end below -160 dB."""
    b0, b1, b2, a1, a2, e1, e2 = _coefficients(sample_rate)
    response = np.zeros(2 * step_samples(sample_rate))
    s1 = s2 = t1 = t2 = 0.0
    for index in range(len(response)):
        value = 1.0 if index == 0 else 0.0
        shelved = b0 * value + s1
        s1, s2 = b1 * value - a1 * shelved + s2, b2 * value - a2 * shelved
        response[index] = shelved + t1
        t1, t2 = -2.0 * shelved - e1 * response[index] + t2, shelved - e2 * response[index]
    return response


@lru_cache(maxsize=4)
def _coefficients(sample_rate: int) -> Coefficients:
    """Shelf b0 b1 b2 a1 a2: the head, +4 dB above 1.7 kHz. Low cut a1 a2: the ear, below 38 Hz."""
    frequency, gain_db, quality = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k = math.tan(math.pi * frequency / sample_rate)
    high = 10.0 ** (gain_db / 20.0)
    band = high**0.4996667741545416
    scale = 1.0 + k / quality + k * k
    shelf = (
        (high + band * k / quality + k * k) / scale,
        2.0 * (k * k - high) / scale,
        (high - band * k / quality + k * k) / scale,
        2.0 * (k * k - 1.0) / scale,
        (1.0 - k / quality + k * k) / scale,
    )
    frequency, quality = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * frequency / sample_rate)
    scale = 1.0 + k / quality + k * k
    return (*shelf, 2.0 * (k * k - 1.0) / scale, (1.0 - k / quality + k * k) / scale)


def _filter(samples: Samples, step: int, each: int, by: Coefficients, powers: Steps) -> None:
    """`each` steps in each lane, after one to warm up."""
    kernel = compiled(_filter_lanes, "void(f4[::1], i8, i8, UniTuple(f8, 7), f8[:, ::1], f8[::1])")
    kernel(samples, step, each, by, np.zeros((5, LANES)), powers)


def _filter_lanes(
    samples: Samples,
    step: int,
    each: int,
    by: Coefficients,
    state: NDArray[np.float64],
    powers: Steps,
) -> None:
    """`state`: the memory of the two biquads, two numbers each, and the sum of squares."""
    b0, b1, b2, a1, a2, e1, e2 = by
    total = state[4]
    between = each * step
    for number in range(-1, each):
        total[:] = 0.0
        for at in range((number + 1) * step, (number + 2) * step):
            for lane in range(LANES):
                value = (
                    samples[at + lane * between] + 1e-30
                )  # silence is slow where it decays to 1e-308
                shelved = b0 * value + state[0, lane]
                state[0, lane] = b1 * value - a1 * shelved + state[1, lane]
                state[1, lane] = b2 * value - a2 * shelved
                weighted = shelved + state[2, lane]
                state[2, lane] = -2.0 * shelved - e1 * weighted + state[3, lane]
                state[3, lane] = shelved - e2 * weighted
                total[lane] += weighted * weighted
        if number >= 0:
            for lane in range(LANES):
                if lane * each + number < len(powers):
                    powers[lane * each + number] = total[lane]
