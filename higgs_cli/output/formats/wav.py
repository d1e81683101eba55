"""WAV, and RF64 when a file passes 4 GiB: the header is known before the first sample.

RIFF/RF64 | size | WAVE | [ds64] | fmt  | data | samples, little-endian
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

from higgs_cli.audio.clip import Samples
from higgs_cli.files.atomic_file import Note
from higgs_cli.files.hashed_file import hashed_aside
from higgs_cli.output.formats.whole_numbers import number_bytes, whole_numbers

SAMPLE_BYTES = {"pcm16": 2, "pcm24": 3, "float": 4}
LARGEST_RIFF_BYTES = 0xFFFFFFFF
PCM_FORMAT, FLOAT_FORMAT = 1, 3


def write_wav(
    path: Path,
    pieces: Iterable[Samples],
    sample_count: int,
    sample_rate: int,
    sample_format: str,
    note: Note | None = None,
) -> None:
    """Write mono samples; the file appears under its name only when all of them are in it."""
    encoded_pieces = (encoded(piece, sample_format) for piece in pieces)
    write_encoded(path, encoded_pieces, sample_count, sample_rate, sample_format, note)


def write_encoded(
    path: Path,
    pieces: Iterable[bytes],
    sample_count: int,
    sample_rate: int,
    sample_format: str,
    note: Note | None = None,
) -> str:
    """The same of samples as they lie in the file; returns its SHA-256."""
    header = wav_header(sample_count, sample_rate, sample_format)
    wanted = len(header) + sample_count * SAMPLE_BYTES[sample_format]
    with hashed_aside(path, wanted, note) as file:
        file.write(header)
        written = len(header)
        for piece in pieces:
            file.write(piece)
            written += len(piece)
        if written != wanted:
            raise RuntimeError(f"{written} bytes came where {wanted} were announced")
    return file.digest


def wav_header(sample_count: int, sample_rate: int, sample_format: str) -> bytes:
    """The bytes before the first sample."""
    width = SAMPLE_BYTES[sample_format]
    data_bytes = sample_count * width
    kind = FLOAT_FORMAT if sample_format == "float" else PCM_FORMAT
    layout = struct.pack("<HHIIHH", kind, 1, sample_rate, sample_rate * width, width, width * 8)
    layout_chunk = b"fmt " + struct.pack("<I", len(layout)) + layout
    riff_bytes = 4 + len(layout_chunk) + 8 + data_bytes
    if riff_bytes + 36 <= LARGEST_RIFF_BYTES:
        head = b"RIFF" + struct.pack("<I", riff_bytes) + b"WAVE"
        return head + layout_chunk + b"data" + struct.pack("<I", data_bytes)
    sizes = struct.pack("<QQQI", riff_bytes + 36, data_bytes, sample_count, 0)
    size_chunk = b"ds64" + struct.pack("<I", len(sizes)) + sizes
    unknown = struct.pack("<I", LARGEST_RIFF_BYTES)
    return b"RF64" + unknown + b"WAVE" + size_chunk + layout_chunk + b"data" + unknown


def encoded(samples: Samples, sample_format: str) -> bytes:
    """Samples as they lie in a file; what is beyond full scale is held there."""
    if sample_format == "float":
        return samples.astype("<f4").tobytes()
    return number_bytes(whole_numbers(samples, sample_format))
