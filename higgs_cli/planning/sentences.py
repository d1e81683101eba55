"""Where sentences and clauses end: spans of a text, in order, with nothing but space between them.

Latin scripts end a sentence with a mark, then space; Chinese and Japanese need no space. A full
stop after `Dr`, an initial or a figure ends nothing, and neither does `“Stop!” she said`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

CLOSERS = "\"'”’»」』）)】\\]"
WIDE = "\u2e80-\u2fff\u3001-\u3002\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
STOP = re.compile(
    rf"(?P<wide>[。！？]+[{CLOSERS}]*|(?<!…)…++[{CLOSERS}]*(?=[{WIDE}“「『])"
    rf"|(?<=[{WIDE}])[.!?]++[{CLOSERS}]*(?=[{WIDE}“「『\"]))"
    rf"|(?P<latin>(?:(?<![.!?])[.!?]++|(?<!…)…++)[{CLOSERS}]*+(?=\s))"
)
END_MARK = re.compile("[。！？….!?]")
"""What each of them begins with."""
CLAUSE = re.compile(rf"[,;:][{CLOSERS}]*(?=\s)|\s[-—–]+(?=\s)|[—―]+|[，、；：]+[{CLOSERS}]*")
WORD_GAP = re.compile(r"\s+")
WIDE_GAP = re.compile(rf"(?<=[{WIDE}])(?=[^\W\d_]|[{WIDE}])(?![，。、；：？！…”’」』）》])")
WORD_BEFORE = re.compile(r"(?<!\w)(?<!\w\.)\w(?:\w|\.(?=\w))*+$")
OPENING = re.compile(r"[\s\"'“‘«「『(（\-—]*")

ABBREVIATIONS = re.compile(
    r"mr|mrs|ms|dr|prof|rev|capt|col|gen|lt|sgt|cpl|hon|gov|sen|st|mt|mme|mlle|messrs|jr|sr|no|nos"
    r"|vol|ch|fig|pp|p|ca|vs|etc|e\.g|i\.e|cf|al|approx|dept|ltd|inc|esq|ave|blvd|rd|jan|feb|mar|apr"
    r"|jun|jul|aug|sept|sep|oct|nov|dec|z\.b|bzw|usw|m|sra|srta|ud"
)
ENDS_OFTEN = {"etc", "ltd", "inc", "esq", "jr", "sr", "rd", "ave", "blvd"}
"""Abbreviations that also stand at the end of a sentence: a capital after them decides."""


def sentences(text: str) -> list[Span]:
    """The sentences of a text; what follows the last mark is one too."""
    return _parted(text, _sentence_ends(text))


def clauses(text: str, span: Span) -> list[Span]:
    """The parts of a sentence between commas, dashes and the like."""
    first, last = span
    ends = (first + match.end() for match in CLAUSE.finditer(text[first:last]))
    return _parted(text, ends, first, last)


def words(text: str, span: Span) -> list[Span]:
    """The words of a clause with their punctuation; in Chinese, its characters."""
    first, last = span
    ends = {first + match.end() for match in WORD_GAP.finditer(text[first:last])}
    ends |= {first + match.start() for match in WIDE_GAP.finditer(text[first:last])}
    return _parted(text, iter(sorted(ends)), first, last)


def _parted(text: str, ends: Iterator[int], first: int = 0, last: int | None = None) -> list[Span]:
    """Spans between these places, without the space around them."""
    last = len(text) if last is None else last
    spans: list[Span] = []
    for end in (*ends, last):
        piece = text[first:end]
        begin = first + len(piece) - len(piece.lstrip())
        stop = first + len(piece.rstrip())
        if stop > begin:
            spans.append((begin, stop))
        first = max(first, end)
    return spans


def _sentence_ends(text: str) -> Iterator[int]:
    position = 0
    for mark in END_MARK.finditer(text):  # an alternation would be tried at every letter
        match = STOP.match(text, mark.start()) if mark.start() >= position else None
        if match is None:
            continue
        position = match.end()
        if match["wide"] or _ends_sentence(text, match):
            yield position


def _ends_sentence(text: str, stop: re.Match[str]) -> bool:
    """Does a mark with space after it end a sentence?"""
    after = OPENING.match(text, stop.end())
    begin = after.end() if after else stop.end()
    following = text[begin : begin + 1]
    if following.islower():
        return False
    mark = stop["latin"]
    if mark != ".":
        return True
    before = text[max(0, stop.start() - 24) : stop.start()]
    word = WORD_BEFORE.search(before)
    if word is None:
        return True
    name = word[0].lower()
    if name in ENDS_OFTEN:
        return True
    is_initial = len(name) == 1 and word[0].isupper() and word[0] != "I"
    return not ABBREVIATIONS.fullmatch(name) and not (is_initial and following.isupper())
