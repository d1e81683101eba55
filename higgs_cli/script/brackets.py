"""Words in brackets in a book: illustrations, notes and their marks, page numbers, or just words.

[Illustration: The mill]   [Transcriber's Note: …]   word.[12]   [Footnote 3: …]   [Pg 96]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from higgs_cli.script.manuscript import Block, Manuscript, Mark, in_order
from higgs_cli.script.sound_tags import sound_name

_NAMED = r"(?:transcriber|editor|proofreader)[’']?s?[’']? *note"
WHOLE = (
    (
        "illustration",
        re.compile(r"_?\[\s*(?:illustration|image|picture|photo|frontispiece)\b", re.IGNORECASE),
    ),
    ("transcriber", re.compile(rf"_?\[\s*{_NAMED}", re.IGNORECASE)),
    (
        "note",
        re.compile(r"\[\s*+(?:footnote|note)\s*+(?P<number>[\w*†]{0,8}+)\s*+:", re.IGNORECASE),
    ),
)
"""What a block in brackets is, by how it begins."""
_BEHIND = r"(?<=[^\W_]|[.,;:!?…”’\"')_])[ ]?"
NOTE_MARK = re.compile(rf"{_BEHIND}\[(?P<number>\d{{1,3}}|[A-Z]|[*†‡§]{{1,3}})\](?![^\W_])")
INLINE = (
    ("illustration", re.compile(r"\[\s*illustration\b[^\[\]]{0,500}\]", re.IGNORECASE)),
    (
        "page-number",
        re.compile(r"\[\s*(?:pg?\.?|page)\s*\d{1,4}\s*\]|\{\d{1,4}\}", re.IGNORECASE),
    ),
    ("note-mark", NOTE_MARK),
    (
        "note",
        re.compile(r" ?\[\s*+(?:foot)?note\s*+[\w*†‡]{0,8}+\s*+:[^\[\]]{0,2000}\]", re.IGNORECASE),
    ),
    ("transcriber", re.compile(rf"\[\s*(?:{_NAMED}|sic\s*:)[^\[\]]{{0,500}}\]", re.IGNORECASE)),
)
NOTE_BELOW = re.compile(r"\s{0,8}\[(?P<number>\d{1,3}|[*†‡§]{1,3})\]\s+\S")
"""A note as plain text has it below: `[1] A song of the time.`"""
HEAD_OF_NOTES = re.compile(r"(?:end|foot)?notes?", re.IGNORECASE)
ANY = re.compile(r"\[[^\[\]]{1,2000}\]")
MOST_BLOCKS_IN_A_BRACKET = 60
Silent = tuple[int, int, str, str | None]


def notes_below(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """From where to where each of them reaches, where they stand line by line in one paragraph;
    all of it where its first line begins none."""
    begin = 0
    if lines and NOTE_BELOW.match(lines[0]):
        for number in range(1, len(lines)):
            if NOTE_BELOW.match(lines[number]):
                yield begin, number
                begin = number
    yield begin, len(lines)


def with_brackets(manuscript: Manuscript, mode: str) -> Manuscript:
    """The same with brackets taken as `mode` says: `book` knows which nobody reads, `silent` leaves
    out all, `text` and `tags` none."""
    if mode in ("text", "tags"):
        return manuscript
    blocks = list(manuscript.blocks)
    for index, block in enumerate(blocks):
        if block.left_out is not None:
            continue
        _settle(manuscript, blocks, index)
    _settle_below(manuscript, blocks)
    marked = [_marked(manuscript, block, mode) if not block.left_out else block for block in blocks]
    return replace(manuscript, blocks=tuple(marked))


def _settle(manuscript: Manuscript, blocks: list[Block], index: int) -> None:
    """A bracket that is a block, or several, by itself."""
    text = manuscript.text(blocks[index]).lstrip()
    for why, pattern in WHOLE:
        match = pattern.match(text)
        if match is None:
            continue
        end = _closing(manuscript, blocks, index)
        if end is None:
            return
        note = f"#{match['number']}" if why == "note" and match["number"] else None
        for each in range(index, end):
            blocks[each] = replace(blocks[each], left_out=why, note=note)
        return


def _settle_below(manuscript: Manuscript, blocks: list[Block]) -> None:
    """Blocks that begin with a number in brackets which the text above names, and their heading."""
    named: set[str] = set()
    for index, block in enumerate(blocks):
        text = manuscript.text(block) if "[" in manuscript.source else ""
        below = NOTE_BELOW.match(text) if block.left_out is None else None
        if below is not None and below["number"] in named:
            blocks[index] = replace(block, left_out="note", note=f"#{below['number']}")
            head = manuscript.text(blocks[index - 1]).strip(" _*.:\n")
            if blocks[index - 1].left_out is None and HEAD_OF_NOTES.fullmatch(head):
                blocks[index - 1] = replace(blocks[index - 1], left_out="note")
        else:
            named |= {match["number"] for match in NOTE_MARK.finditer(text)}


def _closing(manuscript: Manuscript, blocks: list[Block], index: int) -> int | None:
    """The block after the one in which the bracket is closed, if nothing follows it there."""
    depth = 0
    for end in range(index, min(index + MOST_BLOCKS_IN_A_BRACKET, len(blocks))):
        text = manuscript.text(blocks[end])
        depth += text.count("[") - text.count("]")
        if depth <= 0:
            return end + 1 if text.rstrip(" _*\n").endswith("]") else None
    return None


def _marked(manuscript: Manuscript, block: Block, mode: str) -> Block:
    text = manuscript.text(block)
    if "[" not in text and "{" not in text:
        return block
    marks = [
        Mark(block.start + first, block.start + last, why, target)
        for first, last, why, target in _inline(text, mode)
    ]
    if not marks:
        return block
    return replace(block, marks=in_order([*block.marks, *marks]))


def _inline(text: str, mode: str) -> Iterator[Silent]:
    for why, pattern in INLINE:
        for match in pattern.finditer(text):
            number = match.groupdict().get("number")
            yield match.start(), match.end(), why, f"#{number}" if number else None
    if mode != "silent":
        return
    for first, last in unknown_brackets(text):
        is_before_a_stop = (
            text[last : last + 1] in ("", *".,;:!?") and text[first - 1 : first] == " "
        )
        yield first - is_before_a_stop, last, "bracket", None


def unknown_brackets(text: str) -> Iterator[tuple[int, int]]:
    """Brackets that are neither sounds nor pauses."""
    for match in ANY.finditer(text):
        words = match[0][1:-1].strip()
        if sound_name(words) is None and not words.lower().startswith("pause"):
            yield match.span()
