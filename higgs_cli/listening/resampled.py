"""A clip as judges take it: samples at the 16 kHz that all of them were taught at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import AudioClip

JUDGE_RATE = 16_000


def for_judges(clip: AudioClip) -> NDArray[np.float32]:
    """[samples] float32 at JUDGE_RATE."""
    import soxr

    return np.asarray(soxr.resample(clip.samples, clip.sample_rate, JUDGE_RATE), np.float32)
