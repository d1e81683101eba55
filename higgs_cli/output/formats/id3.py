"""An ID3v2.4 tag: texts, cover, and chapters with the table of contents that players look for.

ID3 | frames: ID, size in 7-bit bytes, flags, content |   CTOC names its CHAPs; one holds 255 names
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from higgs_cli.output.formats.labels import ChapterMark, Labels
from higgs_cli.output.formats.tags import COVER_FRONT, GENRE, clean, milliseconds

UTF_8 = b"\x03"
NO_OFFSET = 0xFFFFFFFF
TOP_LEVEL, ORDERED = 2, 1
MOST_CHILDREN = 255


def id3_tag(labels: Labels) -> bytes:
    """All of the tag, as it stands before the first frame of sound."""
    frames = b"".join(_frames(labels))
    return b"ID3\x04\x00\x00" + _seven_bits(len(frames)) + frames


def _frames(labels: Labels) -> Iterator[bytes]:
    texts = {
        "TIT2": labels.title,
        "TPE1": labels.author,
        "TPE2": labels.author,
        "TALB": labels.book,
        "TCOM": labels.narrator,
        "TIT1": labels.series,
        "TCON": GENRE,
        "TDRC": labels.year,
        "TRCK": f"{labels.track[0]}/{labels.track[1]}" if labels.track else None,
    }
    for name, value in texts.items():
        yield from _text(name, clean(value))
    if note := clean(labels.note):
        yield _frame("COMM", UTF_8 + b"eng\x00" + note.encode())
    own = {"SYNTHETIC_VOICE": "yes", "NARRATOR": labels.narrator, "DESCRIPTION": labels.description}
    for name, value in own.items():
        if text := clean(value):
            yield _frame("TXXX", UTF_8 + name.encode() + b"\x00" + text.encode())
    if labels.cover is not None:
        media_type = labels.cover.media_type.encode()
        head = UTF_8 + media_type + bytes([0, COVER_FRONT, 0])
        yield _frame("APIC", head + labels.cover.data)
    yield from _chapters(labels.chapters)


def _chapters(chapters: Sequence[ChapterMark]) -> Iterator[bytes]:
    names = [f"ch{number}".encode() for number in range(len(chapters))]
    if names:
        yield from _contents(names)
    for name, chapter in zip(names, chapters, strict=True):
        times = struct.pack(">IIII", *milliseconds(chapter), NO_OFFSET, NO_OFFSET)
        title = b"".join(_text("TIT2", clean(chapter.title)))
        yield _frame("CHAP", name + b"\x00" + times + title)


def _contents(names: Sequence[bytes]) -> Iterator[bytes]:
    """One table, or one of tables where there are more chapters than a table holds."""
    parts = [names[at : at + MOST_CHILDREN] for at in range(0, len(names), MOST_CHILDREN)]
    if len(parts) == 1:
        yield _table(b"toc", names, is_top=True)
        return
    of_parts = [f"toc{number}".encode() for number in range(len(parts))]
    yield _table(b"toc", of_parts[:MOST_CHILDREN], is_top=True)
    for name, part in zip(of_parts, parts, strict=True):
        yield _table(name, part, is_top=False)


def _table(name: bytes, children: Sequence[bytes], is_top: bool) -> bytes:
    flags = ORDERED | (TOP_LEVEL if is_top else 0)
    listed = b"".join(child + b"\x00" for child in children)
    return _frame("CTOC", name + b"\x00" + bytes([flags, len(children)]) + listed)


def _text(name: str, text: str) -> Iterator[bytes]:
    if text:
        yield _frame(name, UTF_8 + text.encode())


def _frame(name: str, content: bytes) -> bytes:
    return name.encode() + _seven_bits(len(content)) + b"\x00\x00" + content


def _seven_bits(number: int) -> bytes:
    """Four bytes of seven bits, so that no size looks like the beginning of sound."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
