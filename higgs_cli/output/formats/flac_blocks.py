"""What a FLAC says of itself besides its stream: comments, chapters and the cover.

|last?, form 1 byte|length 3|content|      comments: vendor, count, each `NAME=value`
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from higgs_cli.output.formats.labels import ChapterMark, Labels
from higgs_cli.output.formats.tags import clean, milliseconds, picture_block, vorbis_comments

COMMENTS, PICTURE = 4, 6
LAST = 0x80
VENDOR = b"higgs"


def flac_blocks(labels: Labels) -> bytes:
    """All of them, as they follow the description of the stream."""
    blocks = [(COMMENTS, _comments(labels))]
    if labels.cover is not None:
        blocks.append((PICTURE, picture_block(labels.cover)))
    last = len(blocks) - 1
    return b"".join(
        bytes([form | (LAST if at == last else 0)]) + len(content).to_bytes(3, "big") + content
        for at, (form, content) in enumerate(blocks)
    )


def _comments(labels: Labels) -> bytes:
    said = [f"{name.upper()}={value}" for name, value in vorbis_comments(labels).items()]
    said += [text for at, each in enumerate(labels.chapters) for text in _chapter(at, each)]
    texts = [text.encode() for text in said]
    listed = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return struct.pack("<I", len(VENDOR)) + VENDOR + struct.pack("<I", len(texts)) + listed


def _chapter(number: int, chapter: ChapterMark) -> Iterator[str]:
    """As Ogg has them too: a time and a name under one number."""
    minutes, rest = divmod(milliseconds(chapter)[0], 60_000)
    hours, minutes = divmod(minutes, 60)
    yield f"CHAPTER{number:03}={hours:02}:{minutes:02}:{rest / 1000:06.3f}"
    yield f"CHAPTER{number:03}NAME={clean(chapter.title)}"
