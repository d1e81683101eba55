"""Frames of FLAC: a stretch is encoded by itself, and takes its place in a longer stream.

    |sync, form 4 bytes|number 1 to 6|length, rate 0 to 4|CRC-8|   what was encoded   |CRC-16|
                        ^ from 0 in each stretch, counted on in the stream

A frame knows nothing of those before it but its number, so stretches can be encoded in threads. A
number changes both checksums; the second is linear, and need not be summed over the frame again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from higgs_cli.audio.clip import Samples
from higgs_cli.output.formats.whole_numbers import number_bytes, whole_numbers

SUBTYPES = {"pcm16": "PCM_16", "pcm24": "PCM_24"}
CRC_8, CRC_16 = 0x07, 0x8005


@dataclass(frozen=True, eq=False)
class FlacStretch:
    """Encoded samples, numbered from 0; all but the last frame of a stream are whole."""

    head: bytes
    """All of the file before the first frame, as the encoder wrote it for this stretch alone."""
    frames: tuple[bytes, ...]
    samples: bytes
    """As the stream's MD5 is computed of them."""


def flac_stretch(samples: Samples, sample_rate: int, sample_format: str) -> FlacStretch:
    """Encode by libsndfile, which writes every frame in a call of its own."""
    import soundfile

    numbers, calls = whole_numbers(samples, sample_format), _Calls()
    form = {"subtype": SUBTYPES[sample_format], "format": "FLAC"}
    with soundfile.SoundFile(calls, "w", sample_rate, 1, **form) as file:
        # What is not in the file is in the lowest bits.
        file.write(numbers << 8 if sample_format == "pcm24" else numbers)
    return FlacStretch(calls.head, tuple(calls.frames), number_bytes(numbers))


def numbered_from(first: int, frames: Iterable[bytes]) -> Iterator[bytes]:
    """The same frames with numbers from `first` on."""
    for number, frame in enumerate(frames, first):
        number_end = 4 + _number_length(frame[4])
        head_end = number_end + _length_and_rate(frame[2])
        head = frame[:4] + _utf8(number) + frame[number_end:head_end]
        head += _sum(head, CRC_8, 8).to_bytes(1, "big")
        body = frame[head_end + 1 : -2]
        changed = _sum(head, CRC_16, 16) ^ _sum(frame[: head_end + 1], CRC_16, 16)
        checksum = int.from_bytes(frame[-2:], "big") ^ _moved_on(changed, len(body))
        yield head + body + checksum.to_bytes(2, "big")


class _Calls:
    """A file in memory that keeps what is written call by call."""

    def __init__(self) -> None:
        self._head = bytearray()
        self.frames: list[bytes] = []
        self._at = 0
        self._end = 0

    @property
    def head(self) -> bytes:
        return bytes(self._head)

    def write(self, data: bytes) -> int:
        whole = bytes(data)
        if self._at < len(self._head):
            self._head[self._at : self._at + len(whole)] = whole
        elif whole.startswith(b"\xff\xf8"):
            self.frames.append(whole)
        else:
            self._head += whole
        self._at += len(whole)
        self._end = max(self._end, self._at)
        return len(whole)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._end)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, count: int = -1) -> bytes:
        raise OSError("nothing is read back")

    def flush(self) -> None:
        pass


def _number_length(first: int) -> int:
    """As in UTF-8: the leading ones of the first byte, or none for a number below 128."""
    return 1 if first < 0x80 else 8 - (first ^ 0xFF).bit_length()


def _utf8(number: int) -> bytes:
    """UTF-8, carried on to 31 bits."""
    if number < 0x80:
        return bytes([number])
    length = 2
    while number >> (5 * length + 1):
        length += 1
    mark = (0xFF00 >> length) & 0xFF
    later = [0x80 | (number >> (6 * place)) & 0x3F for place in reversed(range(length - 1))]
    return bytes([mark | number >> (6 * (length - 1)), *later])


def _length_and_rate(form: int) -> int:
    """How many bytes say what the form of a frame has no code for."""
    length = {6: 1, 7: 2}.get(form >> 4, 0)
    return length + {12: 1, 13: 2, 14: 2}.get(form & 0x0F, 0)


@cache
def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    """What each byte becomes when it is shifted out at the top."""
    values = []
    for byte in range(256):
        value = byte << (bits - 8)
        for _ in range(8):
            value = value << 1 ^ (polynomial if value >> (bits - 1) else 0)
            value &= (1 << bits) - 1
        values.append(value)
    return tuple(values)


def _sum(data: bytes, polynomial: int, bits: int) -> int:
    table, mask, top, value = _table(polynomial, bits), (1 << bits) - 1, bits - 8, 0
    for byte in data:
        value = (value << 8 & mask) ^ table[value >> top ^ byte]
    return value


def _moved_on(value: int, byte_count: int) -> int:
    """What a difference of CRC-16 becomes after so many more bytes: times x^(8 bytes)."""
    factor, product = _power(byte_count), 0
    for bit in reversed(range(16)):
        product = product << 1 ^ (0x10000 | CRC_16 if product >> 15 else 0)
        product ^= factor if value >> bit & 1 else 0
    return product


@cache
def _power(byte_count: int) -> int:
    """x^(8 bytes) modulo the polynomial."""
    powers = _powers(1 + byte_count // 4096)
    return powers[byte_count]


@cache
def _powers(pages: int) -> tuple[int, ...]:
    table, values = _table(CRC_16, 16), [1]
    for _ in range(4096 * pages):
        values.append((values[-1] << 8 & 0xFFFF) ^ table[values[-1] >> 8])
    return tuple(values)
