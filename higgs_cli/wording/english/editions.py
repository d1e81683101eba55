"""Editions of books, and who made them: `2nd ed.`, `rev. ed.`, `ed. by Smith`."""

from __future__ import annotations

from higgs_cli.wording.english.abbreviations import INNER
from higgs_cli.wording.english.numbers import as_ordinal, cardinal
from higgs_cli.wording.english.stops import past_stop
from higgs_cli.wording.reading import Manner, Said
from higgs_cli.wording.tokens import Tokens

ORDINAL_ENDS = frozenset(("st", "nd", "rd", "th", "d"))
WHICH_EDITION = frozenset((
    *(as_ordinal(cardinal(number)) for number in range(1, 21)),
    "new", "revised", "enlarged", "rev", "last", "latest", "this",
))  # fmt: skip


def read_edition(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`the second ed.`, `2nd ed.`, `rev. ed.`, `a new ed.`"""
    if not tokens.is_stop(index + 1):
        return None
    before = index - 2 if tokens.is_stop(index - 1) else index - 1
    is_figure = tokens.words[before] in ORDINAL_ENDS and tokens.is_figures(before - 1)
    if not is_figure and tokens.lower(before) not in WHICH_EDITION:
        return None
    return Said("edition", past_stop(tokens, index + 1) - index)


def read_revised(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`rev. ed.`"""
    is_edition = tokens.is_stop(index + 1) and tokens.words[index + 2] in ("ed", "edn")
    return Said("revised", 2) if is_edition else None


def read_edited(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`ed. by Smith`, `trans. by Brown`: whose `by` is written."""
    is_written = tokens.is_stop(index + 1) and tokens.lower(index + 2) == "by"
    return Said(INNER[tokens.words[index]].removesuffix(" by"), 2) if is_written else None
