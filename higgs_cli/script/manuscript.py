"""Manuscript: any source in one form, blocks of one text, before anybody decides what is read.

`source` is one text in reading order. Of a text file it is the file itself; of an archive or a
marked-up file it is the text taken out of it, blocks parted by blank lines. Blocks, marks and the
table of contents point into it by position, so that coverage and errors need only positions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Kind = Literal[
    "heading", "paragraph", "verse", "quote", "item", "row", "caption", "note", "break", "code"
]
"""Of a block. The lines of a verse are kept by a pause; the cells of a row too."""

LEFT_OUT = (
    "licence",
    "contents",
    "copyright",
    "transcriber",
    "illustration",
    "note",
    "note-mark",
    "page-number",
    "running-head",
    "repeated",
    "index",
    "bibliography",
    "advertisement",
    "supplement",
    "hidden",
    "code",
    "formula",
    "direction",
)
"""Why a part of a book is not read out; `--keep` takes the same names."""

EMPHASIS = ("emphasis", "strong")
"""Marks that are words: they stay, and it stays known that they are stressed."""
CELL = "cell"
"""The mark between two cells of a row."""
LINE = "line"
"""The mark that ends a line within a block."""
SEPARATORS = (CELL, LINE)


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """Where a block stands in its file, as a person finds it."""

    label: str
    """`text/chapter-3.xhtml, paragraph 12`, or `page 4`; empty where the line says it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A part `[start, end)` of the source inside a block that is no words, or stressed ones."""

    start: int
    end: int
    kind: str
    target: str | None = None
    """Of a note's mark: which note."""


def in_order(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """As they stand in the source."""
    return tuple(sorted(marks, key=lambda mark: (mark.start, mark.end)))


@dataclass(frozen=True, slots=True)
class Block:
    """A part `[start, end)` of the source that is one paragraph, heading, row …"""

    kind: Kind
    start: int
    end: int
    level: int = 0
    """Of a heading: 1 is the highest; 0 is the title of the book."""
    marks: tuple[Mark, ...] = ()
    place: SourcePlace = SourcePlace("")
    left_out: str | None = None
    """Why nobody reads it; None where it is read."""
    note: str | None = None
    """Which note it belongs to."""


@dataclass(frozen=True)
class Cover:
    """The picture of a book."""

    data: bytes
    media_type: str


@dataclass(frozen=True)
class Facts:
    """What a file says about itself."""

    title: str | None = None
    author: str | None = None
    language: str | None = None
    description: str | None = None
    series: str | None = None
    year: int | None = None
    cover: Cover | None = None


@dataclass(frozen=True)
class ContentsEntry:
    """A line of the table of contents."""

    title: str
    depth: int
    """0 is the highest."""
    block: int
    """The first block of what it names, by its number."""


@dataclass(frozen=True)
class Manuscript:
    """A source with its blocks, in order."""

    path: str
    source: str
    encoding: str
    blocks: tuple[Block, ...]
    facts: Facts = field(default_factory=Facts)
    contents: tuple[ContentsEntry, ...] = ()
    is_extracted: bool = False
    """Was the text taken out of something? Then its lines mean nothing to a person."""
    has_entities: bool = False
    """Does `&amp;` in it mean a character?"""
    warnings: tuple[str, ...] = ()

    def text(self, block: Block) -> str:
        return self.source[block.start : block.end]

    @cached_property
    def places(self) -> Places:
        """Where positions of the source stand in the file; empty for a text file."""
        labelled = [block for block in self.blocks if block.place.label]
        return Places(
            tuple(block.start for block in labelled),
            tuple(block.place.label for block in labelled),
        )


@dataclass(frozen=True)
class Places:
    """The places of positions, where lines do not say it."""

    starts: Sequence[int] = ()
    labels: Sequence[str] = ()

    def at(self, position: int) -> str | None:
        index = bisect_right(self.starts, position) - 1
        return self.labels[index] if index >= 0 else None
