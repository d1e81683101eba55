"""A cover is a JPEG or a PNG that is whole and says how large it is; nothing of it is decoded.

It may come from a stranger's book: only marks and lengths are read, and never beyond its end.
"""

from __future__ import annotations

import struct
import zlib

from higgs_cli.errors import FormatError
from higgs_cli.output.formats.labels import Picture

MOST_BYTES = 10 << 20
LEAST_PIXELS, MOST_PIXELS = 64, 10_000
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
FRAME_MARKS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Which segments of a JPEG say how large it is."""
SCAN_MARK, END_MARK = 0xDA, 0xD9
IN_SCANS = frozenset((0x00, *range(0xD0, 0xD8)))
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
    """Of a picture that is whole: every chunk with its checksum, to the last."""
    at, size, has_pixels = len(PNG), None, False
    while at + 12 <= len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        end = at + 12 + length
        if end > len(data) or zlib.crc32(data[at + 4 : end - 4]) != _number(data, end - 4):
            return None
        if size is None:
            if name != b"IHDR" or length != 13:
                return None
            size = struct.unpack(">II", data[at + 8 : at + 16])
        has_pixels |= name == b"IDAT"
        if name == b"IEND":
            return size if has_pixels else None
        at = end
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Of a picture that is whole: from segment to segment, over its scans, to the last."""
    at, size, has_pixels = 2, None, False
    while at + 2 <= len(data):
        if data[at] != 0xFF:
            return None
        mark = data[at + 1]
        if mark == END_MARK:
            return size if has_pixels else None
        if mark == 0xFF:  # filling
            at += 1
        elif mark in WITHOUT_LENGTH:
            at += 2
        else:
            if mark in FRAME_MARKS:
                size = _frame_size(data[at + 5 : at + 9])
            has_pixels |= mark == SCAN_MARK
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            at = _scan_end(data, at) if mark == SCAN_MARK else at
    return None


def _scan_end(data: bytes, at: int) -> int:
    """Where the next segment begins: a scan has marks in it that do not end it."""
    while 0 <= (at := data.find(b"\xff", at)) < len(data) - 1:
        if data[at + 1] not in IN_SCANS:
            return at
        at += 2
    return len(data)


def _frame_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < 4:
        return None
    height, width = struct.unpack(">HH", data)
    return width, height


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
