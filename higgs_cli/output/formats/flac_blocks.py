"""What a FLAC says of itself besides its stream: comments, chapters and the cover.

|last?, form 1 byte|length 3|content|      comments: vendor, count, each `NAME=value`
"""

from __future__ import annotations

import struct

from higgs_cli.output.formats.labels import Labels
from higgs_cli.output.formats.tags import picture_block, vorbis_comments

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
    texts = [f"{name}={value}".encode() for name, value in vorbis_comments(labels).items()]
    listed = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return struct.pack("<I", len(VENDOR)) + VENDOR + struct.pack("<I", len(texts)) + listed
