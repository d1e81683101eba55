"""A recording that a client sends: sniffed, bounded, decoded in a process of its own."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.casting.reference_check import GOOD_SAMPLE_RATE
from higgs_cli.errors import FormatError

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Samples

MOST_BYTES = 32 << 20
TIME_LIMIT_SECONDS = 30
BEGINNINGS = {
    "WAV": (b"RIFF", b"RF64"),
    "FLAC": (b"fLaC",),
    "Ogg": (b"OggS",),
    "MP3": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa"),
}
"""What a library of voices may hold, by what such a file begins with."""


def wav_of(data: bytes, what: str) -> bytes:
    """The recording as a WAV of ours: one channel at 24 kHz, 16 bits. `what`: as errors call it."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(
        file, _decoded(data, what).clip(-1, 1), GOOD_SAMPLE_RATE, format="WAV", subtype="PCM_16"
    )
    return file.getvalue()


def _decoded(data: bytes, what: str) -> Samples:
    import numpy as np

    if not any(data.startswith(beginning) for kind in BEGINNINGS.values() for beginning in kind):
        raise FormatError(f"{what} is no recording", hint=f"send {', '.join(BEGINNINGS)}")
    if len(data) > MOST_BYTES:
        raise FormatError(f"{what} has {len(data):,} bytes", hint="5 to 30 seconds are best")
    child = Path(__file__).with_name("sound_child.py")
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(child), str(GOOD_SAMPLE_RATE)],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIME_LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FormatError(f"{what} takes too long to read") from None
    line, _, samples = done.stdout.partition(b"\n")
    try:
        error = json.loads(line)["error"]
    except ValueError:
        raise FormatError(f"{what} is damaged, or too large to read") from None
    if error is not None:
        raise FormatError(f"{what} cannot be used: {error}")
    return np.frombuffer(samples, "<f4").astype(np.float32)
