"""Directions within a speech: brackets, whole sentences in italics, parentheses in their places."""

from __future__ import annotations

import re
from collections.abc import Iterator

from higgs_cli.script.assembly import PAUSE
from higgs_cli.script.directions import BEAT
from higgs_cli.script.manuscript import Block, Manuscript, Mark
from higgs_cli.script.sound_tags import sound_name
from higgs_cli.script.source_text import SourceText

IN_BRACKETS = re.compile(r"\[[^\[\]]{1,2000}\]")
IN_PARENTHESES = re.compile(r"\([^()]{1,400}\)")
BEFORE_A_DIRECTION = re.compile(r"(?:(?<=[.!?])\s?(?:--|[—–])|\s?[\[(])\s*\Z")
"""`SCENE I.--`, and a bracket that is never closed."""
ENDED = (".", "!", "?", ":", ";", ")", "]", "…", "—")
WIDEST_INDENT = 80


def directions_in(
    manuscript: Manuscript,
    block: Block,
    words: SourceText,
    *,
    is_first: bool,
    is_screenplay: bool,
) -> Iterator[tuple[int, int]]:
    """Parts of a speech that nobody says, in order; `is_first`: a name stands just before it."""
    text = words.text
    found = [match.span() for match in IN_BRACKETS.finditer(text) if not _is_tag(match[0])]
    for first, last in italics(manuscript, block):
        begin, end = length_in(words, first), length_in(words, last)
        said = text[begin:end].strip()
        if said[:1].isupper() and said.endswith(ENDED):
            found.append((begin, end))
        elif text[begin - 1 : begin] == "(" and text[end : end + 1] == ")":
            found.append((begin - 1, end + 1))
        elif not text[:begin].strip(" (") and not text[end:].strip(" )."):
            found.append((0, len(text)))
    for match in IN_PARENTHESES.finditer(text):
        is_behind_a_name = is_first and not text[: match.start()].strip(" .:")
        is_apart = match[0] == text.strip() or BEAT.fullmatch(match[0])
        is_line = is_screenplay and _is_a_line(manuscript.source, words, *match.span())
        if is_behind_a_name or is_apart or is_line:
            found.append(match.span())
    position = 0
    for begin, end in sorted(found):
        if begin >= position and end > begin:
            yield begin, end
            position = end


def _is_a_line(source: str, words: SourceText, first: int, last: int) -> bool:
    """Does a part of a speech stand alone on a line of the source?"""
    start, end = words.span(first, last)
    before = source[max(0, start - WIDEST_INDENT) : start].rpartition("\n")
    after = source[end : end + WIDEST_INDENT].partition("\n")
    is_at_its_begin = bool(before[1]) or start <= WIDEST_INDENT
    return is_at_its_begin and not before[2].strip() and not after[0].strip()


def italics(manuscript: Manuscript, block: Block) -> list[tuple[int, int]]:
    """The parts of a block in italics, bold words within them included."""
    found = [(mark.start, mark.end) for mark in block.marks if mark.kind == "emphasis"]
    opened: list[int] = []
    for mark in block.marks:
        written = manuscript.source[mark.start : mark.end]
        if mark.kind != "markup" or set(written) - set("*_") or len(written) % 2 == 0:
            continue
        if opened and not _begins_italics(manuscript.source, mark):
            found.append((opened.pop(), mark.start))
        else:
            opened.append(mark.end)
    return found


def _begins_italics(source: str, mark: Mark) -> bool:
    """Italics in italics: a star behind a space and before a word opens, others close."""
    return not source[mark.start - 1 : mark.start].strip() and bool(
        source[mark.end : mark.end + 1].strip()
    )


def _is_tag(written: str) -> bool:
    return sound_name(written[1:-1]) is not None or PAUSE.match(written) is not None


def length_in(words: SourceText, position: int) -> int:
    """How much of a text stands before a position of the source."""
    length = 0
    for piece in words.pieces:
        if piece.end <= position:
            length += len(piece.text)
            continue
        if piece.start < position and piece.is_written:
            length += position - piece.start
        break
    return length
