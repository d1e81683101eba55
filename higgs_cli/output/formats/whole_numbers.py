"""Samples as the whole numbers that a file holds; what is beyond full scale is held there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import Samples

BITS = {"pcm16": 16, "pcm24": 24}


def whole_numbers(samples: Samples, sample_format: str) -> NDArray[np.integer]:
    """Rounded to the nearest, `[samples]`: int16, or int32 with 24 bits in it."""
    scale = (1 << (BITS[sample_format] - 1)) - 1
    scaled = np.multiply(samples, float(scale), dtype=np.float64)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -scale, scale, out=scaled)
    return scaled.astype("<i2" if sample_format == "pcm16" else "<i4")


def number_bytes(numbers: NDArray[np.integer]) -> bytes:
    """Little-endian, two bytes a number or the lower three; four numbers of three at a time.

    |0 0 0 1|1 1 2 2|2 3 3 3|
    """
    if numbers.itemsize == 2:
        return numbers.tobytes()
    padded = np.zeros((-(-len(numbers) // 4), 4), dtype="<u4")
    padded.reshape(-1)[: len(numbers)] = numbers.view("<u4") & 0xFFFFFF
    words = np.empty((len(padded), 3), dtype="<u4")
    for place, low, high in ((0, 0, 1), (1, 1, 2), (2, 2, 3)):
        words[:, place] = padded[:, low] >> (8 * place) | padded[:, high] << (24 - 8 * place)
    return words.tobytes()[: 3 * len(numbers)]
