"""Finds what is said aloud in prose: curly, straight or single quotes, guillemets, or dashes.

A quotation goes on in the next paragraph where it is not closed and that one opens again. Quotes
within quotes belong to the outer one; a word in quotes within a sentence is no speech.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

STYLES: dict[str, tuple[str, str]] = {
    "double": ("“", "”"),
    "straight": ('"', '"'),
    "single": ("‘", "’"),
    "low": ("„", "“”"),
    "guillemets": ("«", "»"),
    "reversed": ("»", "«"),
    "corner": ("「", "」"),
}
DASHES = "—–―"
SAID_END = (".", ",", "!", "?", "…", "—", ":", ";", "-", "。", "，", "！", "？")
LEAST = 3
CLOSES_SPEECH = re.compile(r"(?<=[.,!?…—;:-])’(?![^\W\d_])")
CLOSES_WORD = re.compile(r"’(?=\s*$|[\s—])")
"""An apostrophe at the end of a word looks alike, and is none where speech ends behind it."""
FEW_WORDS = 4
FEW_SIGNS = 12
"""Blanks and stops at the edge of a paragraph."""


@dataclass(frozen=True)
class Quotation:
    """A part `[start, end)` of a paragraph that somebody says, with its marks."""

    paragraph: int
    start: int
    end: int
    text: str
    """What is said, without its marks."""
    is_continued: bool = False
    """Does it go on with the one before, which its paragraph did not close?"""


def style_of(paragraphs: Sequence[str]) -> str | None:
    """Which marks a book sets speech in; None where it has none."""
    counts: Counter[str] = Counter()
    for text in paragraphs:
        for style, (opening, _) in STYLES.items():
            counts[style] += len(re.findall(rf"(?:^|[\s(—-]){opening}(?=\S)", text))
        counts["dash"] += text.lstrip()[:1] in DASHES and len(text) > 1
    counts["low"] *= 2  # its closing mark opens in English
    best, count = counts.most_common(1)[0] if counts else ("", 0)
    return best if count >= LEAST else None


def quotations_in(paragraphs: Sequence[str], style: str | None = None) -> list[Quotation]:
    """Everything said in these paragraphs, in order."""
    style = style or style_of(paragraphs)
    if style is None:
        return []
    found: list[Quotation] = []
    is_open = False
    for number, text in enumerate(paragraphs):
        spans, stays_open = _spans(text, style)
        for index, (start, end) in enumerate(spans):
            words = _inside(text[start:end], style)
            is_continued = is_open and index == 0 and not text[:start].strip()
            if words and (is_continued or _is_speech(text, start, end, words)):
                found.append(Quotation(number, start, end, words, is_continued))
        is_open = stays_open
    return found


def _spans(text: str, style: str) -> tuple[list[tuple[int, int]], bool]:
    """The quotations of one paragraph, and whether the last is never closed."""
    if style == "dash":
        return _after_dashes(text), False
    opening, closings = STYLES[style]
    spans: list[tuple[int, int]] = []
    position = 0
    while True:
        start = _opening(text, opening, position, style)
        if start < 0:
            return spans, False
        end = _closing(text, closings, start + 1, style)
        if end < 0:
            spans.append((start, len(text)))
            return spans, True
        spans.append((start, end + 1))
        position = end + 1


def _opening(text: str, mark: str, position: int, style: str) -> int:
    while (at := text.find(mark, position)) >= 0:
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if style != "single" or (not before.isalnum() and after and not after.isspace()):
            return at
        position = at + 1
    return -1


def _closing(text: str, marks: str, position: int, style: str) -> int:
    if style == "single":
        following = text.find("‘", position)
        end = following if following >= 0 else len(text)
        match = CLOSES_SPEECH.search(text, position, end) or CLOSES_WORD.search(text, position)
        return match.start() if match else -1
    found = [at for mark in marks if (at := text.find(mark, position)) >= 0]
    return min(found, default=-1)


def _after_dashes(text: str) -> list[tuple[int, int]]:
    """`—Ven —dijo él—. Ya es tarde.`: what stands between two dashes is not said."""
    begin = len(text) - len(text.lstrip())
    if text[begin : begin + 1] not in DASHES or len(text) < begin + 3:
        return []
    marks = [match.start() for match in re.finditer(rf"(?<=\s)[{DASHES}](?=\S)|[{DASHES}]", text)]
    marks = [at for at in marks if at > begin]
    spans, start = [], begin
    for first, last in zip(marks[::2], [*marks[1::2], None], strict=False):
        spans.append((start, first))
        if last is None:
            return spans
        start = last
    if start < len(text):
        spans.append((start, len(text)))
    return spans


def _inside(written: str, style: str) -> str:
    marks = DASHES if style == "dash" else "".join(STYLES[style])
    return written.strip().strip(marks).strip()


def _is_speech(text: str, start: int, end: int, words: str) -> bool:
    """Not a title, or a word that somebody calls so-called."""
    if not any(letter.isalnum() for letter in words):
        return False
    if words.endswith(SAID_END) or len(words.split()) > FEW_WORDS * 3:
        return True
    is_first = text[:start].isspace() if 0 < start < FEW_SIGNS else start == 0
    is_last = len(text) - end < FEW_SIGNS and not text[end:].strip(" .,;")
    stands_alone = is_first or is_last
    return stands_alone or (words[:1].isupper() and len(words.split()) > FEW_WORDS)
