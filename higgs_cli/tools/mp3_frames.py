"""The frames of an MP3, header by header: at which bit rates it is, and whether at one throughout.

    [ID3v2 tag] [frame: 4 bytes of header, then sound]* [ID3v1 tag]

A first frame that only describes the file (Xing, Info, VBRI) has no sound, and does not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

HEAD_BYTES = 4
TAG_BYTES = 10
DESCRIBING = (b"Xing", b"Info", b"VBRI")
KBPS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Layer III, by version: MPEG-1, and the two after it."""
SAMPLE_RATES = {
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}
"""By the two bits of the version."""
MOST_LOST_BYTES = 1 << 16
"""Between two frames; behind more of what is none, the file is taken to be at its end."""


@dataclass(frozen=True)
class BitRates:
    """How many frames are at which rate, in kbit/s."""

    frames: Mapping[int, int]

    @property
    def is_constant(self) -> bool:
        return len(self.frames) == 1

    @property
    def mean_kbps(self) -> float:
        """All frames last equally long."""
        count = sum(self.frames.values())
        return sum(rate * number for rate, number in self.frames.items()) / count if count else 0.0


def bit_rates(file: BinaryIO) -> BitRates:
    """Of an open MP3, from its start."""
    file.seek(0)
    at, counted = _behind_tag(file.read(TAG_BYTES)), Counter[int]()
    lost, is_first = 0, True
    while lost < MOST_LOST_BYTES:
        file.seek(at)
        head = file.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES:
            break
        frame = _frame(head)
        if frame is None:
            at, lost = at + 1, lost + 1
            continue
        rate, length = frame
        if not (is_first and _describes(file.read(length - HEAD_BYTES))):
            counted[rate] += 1
        at, lost, is_first = at + length, 0, False
    return BitRates(dict(counted))


def _behind_tag(head: bytes) -> int:
    """Where the first frame is looked for; lengths in tags have seven bits a byte."""
    if not head.startswith(b"ID3") or len(head) < TAG_BYTES:
        return 0
    length = 0
    for byte in head[6:10]:
        length = length << 7 | byte & 0x7F
    return TAG_BYTES + length


def _frame(head: bytes) -> tuple[int, int] | None:
    """Bit rate in kbit/s and length in bytes of a frame of Layer III."""
    if head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, rate_index, sample_index = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version not in SAMPLE_RATES or sample_index == 3 or not 0 < rate_index < 15:
        return None
    kbps = KBPS[1 if version == 3 else 2][rate_index]
    samples = 1152 if version == 3 else 576
    padding = head[2] >> 1 & 1
    return kbps, samples // 8 * kbps * 1000 // SAMPLE_RATES[version][sample_index] + padding


def _describes(body: bytes) -> bool:
    return any(mark in body[:64] for mark in DESCRIBING)
