"""Marks of notes that are raised: behind which words and figures a small number is one.

1850³   £40,000¹²   Burke.⁷        notes
10⁶     5²   km²   x²              powers
"""

from __future__ import annotations

import re
from dataclasses import replace

from higgs_cli.script.manuscript import Block, Manuscript, Mark, in_order

RAISED = "¹²³⁰⁴-⁹"
BEHIND_A_WORD = re.compile(r"[^\W\d_]|[.,;:!?…”’\"')\]—]")
_FIGURE = r"(?:(?<![\d.,])(?:1[1-9]|20)\d\d|[£$€¥] ?\d[\d,]{0,15}(?:\.\d{1,4})?)"
"""A year or money: nobody raises them to a power."""
BEHIND_A_FIGURE = re.compile(rf"{_FIGURE}\Z")
SQUARED = re.compile(r"(?:\A|[\s\d(=+−-])(?:[b-z]|[kcmd]m|ft|yd|mi|mc)\Z")
"""A unit or the letter of a formula."""
RAISED_MARK = re.compile(
    rf"(?:{_FIGURE}|[\w”’\"')\]][.,;:!?”’\"')\]]|[^\W\d_{RAISED}]{{3}})"
    rf"(?P<number>[{RAISED}]{{1,3}})(?![\w^])"
)
FIGURES = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_a_power(before: str, written: str) -> bool:
    """Is a number raised behind these words a power of them?"""
    figures = written.strip()
    if before[-1:].isdecimal():
        return figures.isdecimal() and BEHIND_A_FIGURE.search(before) is None
    return figures in ("2", "3") and SQUARED.search(before) is not None


def may_be_a_note(before: str, written: str = "") -> bool:
    """Is a number raised behind these words a note's, and no power?"""
    if is_a_power(before, written):
        return False
    is_word = BEHIND_A_WORD.match(before[-1:]) is not None
    return is_word or BEHIND_A_FIGURE.search(before) is not None


def as_a_power(written: str, before: str) -> str:
    """A raised number that is a power stays raised: 10⁶ is not 106."""
    return written.translate(POWERS) if is_a_power(before, written) else written


def with_raised_marks(manuscript: Manuscript) -> Manuscript:
    """The same with raised numbers of notes as marks of theirs."""
    blocks = tuple(_marked(manuscript, block) for block in manuscript.blocks)
    return replace(manuscript, blocks=blocks)


def _marked(manuscript: Manuscript, block: Block) -> Block:
    text = manuscript.text(block)
    if block.left_out is not None or text.isascii():
        return block
    marks = [
        Mark(
            block.start + match.start("number"),
            block.start + match.end("number"),
            "note-mark",
            f"#{match['number'].translate(FIGURES)}",
        )
        for match in RAISED_MARK.finditer(text)
    ]
    return replace(block, marks=in_order([*block.marks, *marks])) if marks else block
