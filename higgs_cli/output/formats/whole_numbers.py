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
