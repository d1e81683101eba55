"""Codes files (.hac): made of recordings, decoded to sound again, asked what they hold.

A file appears under its name only when it is whole, and takes no other's place unasked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.atomic_file import write_whole
from higgs_cli.files.plain_file import read_plain
from higgs_cli.files.writable import check_new_file
from higgs_cli.output.formats.wav import SAMPLE_BYTES, write_wav
from higgs_cli.speech.higgs.errors import translated
from higgs_cli.tools.codec_folders import open_codec
from tokenizer import Codec
from tokenizer.codes_file.bitstream import (
    HEADER_BYTES,
    CodesFile,
    CodesHeader,
    check_payload,
    codes_from_bytes,
    codes_to_bytes,
    parse_header,
)
from tokenizer.errors import RecordingTooLongError
from tokenizer.recordings.waveform import waveform_blocks

MOST_BYTES = 1 << 30

Say = Callable[[str], None]


@dataclass(frozen=True)
class WrittenCodes:
    """What has become of a recording."""

    seconds: float
    byte_count: int

    @property
    def bits_per_second(self) -> float:
        return 8 * self.byte_count / self.seconds


def check_output(output: Path, given: Path, suffix: str, *, overwrites: bool) -> None:
    """Before any work: neither the input nor what lies there is lost, and the name says what will
    be in it."""
    if output.suffix.lower() != suffix:
        raise UsageError(f"{output} should end in {suffix}: that is what will be written")
    check_new_file(output, overwrites=overwrites, inputs=[given])


@translated()
def encode_recording(
    recording: Path, output: Path, codec: Path | None, device: str, limit_hours: float, say: Say
) -> WrittenCodes:
    """Write the codes of a recording, read and encoded block by block."""
    opened = open_codec(codec, device)
    counter = _Counter(waveform_blocks(recording, opened.sample_rate, limit_hours * 3600))
    ticker, parts = _Ticker(say, "encoded"), []
    try:
        for part in opened.encode_blocks(counter):
            parts.append(part)
            ticker.add(part.shape[1] / opened.frame_rate)
    except RecordingTooLongError as error:
        hint = f"cut the file, or allow it: --limit-hours {error.wanted_hours}"
        raise UsageError(error.message, hint=hint) from error
    packed = codes_to_bytes(*_described(opened, parts, counter.sample_count))
    write_whole(output, packed)
    return WrittenCodes(counter.sample_count / opened.sample_rate, len(packed))


@translated()
def decode_codes(
    codes: Path, output: Path, codec: Path | None, device: str, sample_format: str, say: Say
) -> CodesHeader:
    """Write the sound of a codes file; what the file says of itself."""
    if sample_format not in SAMPLE_BYTES:
        raise UsageError(f"--sample-format {sample_format}: choose from {', '.join(SAMPLE_BYTES)}")
    file = codes_from_bytes(_read_bytes(codes), str(codes))
    header = file.header
    opened = open_codec(codec, device)
    _check_origin(codes, header, opened)
    pieces = _trimmed(_decoded(opened, file, say), header.sample_count)
    write_wav(output, pieces, header.sample_count, header.sample_rate, sample_format)
    return header


@translated()
def facts_of_codes(codes: Path) -> dict[str, object]:
    """What a codes file says of itself, after checking that it is whole."""
    data = _read_bytes(codes)
    header = parse_header(data[:HEADER_BYTES], str(codes))
    check_payload(header, data[HEADER_BYTES:], str(codes))
    return {
        "seconds": round(header.seconds, 3),
        "frames": header.frame_count,
        "codebooks": header.codebook_count,
        "codebook size": header.codebook_size,
        "sample rate": header.sample_rate,
        "samples per frame": header.hop_length,
        "coding": "range coded" if header.coding else "bitpacked",
        "bytes": len(data),
        "bytes if bitpacked": header.bitpacked_bytes + HEADER_BYTES,
        "codec": header.fingerprint,
    }


def _read_bytes(path: Path) -> bytes:
    try:
        return read_plain(path, MOST_BYTES)
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}") from problem


def _described(
    codec: Codec, parts: list[torch.Tensor], sample_count: int
) -> tuple[CodesHeader, np.ndarray]:
    codes = np.concatenate([part.numpy() for part in parts], axis=1)
    header = CodesHeader(
        codebook_count=codec.codebook_count,
        codebook_size=codec.codebook_size,
        sample_rate=codec.sample_rate,
        hop_length=codec.hop_length,
        frame_count=codes.shape[1],
        sample_count=sample_count,
        fingerprint=codec.fingerprint(),
    )
    return header, codes


def _check_origin(path: Path, header: CodesHeader, codec: Codec) -> None:
    if not codec.is_named(header.fingerprint):
        raise FormatError(
            f"{path} was made by another codec ({header.fingerprint}, not {codec.fingerprint()})",
            hint="name the codec that made it with --codec",
        )
    told = (header.codebook_count, header.codebook_size, header.hop_length, header.sample_rate)
    if told != (codec.codebook_count, codec.codebook_size, codec.hop_length, codec.sample_rate):
        raise FormatError(f"{path} is damaged: its sizes are not those of the codec it names")


def _decoded(codec: Codec, file: CodesFile, say: Say) -> Iterator[np.ndarray]:
    ticker = _Ticker(say, "decoded", file.header.seconds)
    for piece in codec.decode_pieces(torch.from_numpy(file.codes)):
        ticker.add(len(piece) / codec.sample_rate)
        yield piece.numpy()


def _trimmed(pieces: Iterable[np.ndarray], sample_count: int) -> Iterator[np.ndarray]:
    """The recording without what padded its last frame, or with the silence that no frame holds."""
    left = sample_count
    for piece in pieces:
        yield piece[:left]
        left -= len(piece[:left])
    yield np.zeros(left, np.float32)


class _Ticker:
    """Says how far a long file is, every ten seconds."""

    INTERVAL_SECONDS = 10.0

    def __init__(self, say: Say, verb: str, total_seconds: float | None = None) -> None:
        self._say, self._verb = say, verb
        self._total = f" of {total_seconds:.0f} s" if total_seconds else " s"
        self._done = 0.0
        self._said = time.monotonic()

    def add(self, seconds: float) -> None:
        self._done += seconds
        if time.monotonic() - self._said >= self.INTERVAL_SECONDS:
            self._said = time.monotonic()
            self._say(f"{self._verb} {self._done:.0f}{self._total}")


class _Counter:
    """Passes blocks on and remembers how many samples they held."""

    def __init__(self, blocks: Iterable[np.ndarray]) -> None:
        self._blocks = blocks
        self.sample_count = 0

    def __iter__(self) -> Iterator[np.ndarray]:
        for block in self._blocks:
            self.sample_count += len(block)
            yield block
