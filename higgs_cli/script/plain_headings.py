"""Headings of plain text that have no mark but where they stand: a number alone, capitals alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from higgs_cli.script.source_lines import SourceLine
from higgs_cli.script.titles import is_number_alone, number_alone

if TYPE_CHECKING:
    from higgs_cli.script.plain_blocks import Stanza

LONGEST = 70
NO_HEADING = re.compile(
    r"the end|finis|end|curtain|fin|ende|end of .{1,40}|by|produced by.*|.*\[.*|.*[,;:]",
    re.IGNORECASE,
)
SENTENCE = re.compile(r".*[.,;:]$")


def heading_levels(parts: Sequence[Stanza | SourceLine]) -> dict[int, int]:
    """The stanzas that are headings, by their number, and how high each stands."""
    has_chapters = any(
        isinstance(p, SourceLine) and p.kind == "heading" and p.level == 2 for p in parts
    )
    numerals = _numerals(parts)
    found = dict.fromkeys(numerals, 3 if has_chapters else 2)
    has_chapters = has_chapters or bool(numerals)
    for number, part in enumerate(parts):
        if number in found or isinstance(part, SourceLine):
            continue
        if _is_in_capitals(part):
            found[number] = 4 if has_chapters else 2
        elif number and _is_below_a_number(parts[number - 1], number - 1 in numerals, part):
            found[number] = 4
    found.update(_set_apart(parts, found))
    return found


def _set_apart(parts: Sequence[Stanza | SourceLine], found: dict[int, int]) -> dict[int, int]:
    """Short lines with two blank lines above them, in a text that sets all its headings so."""
    apart = [
        number
        for number, part in enumerate(parts)
        if number not in found and not isinstance(part, SourceLine) and part.blanks_before > 1
    ]
    titles = {number: 2 for number in apart if _is_title(parts[number])}
    headings = len(found) + sum(isinstance(p, SourceLine) and p.kind == "heading" for p in parts)
    others = len(apart) - len(titles)
    return titles if headings > 2 and others * 5 <= headings and len(titles) <= headings else {}


def _is_title(part: Stanza | SourceLine) -> bool:
    if isinstance(part, SourceLine) or len(part.lines) != 1:
        return False
    words = part.written[0]
    is_whole = 0 < len(words.strip()) <= LONGEST and not SENTENCE.fullmatch(words.strip())
    return is_whole and words[:1].isupper() and not NO_HEADING.fullmatch(words.strip())


def _numerals(parts: Sequence[Stanza | SourceLine]) -> set[int]:
    """Numbers alone on their lines that count on from one: at least two of them."""
    found: list[int] = []
    last = 0
    for number, part in enumerate(parts):
        value = _value(part) if not isinstance(part, SourceLine) else None
        if value is not None and value in (1, last + 1):
            found.append(number)
            last = value
    return set(found) if len(found) > 1 else set()


def _value(stanza: Stanza) -> int | None:
    return number_alone(stanza.written[0].strip(" \t_*")) if len(stanza.lines) == 1 else None


def _is_in_capitals(stanza: Stanza) -> bool:
    """Capitals alone, with two blank lines above them."""
    if stanza.blanks_before < 2 or len(stanza.lines) > 2:
        return False
    words = " ".join(line.strip(" \t_*") for line in stanza.written)
    has_letters = any(char.isalpha() for char in words)
    return (
        has_letters
        and words == words.upper() != words.lower()
        and len(words) <= LONGEST
        and not NO_HEADING.fullmatch(words)
    )


def _is_below_a_number(before: Stanza | SourceLine, is_numeral: bool, stanza: Stanza) -> bool:
    """A title under its number: one short line that is no sentence."""
    if len(stanza.lines) != 1:
        return False
    is_number = is_numeral or (
        isinstance(before, SourceLine)
        and before.kind == "heading"
        and is_number_alone(before.text.text.strip(" \t_*"))
    )
    words = stanza.written[0].strip()
    return is_number and len(words) <= LONGEST and not SENTENCE.fullmatch(words)
