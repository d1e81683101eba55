"""Writes the text of a marked-up file block by block, and remembers what stands where.

    begin() · write("Some ") · open_mark() · write("words") · close_mark("emphasis") · end()

Blank space is settled as a browser would show it: runs are one space, none at a block's ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from higgs_cli.errors import FormatError
from higgs_cli.script.manuscript import (
    CELL,
    Block,
    ContentsEntry,
    Facts,
    Kind,
    Manuscript,
    Mark,
    SourcePlace,
    in_order,
)

BLANKS = " \t\n\r\f\v"
BLANK = re.compile(f"[{BLANKS}]+")
MOST_CHARACTERS = 64 * 1024 * 1024
MOST_BLOCKS = 2_000_000
LONGEST_WORD = 40
BLOCK_GAP = "\n\n"


@dataclass(frozen=True, slots=True)
class Trace:
    """Which words of the text were taken from where in a page."""

    start: int
    end: int
    element: object
    """What holds them."""
    is_tail: bool
    """Do they stand behind it, and not in it?"""
    written: str
    """As they stand there, with all blanks."""

    def offset(self, position: int) -> int:
        """Where in what is written a position of the text stands."""
        return self._offsets()[position - self.start]

    def offset_behind(self, position: int) -> int:
        """Behind the character before a position."""
        return self._offsets()[position - self.start - 1] + 1

    def _offsets(self) -> list[int]:
        """Of each character that was taken; a run of blanks is one."""
        written = self.written
        begin = len(written) - len(written.lstrip(BLANKS))
        found, at, end = [], begin, len(written.rstrip(BLANKS))
        while at < end:
            found.append(at)
            at += 1
            if written[at - 1] in BLANKS:
                while written[at] in BLANKS:
                    at += 1
        return found


@dataclass
class Extraction:
    """The text of one file, or of several after one another, as it grows."""

    path: str
    blocks: list[Block] = field(default_factory=list)
    anchors: dict[str, int] = field(default_factory=dict)
    """The block that begins at or holds each named place."""
    traces: list[Trace] | None = None
    """Where words were taken from, for who wants to find them again."""
    _parts: list[str] = field(default_factory=list)
    _length: int = 0
    _start: int = 0
    _marks: list[Mark] = field(default_factory=list)
    _waits_for_space: bool = False
    _shape: tuple[Kind, int, str | None, str | None] = ("paragraph", 0, None, None)
    _place: str = ""

    @property
    def source(self) -> str:
        return "".join(self._parts)

    @property
    def position(self) -> int:
        return self._length

    @property
    def is_empty(self) -> bool:
        """Has nothing been written in this block yet?"""
        return self._length == self._start

    def begin(
        self,
        kind: Kind,
        place: str,
        *,
        level: int = 0,
        left_out: str | None = None,
        note: str | None = None,
    ) -> None:
        """End the block before, and begin one."""
        self.end()
        self._shape, self._place = (kind, level, left_out, note), place

    def rename(self, kind: Kind) -> None:
        """Another kind for the block that is being written."""
        self._shape = (kind, *self._shape[1:])

    def write(
        self,
        text: str,
        *,
        keeps_lines: bool = False,
        origin: tuple[object, bool] | None = None,
    ) -> None:
        """`origin`: the element that holds it, and whether it stands behind that."""
        if keeps_lines:
            for number, line in enumerate(text.split("\n")):
                if number:
                    self.line()
                self.write(line)
            return
        words = BLANK.sub(" ", text)
        if not words:
            return
        if words[0] == " ":
            self._waits_for_space = True
            words = words[1:]
        if not words:
            return
        self._settle_space()
        if words[-1] == " ":
            self._waits_for_space = True
            words = words[:-1]
        self._append(words)
        if self.traces is not None and origin is not None:
            start = self._length - len(words)
            self.traces.append(Trace(start, self._length, *origin, text))

    def _settle_space(self) -> None:
        if self._waits_for_space and not self.is_empty and self._parts[-1][-1] not in "\n\t":
            self._append(" ")
        self._waits_for_space = False

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
        if self._length > MOST_CHARACTERS:
            raise FormatError(
                f"{self.path}: more than {MOST_CHARACTERS >> 20} Mi characters of text"
            )

    def line(self) -> None:
        """A new line within the block."""
        self._waits_for_space = False
        if not self.is_empty:
            self._append("\n")

    def cell(self) -> None:
        """What follows is another cell of the row."""
        self._waits_for_space = False
        if not self.is_empty:
            self._append("\t")
            self._marks.append(Mark(self._length - 1, self._length, CELL))

    def last_word(self) -> str:
        """What stands before the next word, so far as it touches it; empty after a space."""
        if self._waits_for_space or self.is_empty:
            return ""
        found, at = "", len(self._parts)
        while at and len(found) < LONGEST_WORD and (not found or not found[0].isspace()):
            at -= 1
            found = self._parts[at] + found
        return found[-LONGEST_WORD:].split(" ")[-1]

    def open_mark(self) -> int:
        """Where a mark that begins now will begin."""
        self._settle_space()
        return self._length

    def close_mark(self, start: int, kind: str, target: str | None = None) -> None:
        if max(start, self._start) < self._length:
            self._marks.append(Mark(max(start, self._start), self._length, kind, target))

    def end(self) -> None:
        """End the block, if anything is in it."""
        self._waits_for_space = False
        if self.is_empty:
            self._marks = []
            return
        kind, level, left_out, note = self._shape
        end = self._length
        marks = in_order(self._marks)
        block = Block(
            kind, self._start, end, level, marks, SourcePlace(self._place), left_out, note
        )
        self.blocks.append(block)
        if len(self.blocks) > MOST_BLOCKS:
            raise FormatError(f"{self.path}: more than {MOST_BLOCKS} paragraphs")
        self._append(BLOCK_GAP)
        self._marks, self._start = [], self._length

    def scene_break(self, place: str) -> None:
        """A break that has no words."""
        self.end()
        position = max(0, self._length - 1)
        self.blocks.append(Block("break", position, position, place=SourcePlace(place)))

    def anchor(self, name: str) -> None:
        """Name what is written next."""
        self.anchors.setdefault(name, len(self.blocks))

    def _named_by_marks(self) -> Iterator[Block]:
        """Each block to which the mark of a note leads is of that note."""
        named: dict[int, str] = {}
        for block in self.blocks:
            for mark in block.marks:
                if mark.target is not None and mark.target in self.anchors:
                    named.setdefault(self.anchors[mark.target], mark.target)
        for number, block in enumerate(self.blocks):
            is_named = number in named and block.note is None
            yield replace(block, note=named[number]) if is_named else block

    def manuscript(
        self,
        form: str,
        facts: Facts,
        contents: tuple[ContentsEntry, ...] = (),
        warnings: tuple[str, ...] = (),
    ) -> Manuscript:
        """All that was written, and what its file says of itself."""
        self.end()
        return Manuscript(
            self.path,
            self.source,
            form,
            tuple(self._named_by_marks()),
            facts,
            contents,
            is_extracted=True,
            warnings=warnings,
        )
