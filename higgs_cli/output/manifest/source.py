"""The words of the source, as a manifest keeps them: what of each chunk is written otherwise.

    "text": "Doctor Lee paid.", "written": [{"first": 0, "last": 6, "text": "Dr."}]

A manifest has no script; the written words of its chunks, one after another, stand for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from higgs_cli.files.strict_json import Record
from higgs_cli.planning.plan import Chunk
from higgs_cli.script.source_text import Piece


def written_of(chunk: Record, text: str) -> tuple[str, tuple[Piece, ...]]:
    """What is written of a chunk that says `text`, and the pieces that stand for it."""
    pieces: list[Piece] = []
    parts: list[str] = []
    length = 0
    for said, written, rule in _parts(chunk, text):
        pieces.append(Piece(said, length, length + len(written), rule))
        parts.append(written)
        length += len(written)
    return "".join(parts), tuple(pieces)


def with_source(chunks: Iterable[tuple[Chunk, str]]) -> tuple[str, tuple[Chunk, ...]]:
    """What stands for the source, and the chunks with their places in it."""
    parts: list[str] = []
    placed, at = [], 0
    for chunk, written in chunks:
        pieces = tuple(
            Piece(piece.text, piece.start + at, piece.end + at, piece.rule)
            for piece in chunk.pieces
        )
        placed.append(replace(chunk, pieces=pieces))
        parts.append(written + "\n")
        at += len(written) + 1
    return "".join(parts), tuple(placed)


def _parts(chunk: Record, text: str) -> Iterator[tuple[str, str, str | None]]:
    """What is said and what is written for it, in order; whoever made it, the text is whole."""
    if "written" not in chunk:
        return
    at = 0
    for each in chunk.records("written"):
        first = each.whole("first", at, len(text))
        last = each.whole("last", first, len(text))
        if first > at:
            yield text[at:first], text[at:first], None
        yield text[first:last], each.text("text"), "space"
        at = last
    if at < len(text):
        yield text[at:], text[at:], None
