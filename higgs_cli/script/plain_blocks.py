"""Plain text as Gutenberg and `pandoc -t plain` write it, as blocks.

Lines indented alike are one paragraph; more indent than before begins another. Lines that end early
and begin with capitals are verse, or a letter's head: they keep their lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from higgs_cli.script.brackets import notes_below
from higgs_cli.script.document import Unspoken
from higgs_cli.script.inline_marks import inline_marks
from higgs_cli.script.manuscript import CELL, Block, Kind, Mark, in_order
from higgs_cli.script.paragraphs import as_paragraph
from higgs_cli.script.plain_headings import heading_levels
from higgs_cli.script.source_lines import TABLE_RULE, SourceLine
from higgs_cli.script.source_text import SourceText

BULLET = re.compile(r"[ \t]*(?:[-*][ \t]+|[•‣◦▪][ \t]*)(?=\S)")
TAB_WIDTH = 4
GAP = re.compile(r"[ \t]{2,}")
CAPITAL = re.compile(r"[\"'“”‘’«„_*(\[—–-]*[^\W\d_a-zß-öø-ÿ]")
FEW_LINES = 12
"""Of a file: too few to tell how wide it is wrapped."""


@dataclass(frozen=True)
class Stanza:
    """Lines of text without a blank line between them."""

    lines: tuple[SourceLine, ...]
    blanks_before: int
    column: int = 0
    """Where the second column of a table begins; 0 where it is none."""

    @property
    def written(self) -> list[str]:
        return [line.text.text for line in self.lines]


def plain_blocks(lines: Sequence[SourceLine]) -> Iterator[Block]:
    """The blocks of a plain text, in order."""
    parts = list(_parts(lines))
    stanzas = [part for part in parts if isinstance(part, Stanza)]
    width = _width(stanzas)
    levels = heading_levels(parts)
    for number, part in enumerate(parts):
        if isinstance(part, SourceLine):
            kind: Kind = "break" if part.kind == "break" else "heading"
            yield block_of([part.text], kind, part.level)
        elif part.column:
            yield from (_row(line.text, part.column) for line in part.lines)
        elif number in levels:
            yield block_of([line.text for line in part.lines], "heading", levels[number])
        else:
            for first, last in notes_below(part.written):
                yield from _stanza_blocks(replace(part, lines=part.lines[first:last]), width)


def block_of(lines: Sequence[SourceText], kind: Kind, level: int = 0) -> Block:
    """A block of some lines, with the marks that stand in their words."""
    first, last = lines[0], lines[-1]
    block = Block(kind, first.start, last.end, level)
    if kind == "break":
        return block
    return replace(block, marks=tuple(inline_marks(as_paragraph(lines), is_markdown=False)))


def _row(line: SourceText, column: int) -> Block:
    """A row of a table: wide gaps part its cells, and the first may be empty."""
    written = line.text.rstrip()
    indent = len(written) - len(written.lstrip())
    line = line.slice(0 if indent >= column else indent, len(written))
    cells = [Mark(*line.span(*gap.span()), CELL) for gap in GAP.finditer(line.text)]
    marks = [*inline_marks(line, is_markdown=False), *cells]
    return Block("row", line.start, line.end, marks=in_order(marks))


def _parts(lines: Sequence[SourceLine]) -> Iterator[Stanza | SourceLine]:
    """Stanzas, and lines that are headings or breaks by themselves."""
    held: list[SourceLine] = []
    blanks = blanks_before = 2
    column = 0
    for line in lines:
        if line.kind == "comment":
            continue
        rule = TABLE_RULE.fullmatch(line.text.text) if line.kind == "underline" else None
        before, column = column, column if line.kind == "text" else 0
        column = rule.start("second") if rule else column
        if line.kind == "text":
            if not held:
                blanks_before, blanks = blanks, 0
            held.append(line)
            continue
        if held:
            yield Stanza(tuple(held), blanks_before, column or before)
            held = []
        if line.kind == "blank":
            blanks += 1
        elif line.kind in ("heading", "break"):
            yield line
            blanks = 0
    if held:
        yield Stanza(tuple(held), blanks_before, column)


def _width(stanzas: Sequence[Stanza]) -> int:
    """How wide a text is wrapped; 0 where its lines are whole paragraphs, or too few to tell."""
    lengths = sorted(
        len(line.rstrip()) for stanza in stanzas if len(stanza.lines) > 2 for line in stanza.written
    )
    if len(lengths) < FEW_LINES:
        return 0
    width = lengths[len(lengths) * 9 // 10]
    return width if 40 <= width <= 110 else 0


def _stanza_blocks(stanza: Stanza, width: int) -> Iterator[Block]:
    if width and _is_verse(stanza.written, width):
        yield block_of([line.text for line in stanza.lines], "verse")
        return
    held: list[SourceText] = []
    kind: Kind = "paragraph"
    indent = 0
    for number, line in enumerate(stanza.lines):
        text = line.text
        own_indent = _indent(text.text)
        bullet = BULLET.match(text.text) if number == 0 or kind == "item" else None
        is_hanging = kind == "item" and number > 0
        begins = not is_hanging and _begins(text.text, own_indent, indent)
        if held and (bullet or begins):
            yield _with_bullet(block_of(held, kind), held[0])
            held, kind = [], "paragraph"
        if bullet:
            kind = "item"
        held.append(text)
        indent = own_indent
    if held:
        yield _with_bullet(block_of(held, kind), held[0])


def _with_bullet(block: Block, first: SourceText) -> Block:
    if block.kind != "item":
        return block
    match = BULLET.match(first.text)
    assert match is not None
    mark = Mark(*first.span(*match.span()), "markup")
    return replace(block, marks=(mark, *block.marks))


def _begins(line: str, indent: int, before: int) -> bool:
    """Does an indented line begin a paragraph? One that goes on in small letters does not."""
    return indent > before and not line.lstrip()[:1].islower()


def _indent(line: str) -> int:
    blank = line[: len(line) - len(line.lstrip())]
    return len(blank.replace("\u3000", "  ").expandtabs(TAB_WIDTH))


def _is_verse(lines: Sequence[str], width: int) -> bool:
    """Do most lines end before they must, and begin with capitals?"""
    if len(lines) < 2:
        return False
    pairs = list(pairwise(lines))
    early = sum(
        len(line.rstrip()) + 1 + len(following.split(None, 1)[0]) <= width - 2
        for line, following in pairs
    )
    capitals = sum(CAPITAL.match(line.lstrip()) is not None for line in lines[1:])
    return early * 10 >= len(pairs) * 6 and capitals * 10 >= len(pairs) * 6


def with_comments(
    blocks: Sequence[Block], comments: Sequence[Unspoken]
) -> tuple[list[Block], list[Unspoken]]:
    """The comments that stand in a block as its marks, and those that stand between blocks."""
    done: list[Block] = []
    outside: list[Unspoken] = []
    waiting = sorted(comments, key=lambda part: part.start)
    position = 0
    for block in blocks:
        inside: list[Mark] = []
        while position < len(waiting) and waiting[position].start < block.end:
            part = waiting[position]
            position += 1
            if part.start >= block.start and part.end <= block.end:
                inside.append(Mark(part.start, part.end, part.kind))
            else:
                outside.append(part)
        both = in_order([*block.marks, *inside])
        done.append(replace(block, marks=both) if inside else block)
    return done, [*outside, *waiting[position:]]
