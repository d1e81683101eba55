"""FLAC, 16 or 24 bits: stretches that were encoded in threads, joined to the one stream that the
encoder would have written, byte for byte.

fLaC | stream: lengths, rate, number and MD5 of the samples | encoder's name | frames
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from higgs_cli.files.atomic_file import Note, written_aside
from higgs_cli.files.hashed_file import KeptDigest
from higgs_cli.output.formats.flac_frames import FlacStretch, numbered_from

FRAME_LENGTHS_AT, RATE_AT, MD5_AT, STREAM_END = 12, 18, 26, 42
"""Where the smallest and the largest frame stand, the rate and the count, the MD5."""
MOST_SAMPLES = 1 << 36


def write_flac(
    path: Path,
    stretches: Iterable[FlacStretch],
    sample_count: int,
    note: Note | None = None,
    blocks: bytes | None = None,
) -> str:
    """Write all stretches, of so many samples; returns the SHA-256 of the file.

    It appears under its name only when all of them are in it. `blocks` stand in the place of what
    the encoder says besides the stream (see `flac_blocks.py`).
    """
    kept = KeptDigest(note)
    # The head is known at last: the file is hashed by reading it again.
    with written_aside(path, note=kept) as file:
        stream = _Stream(file, blocks)
        for stretch in stretches:
            stream.add(stretch)
        stream.describe(sample_count)
    return kept.sha256


class _Stream:
    """Frames one after another, and what the head has to say of them."""

    def __init__(self, file: BinaryIO, blocks: bytes | None) -> None:
        self._file, self._blocks = file, blocks
        self._head, self._md5 = b"", hashlib.md5(usedforsecurity=False)
        self._frame_count, self._smallest, self._largest = 0, (1 << 24) - 1, 0

    def add(self, stretch: FlacStretch) -> None:
        if not self._head:
            head = stretch.head
            self._head = head if self._blocks is None else head[:STREAM_END] + self._blocks
            self._file.write(self._head)
        frames = list(numbered_from(self._frame_count, stretch.frames))
        self._file.write(b"".join(frames))
        self._md5.update(stretch.samples)
        self._frame_count += len(frames)
        self._smallest = min((self._smallest, *map(len, frames)))
        self._largest = max((self._largest, *map(len, frames)))

    def describe(self, sample_count: int) -> None:
        """All is added; a stream of nothing has no head."""
        if self._head:
            lengths = self._smallest, self._largest
            self._file.seek(0)
            self._file.write(_described(self._head, lengths, sample_count, self._md5.digest()))
            self._file.seek(0, 2)


def _described(head: bytes, lengths: tuple[int, int], sample_count: int, md5: bytes) -> bytes:
    """The head of a stretch as that of the stream."""
    smallest, largest = (length.to_bytes(3, "big") for length in lengths)
    form = int.from_bytes(head[RATE_AT:MD5_AT], "big") // MOST_SAMPLES * MOST_SAMPLES
    # A count that has no room in 36 bits is left out, as the format has it.
    form += sample_count if sample_count < MOST_SAMPLES else 0
    return (
        head[:FRAME_LENGTHS_AT]
        + smallest
        + largest
        + form.to_bytes(MD5_AT - RATE_AT, "big")
        + md5
        + head[STREAM_END:]
    )
