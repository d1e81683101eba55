"""Markdown: CommonMark with tables, notes, fenced parts and what pandoc adds, as blocks.

`markdown-it-py` says where blocks begin and end; their words are the lines of the file itself, so
that every mark keeps its place. Indented text is text: prose has no indented code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from higgs_cli.script.brackets import notes_below
from higgs_cli.script.inline_marks import inline_marks
from higgs_cli.script.manuscript import CELL, LINE, Block, Kind, Mark, in_order
from higgs_cli.script.paragraphs import as_paragraph
from higgs_cli.script.source_lines import SourceLine
from higgs_cli.script.source_text import SourceText

if TYPE_CHECKING:
    from markdown_it.token import Token

NOTE = re.compile(r"\s{0,3}\[\^([^\]\n]{1,80})\]:[ \t]*")
REFERENCE = re.compile(r"\s{0,3}\[[^\]\n]{1,80}\]:[ \t]*\S")
DIV = re.compile(r"\s{0,3}:{3,}.{0,200}$")
QUOTE = re.compile(r"\s{0,3}(?:>\s?)+")
ITEM = re.compile(r"[-*+][ \t]+(?:\[[ xX]\][ \t]+)?")
"""With the box of a task."""
CALLOUT = re.compile(r"\[!\w{1,20}\][+-]?[ \t]*")
BAR = re.compile(r"(?<!\\)\|")
RULE = re.compile(r"[\s>|:+=-]+$")
FENCE = re.compile(r"\s{0,3}(?:>\s?)*(?:```|~~~)")
QUIET = {"blank", "comment", "break", "heading", "underline"}
"""Kinds of lines that are settled already: to the parser they are blank."""


def markdown_blocks(lines: Sequence[SourceLine], source: str) -> Iterator[Block]:
    """The blocks of a Markdown text, in order."""
    told = [line for line in lines if line.kind != "comment"]
    fenced = _fenced(told)
    settled = {
        i
        for i, line in enumerate(told)
        if i not in fenced and (line.kind in QUIET or DIV.match(line.text.text))
    }
    texts = ["" if i in settled else t.text.text for i, t in enumerate(told)]
    found = {i: line for i, line in enumerate(told) if i in settled}
    spans = sorted(_spans(_parser().parse("\n".join(texts))))
    yield from _notes_gathered(list(_in_order(told, found, spans)), source)


def _fenced(lines: Sequence[SourceLine]) -> set[int]:
    """The lines of fenced code, whatever they look like."""
    inside: set[int] = set()
    is_open = False
    for index, line in enumerate(lines):
        is_fence = FENCE.match(line.text.text) is not None
        if is_open or is_fence:
            inside.add(index)
        if is_fence:
            is_open = not is_open
    return inside


@cache
def _parser() -> Any:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    return parser.disable(
        ["code", "reference", "html_block", "inline", "heading", "lheading", "hr"]
    )


def _spans(tokens: Sequence[Token]) -> Iterator[tuple[int, int, Kind]]:
    """First line, line after the last, and kind of each block with words of its own."""
    around: list[Kind] = []
    for token in tokens:
        if token.type in ("blockquote_open", "list_item_open"):
            around.append("quote" if token.type[0] == "b" else "item")
        elif token.type in ("blockquote_close", "list_item_close"):
            around.pop()
        elif token.map is None:
            continue
        elif token.type == "fence":
            yield token.map[0], token.map[1], "code"
        elif token.type == "tr_open":
            yield token.map[0], token.map[1], "row"
        elif token.type == "paragraph_open":
            yield token.map[0], token.map[1], around[-1] if around else "paragraph"


def _in_order(
    lines: Sequence[SourceLine],
    settled: dict[int, SourceLine],
    spans: Sequence[tuple[int, int, Kind]],
) -> Iterator[Block]:
    """Settled lines and parsed blocks, as they stand in the text."""
    waiting = list(reversed(spans))
    before = 0
    for index, line in [*settled.items(), (len(lines), None)]:
        while waiting and waiting[-1][0] < index:
            first, last, kind = waiting.pop()
            held = [each for each in lines[first:last] if each.kind != "blank" and each.text]
            if held and first >= before:
                yield from (_block(part, kind) for part in _notes_apart(held, kind))
            before = max(before, last)
        if line is not None and line.kind in ("heading", "break"):
            yield _one_line(line)
        elif line is not None and DIV.match(line.text.text):
            start, end = line.text.start, line.text.end
            yield Block("paragraph", start, end, marks=(Mark(start, end, "markup"),))


def _notes_apart(lines: list[SourceLine], kind: Kind) -> Iterator[list[SourceLine]]:
    """Notes that stand line by line are one paragraph to the parser."""
    if kind in ("code", "row"):
        yield lines
        return
    begin = 0
    for index in range(1, len(lines)):
        if NOTE.match(lines[index].text.text):
            yield lines[begin:index]
            begin = index
    rest = lines[begin:]
    for first, last in notes_below([line.text.text for line in rest]):
        yield rest[first:last]


def _one_line(line: SourceLine) -> Block:
    kind: Kind = "break" if line.kind == "break" else "heading"
    block = Block(kind, line.text.start, line.text.end, line.level)
    if kind == "break":
        return block
    return replace(block, marks=tuple(inline_marks(line.text, is_markdown=True)))


def _block(lines: Sequence[SourceLine], kind: Kind) -> Block:
    start, end = lines[0].text.start, lines[-1].text.end
    if kind == "code":
        return Block("code", start, end, left_out="code")
    if kind == "row":
        return _row(lines[0].text)
    if all(REFERENCE.match(line.text.text) for line in lines) and not NOTE.match(
        lines[0].text.text
    ):
        return Block("paragraph", start, end, marks=(Mark(start, end, "link"),))
    marks: list[Mark] = []
    rest: list[SourceText] = []
    note = NOTE.match(lines[0].text.text)
    for number, line in enumerate(lines):
        opening = note.end() if note and number == 0 else _opening(line.text.text, kind, number)
        if opening:
            marks.append(Mark(*line.text.span(0, opening), "markup"))
        text = line.text.slice(opening, len(line.text.text))
        rest.append(text)
        hard = text.text.endswith("  ") and number + 1 < len(lines)
        if hard:
            marks.append(Mark(text.end - 2, text.end, LINE))
    marks += inline_marks(as_paragraph(rest), is_markdown=True)
    told: Kind = "note" if note else kind
    return Block(
        told,
        start,
        end,
        marks=in_order(marks),
        left_out="note" if note else None,
        note=f"^{note[1]}" if note else None,
    )


def _opening(line: str, kind: Kind, number: int) -> int:
    """How long the marks of a quote or a list item are that a line begins with.

    A number is a word of the text: `1. Go home` is read with its number.
    """
    quote = QUOTE.match(line) if kind in ("quote", "item") else None
    begin = quote.end() if quote else 0
    callout = CALLOUT.match(line, begin) if quote and number == 0 else None
    begin = callout.end() if callout else begin
    if kind != "item" or number:
        return begin
    blank = len(line) - len(line[begin:].lstrip())
    item = ITEM.match(line, blank)
    return item.end() if item else begin


def _row(text: SourceText) -> Block:
    """A row of a table: its bars part cells, and the line of dashes below a head is no row."""
    start, end = text.start, text.end
    if RULE.fullmatch(text.text):
        return Block("row", start, end, marks=(Mark(start, end, "markup"),))
    quote = QUOTE.match(text.text)
    opening = [Mark(*text.span(*quote.span()), "markup")] if quote else []
    bars = [Mark(*text.span(*bar.span()), CELL) for bar in BAR.finditer(text.text)]
    marks = opening + bars
    marks += inline_marks(text, is_markdown=True)
    return Block("row", start, end, marks=in_order(marks))


def _notes_gathered(blocks: Sequence[Block], source: str) -> Iterator[Block]:
    """Paragraphs that are indented below a note's first are its own."""
    note: str | None = None
    for block in blocks:
        is_indented = source.startswith(("  ", "\t"), block.start)
        if block.kind == "note":
            note = block.note
        elif note is not None and is_indented and block.kind != "heading":
            block = replace(block, kind="note", left_out="note", note=note)
        else:
            note = None
        yield block
