"""Recordings that speech is measured by, read; and clips that were measured, kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from higgs_cli.audio.clip import AudioClip
from higgs_cli.casting.reference_check import read_samples
from higgs_cli.errors import FormatError
from higgs_cli.files.atomic_file import disk_errors
from higgs_cli.files.plain_file import opened_plain
from higgs_cli.output.formats.wav import write_wav

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


def recording_seconds(path: Path) -> float:
    """How long a recording is, by its head alone; what is no sound is refused by name."""
    import soundfile

    try:
        with (
            opened_plain(path) as opened,
            soundfile.SoundFile(opened.fileno(), closefd=False) as file,
        ):
            seconds = file.frames / file.samplerate
    except (soundfile.SoundFileError, OSError, RuntimeError, TypeError) as error:
        raise FormatError(f"{path}: not a sound file that can be read ({error})") from None
    if not seconds:
        raise FormatError(f"{path}: contains no sound")
    return float(seconds)


def keep_clip(path: Path, clip: AudioClip) -> None:
    """As a WAV of 16 bits, in a folder that is made if it is not there."""
    with disk_errors(path.parent, 0):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_wav(path, [clip.samples], len(clip.samples), clip.sample_rate, "pcm16")
