"""Clips to and from `pydub.AudioSegment`, for those whose own code speaks pydub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from higgs_cli.audio.clip import AudioClip
from higgs_cli.output.formats.wav import encoded

if TYPE_CHECKING:
    from pydub import AudioSegment


def to_pydub(clip: AudioClip) -> AudioSegment:
    """A mono segment of 16 bits."""
    from pydub import AudioSegment

    return AudioSegment(
        data=encoded(clip.samples, "pcm16"),
        sample_width=2,
        frame_rate=clip.sample_rate,
        channels=1,
    )


def from_pydub(segment: AudioSegment) -> AudioClip:
    """Any segment as a mono clip: channels are averaged, the rate stays."""
    values = np.array(segment.get_array_of_samples(), dtype=np.float64)
    mono = values.reshape(-1, segment.channels).mean(axis=1)
    full_scale = float(1 << (8 * segment.sample_width - 1))
    return AudioClip((mono / full_scale).astype(np.float32), segment.frame_rate)
