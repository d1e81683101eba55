"""Recordings that speech is measured by: the teacher's, and those that voices are cloned from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from higgs_cli.audio.clip import AudioClip
from higgs_cli.casting.reference_check import read_samples
from higgs_cli.errors import FormatError

MEND = "export it again, as a WAV or FLAC of 16 bits"


def read_recording(path: Path) -> AudioClip:
    """Its channels mixed to one, as for a voice; what is no sound is refused by name."""
    try:
        samples, rate = read_samples(path)
    except FormatError as error:
        raise FormatError(error.message, hint=MEND) from None
    if not np.isfinite(samples).all():
        raise FormatError(f"{path}: contains invalid samples (NaN or infinity)", hint=MEND)
    return AudioClip(samples.mean(axis=1), rate)
