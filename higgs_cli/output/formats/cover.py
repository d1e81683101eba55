"""A cover is a JPEG or a PNG whose head says how large it is; nothing of it is decoded.

It may come from a stranger's book: only marks and lengths are read, and never beyond its end.
"""

from __future__ import annotations

import struct

from higgs_cli.errors import FormatError
from higgs_cli.output.formats.labels import Picture

MOST_BYTES = 10 << 20
LEAST_PIXELS, MOST_PIXELS = 64, 10_000
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
FRAME_MARKS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Which segments of a JPEG say how large it is."""
WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))


def picture_of(data: bytes, what: str) -> Picture:
    """The picture, if players can show it; `what` names it in messages."""
    if len(data) > MOST_BYTES:
        raise FormatError(f"{what}: larger than {MOST_BYTES >> 20} MiB")
    if data.startswith(PNG):
        media_type, size = "image/png", _png_size(data)
    elif data.startswith(JPEG):
        media_type, size = "image/jpeg", _jpeg_size(data)
    else:
        raise FormatError(f"{what}: neither a JPEG nor a PNG picture")
    if size is None:
        raise FormatError(f"{what}: a damaged picture")
    width, height = size
    if not (LEAST_PIXELS <= width <= MOST_PIXELS and LEAST_PIXELS <= height <= MOST_PIXELS):
        limits = f"{LEAST_PIXELS} to {MOST_PIXELS}"
        raise FormatError(f"{what}: {width} x {height} pixels, where {limits} each way fit")
    return Picture(data, media_type, width, height)


def _png_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < 33 or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """From segment to segment until one says it."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        mark = data[at + 1]
        if mark == 0xFF:  # filling
            at += 1
        elif mark in WITHOUT_LENGTH:
            at += 2
        elif mark in FRAME_MARKS:
            return _frame_size(data[at + 5 : at + 9])
        else:
            at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None


def _frame_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < 4:
        return None
    height, width = struct.unpack(">HH", data)
    return width, height
