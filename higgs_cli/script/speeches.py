"""The speeches of a play as it is printed: who is named where, before anything is decided.

A block becomes cues: a name, a part of the source that is said under it, or a direction.

    ROPER.  [rising] Splendid.        Roper │ Splendid.     a table, two columns of plain text
    ROPER                             ROPER: Splendid.      **Roper.** Splendid.
    Splendid.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from higgs_cli.script.directions import is_direction
from higgs_cli.script.fountain import is_fountain
from higgs_cli.script.heads import (
    Head,
    begins_with_a_capital,
    head_of,
    is_everybody,
    is_no_name,
)
from higgs_cli.script.manuscript import CELL, Block, Manuscript, Mark
from higgs_cli.script.names import plain_name

NO_HEAD = re.compile(
    r"(?:act|scene|part|prologue|epilogue|interlude|end|the end|int|ext|i/e|curtain|cut|fade|"
    r"tableau|dissolve|smash|match cut|title|author|credit|source|draft date|contact|"
    r"copyright|persons|enter|re-?enter|exit|exeunt|black-?out)\b",
    re.IGNORECASE,
)
COLUMNS = re.compile(r" {0,8}(\S(?:[^ ]| (?! )){0,40}) {2,}(?=\S)")
IN_BRACKETS = re.compile(r"\A\s*\[[^\[\]]{0,3000}\Z|\[[^\[\]]{0,3000}\]|\([^()]{0,3000}\)")
"""A direction, closed or as long as its block: nobody is named before a speech in it."""
SCENE_LINE = re.compile(r"(?:\.(?=\w)|(?:int|ext|int\.?/ext|i/e)[. ])", re.IGNORECASE)
IMPRINT = re.compile(r"\s*(?:1[5-9]|20)\d\d\W*|\s*M[DCLXVI]{2,12}\W*")
"""`LONDON: 1894`: a place and a year."""
LEAST_SPEECHES = 8
LEAST_OF_A_NAME = 3
LEAST_COLUMNS = 12
LONGEST_NAME = 40
TEXTS = ("paragraph", "verse", "quote", "item")


@dataclass(frozen=True)
class PlayCue:
    """A part of a play: a name, what is said, or neither."""

    block: Block
    name: str | None = None
    """In a cell of its own; in a line, the name is part of the block."""
    head: Head | None = None
    is_row: bool = False
    begins: bool = True
    """Does a blank line stand before it?"""
    is_ended: bool = False
    """Does the head end in a stop or a colon?"""
    is_direction: bool = False
    """Does nobody say it, though it stands like speech?"""


def cues_of(manuscript: Manuscript) -> list[PlayCue]:
    """Every block, cut where a line begins with a name."""
    columns = _text_columns(manuscript)
    found: list[PlayCue] = []
    for block in manuscript.blocks:
        if block.left_out is not None or block.kind not in (*TEXTS, "row"):
            found.append(PlayCue(block))
        elif block.kind == "row":
            found.append(_row(manuscript, block))
        elif columns and _is_columnar(manuscript, block, columns):
            found += _columns(manuscript, block, columns)
        else:
            found += _lines(manuscript, block)
    return _of_one_print(found)


def _of_one_print(cues: list[PlayCue]) -> list[PlayCue]:
    """Where names alone end in a stop, those without one are titles and lists."""
    heads = [cue.head.form for cue in cues if cue.head is not None]
    if heads.count("dash") * 2 < len(heads):  # dashes behind names are those of a list of persons
        cues = [
            replace(cue, head=None) if cue.head is not None and cue.head.form == "dash" else cue
            for cue in cues
        ]
    alone = [cue.is_ended for cue in cues if cue.head is not None and cue.head.form == "alone"]
    if sum(alone) * 5 < len(alone) * 4 or not alone:
        return cues
    return [
        replace(cue, head=None)
        if cue.head is not None and cue.head.form == "alone" and not cue.is_ended
        else cue
        for cue in cues
    ]


def is_play(cues: Sequence[PlayCue], *, is_announced: bool = False) -> bool:
    """Are there speeches enough, of two speakers at least, and little beside them?

    `is_announced`: by a list of persons, so that fewer speeches of each will do.
    """
    names = names_in(cues)
    least = LEAST_OF_A_NAME - is_announced
    often = [name for name, count in names.items() if count >= least]
    count = sum(names.values())
    texts = sum(cue.block.left_out is None and cue.block.kind in (*TEXTS, "row") for cue in cues)
    return len(often) > 1 and count >= LEAST_SPEECHES and count * 4 >= texts


def names_in(cues: Sequence[PlayCue]) -> Counter[str]:
    """How often each name stands before a speech."""
    names: Counter[str] = Counter()
    for cue in cues:
        if cue.name:
            names[plain_name(cue.name)] += 1
        elif cue.head is not None:
            names[plain_name(cue.head.name)] += 1
    return names


def is_screenplay(manuscript: Manuscript) -> bool:
    """Fountain: what is said ends at a blank line; scenes begin with INT. and EXT."""
    if is_fountain(manuscript.path) and not manuscript.is_extracted:
        return True
    lines = (manuscript.text(block) for block in manuscript.blocks)
    return sum(re.match(r"(?:INT|EXT)\. ", line) is not None for line in lines) > 1


def is_scene_line(text: str) -> bool:
    return SCENE_LINE.match(text) is not None


def _row(manuscript: Manuscript, block: Block) -> PlayCue:
    """The first cell names who says the others."""
    edges = [mark for mark in block.marks if mark.kind == CELL]
    source = manuscript.source
    bounds = [block.start, *(edge for mark in edges for edge in (mark.start, mark.end)), block.end]
    cells = [(bounds[i], bounds[i + 1]) for i in range(0, len(bounds), 2)]
    if cells and not source[cells[0][0] : cells[0][1]].strip() and len(cells) > 2:
        cells = cells[1:]  # a bar before the first cell
    if len(cells) < 2:
        return PlayCue(block, is_row=True)
    first, last = cells[0]
    name = " ".join(source[first:last].replace("*", " ").replace("_", " ").split()).rstrip(".:")
    return PlayCue(_part(block, cells[1][0], block.end), name[: LONGEST_NAME + 1], is_row=True)


def _lines(manuscript: Manuscript, block: Block) -> Iterator[PlayCue]:
    """A block of text, cut before each line that begins with a name, and behind names alone."""
    begin, is_first, at = block.start, True, block.start
    head: Head | None = None
    text = manuscript.text(block)
    directions = list(IN_BRACKETS.finditer(text))[::-1] if "\n" in text else []
    for line in text.split("\n"):
        while directions and directions[-1].end() <= at - block.start:
            directions.pop()
        is_inside = bool(directions) and directions[-1].start() < at - block.start
        following = None if is_inside else _head(line)
        is_cut = following is not None or (head is not None and head.form == "alone")
        is_told = not is_inside and is_direction(line)
        if at > begin and (is_cut or is_told):
            yield _headed(manuscript, _part(block, begin, at), head, begins=is_first)
            is_first = False
            begin, head = at, None
        if at == begin:
            head = following
        at += len(line) + 1
        if is_told:
            end = min(at, block.end)
            yield PlayCue(_part(block, begin, end), begins=is_first, is_direction=True)
            is_first, begin, head = False, end, None
    if begin < block.end or begin == block.start:
        yield _headed(manuscript, _part(block, begin, block.end), head, begins=is_first)


def _headed(manuscript: Manuscript, block: Block, head: Head | None, *, begins: bool) -> PlayCue:
    if head is None:
        return PlayCue(block, begins=begins)
    written = manuscript.source[block.start : block.start + head.length].rstrip().rstrip("*_")
    return PlayCue(block, head=head, begins=begins, is_ended=written.endswith((".", ":", "：")))


def _head(line: str) -> Head | None:
    """A name in capitals, or marked, at the head of a line."""
    head = head_of(line.rstrip().removesuffix("^").rstrip()) or head_of(line)
    if head is None or is_no_name(head.name) or NO_HEAD.match(head.name):
        return None
    if IMPRINT.fullmatch(line[head.length :]):
        return None
    if not begins_with_a_capital(head.name):
        return None
    if not (head.is_capitals or is_everybody(head.name)) and not head.is_marked:
        return None
    ends = line[: head.length].rstrip().rstrip("*_")
    if head.is_marked and not head.is_capitals and not ends.endswith((".", ":", ")", "]")):
        return None
    return head


def _text_columns(manuscript: Manuscript) -> frozenset[int]:
    """Where second columns begin, in plain text: each act may have its own."""
    if manuscript.is_extracted or "  " not in manuscript.source:
        return frozenset()
    found = Counter(
        match.end()
        for line in manuscript.source.split("\n")
        if (match := COLUMNS.match(line)) is not None
    )
    most = max(found.values(), default=0)
    return frozenset(
        column for column, count in found.items() if count >= LEAST_COLUMNS and count * 5 >= most
    )


def _columns(manuscript: Manuscript, block: Block, columns: frozenset[int]) -> Iterator[PlayCue]:
    """Lines of two columns; what stands under the second alone is a direction."""
    at = manuscript.source.rfind("\n", 0, block.start) + 1
    for line in manuscript.source[at : block.end].split("\n"):
        match = COLUMNS.match(line)
        start, end = max(at, block.start), at + len(line)
        indent = len(line) - len(line.lstrip(" "))
        if match is not None and match.end() in columns:
            yield PlayCue(_part(block, at + match.end(), end), match[1], is_row=True)
        elif indent in columns:
            yield PlayCue(_part(block, at + indent, end), "", is_row=True)
        elif line.strip():
            yield PlayCue(_part(block, start, end))
        at = end + 1


def _is_columnar(manuscript: Manuscript, block: Block, columns: frozenset[int]) -> bool:
    at = manuscript.source.rfind("\n", 0, block.start) + 1
    lines = manuscript.source[at : block.end].split("\n")
    return any(
        (match := COLUMNS.match(line)) is not None and match.end() in columns for line in lines
    ) or all(len(line) - len(line.lstrip(" ")) in columns for line in lines)


def _part(block: Block, start: int, end: int) -> Block:
    marks = tuple(mark for mark in block.marks if _is_inside(mark, start, end))
    return replace(block, start=start, end=end, marks=marks)


def _is_inside(mark: Mark, start: int, end: int) -> bool:
    return start <= mark.start and mark.end <= end
