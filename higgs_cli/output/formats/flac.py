"""FLAC, 16 or 24 bits: stretches that were encoded in threads, joined to the one stream that the
encoder would have written, byte for byte.

fLaC | stream: lengths, rate, number and MD5 of the samples | encoder's name | frames
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from higgs_cli.files.atomic_file import Note, written_aside
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
    digests: list[str] = []

    def noted(digest: str) -> None:
        digests.append(digest)
        if note is not None:
            note(digest)

    # The head is known at last: the file is hashed by reading it again.
    with written_aside(path, note=noted) as file:
        head, md5, number = b"", hashlib.md5(usedforsecurity=False), 0
        smallest, largest = (1 << 24) - 1, 0
        for stretch in stretches:
            if not head:
                head = stretch.head
                head = head if blocks is None else head[:STREAM_END] + blocks
                file.write(head)
            frames = list(numbered_from(number, stretch.frames))
            file.write(b"".join(frames))
            md5.update(stretch.samples)
            number += len(frames)
            smallest = min((smallest, *map(len, frames)))
            largest = max((largest, *map(len, frames)))
        if head:  # nothing has none
            file.seek(0)
            file.write(_described(head, (smallest, largest), sample_count, md5.digest()))
            file.seek(0, 2)
    return digests[0]


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
