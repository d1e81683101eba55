"""Where sentences and clauses end: spans of a text, in order, with nothing but space between them.

Latin scripts end a sentence with a mark, then space; Chinese and Japanese need no space. A full
stop after `Dr`, an initial or a figure ends nothing, and neither does `“Stop!” she said`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from higgs_cli.wording.points import ends_no_sentence

Span = tuple[int, int]

CLOSERS = "\"'”’»」』）)】\\]"
LATIN_CLOSERS = CLOSERS + "«“‘‹›"
"""German closes with what English opens with."""
THIN = "\u2009\u200a\u202f"
"""Spaces between a stop and a quote, or between two quotes."""
WIDE = "\u2e80-\u2fff\u3001-\u3002\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
STOP = re.compile(
    rf"(?P<wide>[。！？]+[{CLOSERS}]*|(?<!…)…++[{CLOSERS}]*(?=[{WIDE}“「『])"
    rf"|(?<=[{WIDE}])[.!?]++[{CLOSERS}]*(?=[{WIDE}“「『\"]))"
    rf"|(?P<latin>(?:(?<![.!?])[.!?]++|(?<!…)…++)(?:[{THIN}]?[{LATIN_CLOSERS}])*+(?=\s))"
)
END_MARK = re.compile("[。！？….!?]")
"""What each of them begins with."""
CLAUSE = re.compile(rf"[,;:][{CLOSERS}]*(?=\s)|\s[-—–]+(?=\s)|[—―]+|[，、；：]+[{CLOSERS}]*")
WORD_GAP = re.compile(r"\s+")
WIDE_GAP = re.compile(rf"(?<=[{WIDE}])(?=[^\W\d_]|[{WIDE}])(?![，。、；：？！…”’」』）》])")
WORD_BEFORE = re.compile(r"(?<!\w)(?<!\w\.)\w(?:\w|\.(?=\w))*+$")
OPENING = re.compile(r"[\s\"'“‘«「『(（\-—]*")

JOINTS = frozenset(
    ("and", "but", "or", "nor", "for", "so", "yet", "because", "since", "when", "while", "where",
     "which", "who", "whom", "whose", "that", "than", "as", "if", "though", "although", "until",
     "till", "unless", "before", "after", "in", "on", "at", "by", "with", "from", "into", "upon",
     "over", "under", "through", "between", "among", "without", "within", "towards", "toward",
     "against", "about", "across", "behind", "beyond", "like", "of", "to",
     "und", "oder", "aber", "denn", "weil", "dass", "daß", "als", "wenn", "mit", "auf", "bei",
     "von", "zu", "nach", "aus", "für", "y", "e", "o", "u", "pero", "que", "porque", "cuando",
     "con", "en", "de", "por", "para", "sin", "et", "ou", "mais", "parce", "quand", "avec",
     "dans", "sur", "pour", "par", "sans", "qui", "où")
)  # fmt: skip
"""Prepositions and conjunctions: a breath before one of them breaks no phrase."""


def sentences(text: str) -> list[Span]:
    """The sentences of a text; what follows the last mark is one too."""
    return _parted(text, _sentence_ends(text))


def clauses(text: str, span: Span) -> list[Span]:
    """The parts of a sentence between commas, dashes and the like."""
    first, last = span
    ends = (first + match.end() for match in CLAUSE.finditer(text[first:last]))
    return _parted(text, ends, first, last)


def phrases(text: str, span: Span) -> list[Span]:
    """The parts of a clause that begin with a preposition or a conjunction."""
    found: list[Span] = []
    for first, last in words(text, span):
        if found and text[first:last].strip("\"'“‘(").lower() not in JOINTS:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return found


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
    is_initial = len(word[0]) == 1 and word[0].isupper() and word[0] != "I"
    return not ends_no_sentence(word[0], following) and not (is_initial and following.isupper())
