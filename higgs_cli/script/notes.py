"""Notes: silent, where they stand at the end, or read behind the paragraph that names them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from higgs_cli.script.brackets import HEAD_OF_NOTES
from higgs_cli.script.document import Lines
from higgs_cli.script.manuscript import (
    LINE,
    Block,
    ContentsEntry,
    Manuscript,
    Mark,
    SourcePlace,
    in_order,
)

GAP = "\n\n"
OPENING = re.compile(r" ?(?:\^\[|\[\s*(?:foot)?note\s*[\w*†‡]{0,8}\s*:\s*)", re.IGNORECASE)
"""How a note begins that stands in the text itself."""
BACK = re.compile(
    r"(?:[\[(]?\b(?:back|return)(?: to (?:the )?text)?[\])]?\.?|[↩↑⏎]\S?)\Z", re.IGNORECASE
)
"""A link back to the text, at the end of a note."""
LONGEST_BACK = 80
NUMBER = re.compile(r"\s*(?:\d{1,3}[.):]|[\[(](?:\d{1,3}|[*†‡§]{1,3})[\])][.:]?)\s+(?=\S)")


def with_notes(manuscript: Manuscript, how: str) -> Manuscript:
    """`silent` leaves notes out; `end` reads them where they stand; `inline` moves each behind the
    block that names it first, in a source that is written anew."""
    if how == "silent":
        return manuscript
    blocks = tuple(_opened(manuscript, block) for block in manuscript.blocks)
    manuscript = replace(manuscript, blocks=blocks)
    if how == "end":
        return replace(manuscript, blocks=tuple(map(_read, manuscript.blocks)))
    manuscript = replace(manuscript, blocks=tuple(_numbered(manuscript)))
    order = list(_inline(manuscript.blocks))
    return _rewritten(manuscript, order)


def _opened(manuscript: Manuscript, block: Block) -> Block:
    """With notes that stand in the text itself as words; with no frame and no link back to it."""
    marks: list[Mark] = []
    for mark in block.marks:
        opening = OPENING.match(manuscript.source, mark.start, mark.end)
        if mark.kind == "note" and opening is not None:
            marks.append(Mark(mark.start, opening.end(), LINE))
            marks.append(Mark(mark.end - 1, mark.end, LINE))
        else:
            marks.append(mark)
    if block.left_out == "note":
        marks += [*_frame(manuscript, block), *_link_back(manuscript, block)]
    return replace(block, marks=in_order(marks)) if marks != list(block.marks) else block


def _frame(manuscript: Manuscript, block: Block) -> Iterator[Mark]:
    """`[Footnote 1:` before a note, and the bracket that is closed behind it, blocks further on."""
    text = manuscript.text(block)
    opening = OPENING.match(text.lstrip())
    if opening is not None:
        begin = len(text) - len(text.lstrip())
        yield Mark(block.start, block.start + begin + opening.end(), "note-mark")
    words = text.rstrip(" _*\n")
    is_closed_here = opening is not None and text.count("[") == text.count("]")
    if words.endswith("]") and (is_closed_here or text.count("]") > text.count("[")):
        yield Mark(block.start + len(words) - 1, block.start + len(words), "note-mark")


def _link_back(manuscript: Manuscript, block: Block) -> tuple[Mark, ...]:
    """The link at a note's end, with the blanks around it."""
    start = max(block.start, block.end - LONGEST_BACK)
    tail = manuscript.source[start : block.end].rstrip()
    back = BACK.search(tail)
    if back is None:
        return ()
    return (Mark(start + len(tail[: back.start()].rstrip()), block.end, "note-mark"),)


def _numbered(manuscript: Manuscript) -> Iterator[Block]:
    """Blocks of a note belong to it until the next begins; its number is no word of it."""
    note: str | None = None
    for block in manuscript.blocks:
        if block.left_out != "note" or block.kind == "heading":
            note = None
        elif block.note is None:
            block = replace(block, note=note)
        elif block.note != note:
            note = block.note
            number = NUMBER.match(manuscript.text(block))
            if number is not None:
                mark = Mark(block.start, block.start + number.end(), "note-mark")
                block = replace(block, marks=in_order([*block.marks, mark]))
        yield block


def _read(block: Block) -> Block:
    return replace(block, left_out=None) if block.left_out == "note" else block


def _inline(blocks: Sequence[Block]) -> Iterator[int]:
    """The numbers of the blocks in the order in which they will be read."""
    notes: dict[str, list[int]] = {}
    for index, block in enumerate(blocks):
        if block.note is not None and block.left_out == "note":
            notes.setdefault(block.note, []).append(index)
    named = {
        mark.target
        for block in blocks
        if block.left_out is None
        for mark in block.marks
        if mark.target in notes
    }
    moved = {index for note in named for index in notes[note or ""]}
    done: set[str] = set()
    for index, block in enumerate(blocks):
        if index in moved:
            continue
        yield index
        for mark in block.marks if block.left_out is None else ():
            if mark.target in notes and mark.target not in done:
                done.add(mark.target)
                yield from notes[mark.target]


def _rewritten(manuscript: Manuscript, order: Sequence[int]) -> Manuscript:
    """The blocks in another order, as a source of its own in which places are still the file's."""
    parts: list[str] = []
    blocks: list[Block] = []
    position = 0
    numbers: dict[int, int] = {}
    lines = Lines(manuscript.source)
    for index in order:
        block = manuscript.blocks[index]
        text = manuscript.text(block)
        if not HEAD_OF_NOTES.fullmatch(text.strip(" _*.:\n")):
            block = _read(block)
        numbers[index] = len(blocks)
        place = block.place.label or f"line {lines.number_at(block.start)}"
        blocks.append(_moved(block, position - block.start, place))
        parts += [text, GAP]
        position += len(text) + len(GAP)
    contents = tuple(
        ContentsEntry(entry.title, entry.depth, numbers[entry.block])
        for entry in manuscript.contents
        if entry.block in numbers
    )
    return replace(
        manuscript,
        source="".join(parts),
        blocks=tuple(blocks),
        contents=contents,
        is_extracted=True,
    )


def _moved(block: Block, by: int, label: str) -> Block:
    marks = tuple(Mark(m.start + by, m.end + by, m.kind, m.target) for m in block.marks)
    return replace(
        block, start=block.start + by, end=block.end + by, marks=marks, place=SourcePlace(label)
    )
