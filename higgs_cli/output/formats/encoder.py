"""Sound encoded into an open file, a stretch at a time: by PyAV, or by an installed ffmpeg.

    samples ─► soxr, to the format's rate ─► PyAV │ ffmpeg ─► file      tags, chapters and cover
                                                                        are known at the start
The encoder writes through the file's own handle: nothing is opened by name, and the same samples
and labels give the same bytes with the same encoder.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from higgs_cli.audio.clip import Samples
from higgs_cli.errors import UsageError
from higgs_cli.output.formats.encodings import Encoding
from higgs_cli.output.formats.id3 import id3_tag
from higgs_cli.output.formats.labels import Labels
from higgs_cli.stopping import checkpoint

BLOCK_BYTES = 1 << 20
AT_ONCE = 1 << 16
"""Samples that an encoder is given at once."""
LISTING_SECONDS = 30.0


class Encoder(Protocol):
    """Takes mono samples in order. What it is given belongs to it."""

    def write(self, samples: Samples) -> None: ...


@contextmanager
def encoding_into(
    file: BinaryIO, encoding: Encoding, sample_rate: int, labels: Labels
) -> Iterator[Resampled]:
    """An encoder of samples of this rate; when the block is left the file is whole, as it lies in
    `file`, which is empty and can be sought and read."""
    rate = encoding.rate_of(sample_rate)
    with _opened(file, encoding, rate, labels) as encoder:
        resampled = Resampled(encoder, sample_rate, rate, encoding.factor)
        try:
            yield resampled
            resampled.finish()
        finally:
            resampled.close()
    if encoding.container == "mp3":
        _put_before(file, id3_tag(labels))
    file.seek(0, 2)


def check_encoder(path: Path, encoding: Encoding) -> None:
    """Refuse an encoded format where nothing can encode it."""
    if not has_pyav() and not ffmpeg_encodes(encoding.encoder):
        raise UsageError(
            f"{path}: nothing here encodes {encoding.codec}",
            hint='pip install "higgs[av]", or install ffmpeg with its usual encoders',
        )


def has_pyav() -> bool:
    """Whether PyAV is installed, which has every encoder that is used here."""
    return importlib.util.find_spec("av") is not None


def ffmpeg_encodes(encoder: str) -> bool:
    """Whether an ffmpeg is installed that has this encoder."""
    program = shutil.which("ffmpeg")
    if program is None:
        return False
    listed = [program, "-hide_banner", "-v", "error", "-encoders"]
    try:
        ran = subprocess.run(
            listed, stdin=subprocess.DEVNULL, capture_output=True, timeout=LISTING_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return encoder.encode() in ran.stdout.split()


class Resampled:
    """Brings samples to the encoder's rate; in stretches it is the same as at once."""

    def __init__(
        self, encoder: Encoder, given_rate: int, wanted_rate: int, factor: float = 1.0
    ) -> None:
        import soxr

        self._encoder = encoder
        self._factor = np.float32(factor)
        same = given_rate == wanted_rate
        self._stream = None if same else soxr.ResampleStream(given_rate, wanted_rate, 1, "float32")
        self.sample_rate = wanted_rate
        self.sample_count = 0
        """How many were encoded, at the encoder's rate."""

    def write(self, samples: Samples) -> None:
        if self._stream is not None:
            samples = self._stream.resample_chunk(np.ascontiguousarray(samples))
        self._encode(samples)

    def finish(self) -> None:
        """What the resampler has held back."""
        if self._stream is not None:
            self._encode(self._stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True))

    def close(self) -> None:
        """An error keeps what it has passed through: soxr complains of a stream that is kept so
        until the process ends."""
        self._stream = None

    def _encode(self, samples: Samples) -> None:
        if self._factor != 1:
            samples = samples * self._factor
        for start in range(0, len(samples), AT_ONCE):
            checkpoint()  # an encoder takes its time
            self._encoder.write(samples[start : start + AT_ONCE])
        self.sample_count += len(samples)


def _opened(
    file: BinaryIO, encoding: Encoding, sample_rate: int, labels: Labels
) -> AbstractContextManager[Encoder]:
    if has_pyav():
        from higgs_cli.output.formats import pyav_encoder

        return pyav_encoder.opened(file, encoding, sample_rate, labels)
    from higgs_cli.output.formats import ffmpeg_encoder

    return ffmpeg_encoder.opened(file, encoding, sample_rate, labels)


def _put_before(file: BinaryIO, head: bytes) -> None:
    """All of a file moved on, from its end, to make room."""
    end = file.seek(0, 2)
    while end:
        start = max(0, end - BLOCK_BYTES)
        file.seek(start)
        block = file.read(end - start)
        file.seek(start + len(head))
        file.write(block)
        end = start
    file.seek(0)
    file.write(head)
    file.flush()
