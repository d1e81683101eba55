"""Words of a plan of which it is not sure how they are said: for a person to look at, once a book.

What a rule or the lexicon has put in the place of the source is settled. Of the rest are listed
figures that are left, abbreviations that no table knows, words in capitals, letters of another
alphabet, and names that the dictionary of mini does not have (English only).
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from higgs_cli.checkpoints.find import MINI
from higgs_cli.files.bundled import package_folder
from higgs_cli.planning.plan import Chunk, Plan
from higgs_cli.script.romans import roman_value
from higgs_cli.script.source_text import SOFT_RULES, SourceText
from higgs_cli.wording.languages import foreign_letters
from higgs_cli.wording.tokens import Tokens

Kind = Literal["figures", "abbreviation", "capitals", "alphabet", "name"]
KINDS: tuple[Kind, ...] = ("figures", "abbreviation", "capitals", "alphabet", "name")
MOST_LETTERS_SHORT = 6
"""A longer word before a point is no abbreviation, whatever follows."""
VOWEL = re.compile(r"[aeiouyAEIOUY]")


@dataclass(frozen=True)
class UnsureWord:
    """A word, why it is listed, how often it comes and where first."""

    kind: Kind
    word: str
    count: int
    line_number: int
    place: str
    """Its line; of a book that has no lines, chapter and paragraph."""


def unsure_words(plan: Plan) -> list[UnsureWord]:
    """All of them: by kind, the commonest first."""
    counts: dict[tuple[Kind, str], int] = {}
    first: dict[tuple[Kind, str], tuple[int, str]] = {}
    dictionary = _dictionary() if plan.language == "en" else None
    for chunk in plan.chunks:
        text = SourceText(chunk.pieces)
        tokens = Tokens(text.text)
        for index, kind in _unsure(tokens, _settled(text), plan.language, dictionary):
            name = kind, _bare(tokens.words[index])
            counts[name] = counts.get(name, 0) + 1
            if name not in first:
                start, _ = text.span(tokens.starts[index], tokens.ends[index])
                first[name] = _place(plan, chunk, start)
    found = [UnsureWord(*name, count, *first[name]) for name, count in counts.items()]
    return sorted(found, key=lambda each: (KINDS.index(each.kind), -each.count, each.word))


def _place(plan: Plan, chunk: Chunk, position: int) -> tuple[int, str]:
    """The line of a position of the source, and how a person finds it."""
    line = plan.script.lines.number_at(position)
    if not plan.script.places.labels and not chunk.is_credits:
        return line, str(line)
    turns = [number for number in chunk.turns if plan.script.turn_starts[number] <= position]
    return line, plan.script.place_of_turn(max(turns, default=chunk.turns[0]))


def _unsure(
    tokens: Tokens, settled: list[tuple[int, int]], language: str, dictionary: frozenset[str] | None
) -> Iterator[tuple[int, Kind]]:
    """The tokens that are not sure, each with why."""
    behind = 0
    for index in range(tokens.first, tokens.last):
        start = tokens.starts[index]
        while behind < len(settled) and settled[behind][1] <= start:
            behind += 1
        if behind < len(settled) and settled[behind][0] <= start:
            continue
        kind = _kind(tokens, index, language, dictionary)
        if kind is not None:
            yield index, kind


def _kind(
    tokens: Tokens, index: int, language: str, dictionary: frozenset[str] | None
) -> Kind | None:
    word = tokens.words[index]
    if word[0].isnumeric():
        return "figures" if language != "zh" or word[0].isdecimal() else None
    if not word[0].isalpha():
        return None
    if not word.isascii() and foreign_letters(word, language):
        return "alphabet"
    if _is_short(tokens, index):
        return "abbreviation"
    if not word[0].isupper():
        return None
    if len(word) > 1 and word.isupper() and not _is_among_capitals(tokens, index):
        return "capitals"
    bare = _bare(word).lower().replace("’", "'")
    is_name = dictionary is not None and len(bare) > 1 and not word.isupper()
    return "name" if is_name and dictionary is not None and bare not in dictionary else None


def _is_short(tokens: Tokens, index: int) -> bool:
    """A short word with a point where the sentence goes on, or without a vowel."""
    word = tokens.words[index]
    if "'" in word or "’" in word:
        return False
    if not tokens.is_stop(index + 1) or not 1 < len(word) <= MOST_LETTERS_SHORT:
        return False
    following = tokens.words[index + 2]
    goes_on = following[:1].islower() or following[:1].isdecimal() or following == ","
    return goes_on or VOWEL.search(word) is None


def _is_among_capitals(tokens: Tokens, index: int) -> bool:
    """A line in capitals, or a numeral: nothing to spell out."""
    if roman_value(tokens.words[index]) is not None:
        return True
    beside = (tokens.words[index - 1], tokens.words[index + 1])
    return any(len(word) > 1 and word.isalpha() and word.isupper() for word in beside)


def _bare(word: str) -> str:
    return word[:-2] if word[-2:] in ("'s", "’s") else word


def _settled(text: SourceText) -> list[tuple[int, int]]:
    """The parts of a text that a rule or the lexicon has settled."""
    found, begin = [], 0
    for piece in text.pieces:
        if piece.rule not in SOFT_RULES:
            found.append((begin, begin + len(piece.text)))
        begin += len(piece.text)
    return found


@cache
def _dictionary() -> frozenset[str]:
    """The words that mini's dictionary has; empty where mini is not installed."""
    path = package_folder("model") / MINI / "pronunciations.tsv.gz"
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return frozenset(line.partition("\t")[0] for line in file)
    except (OSError, EOFError, UnicodeDecodeError):
        return frozenset()
