"""Fractions: `5/8`, `2½`, and `21/2` as old prints have them."""

from __future__ import annotations

from higgs_cli.wording.english.amounts import (
    PLAIN_PARTS,
    SLASHES,
    Fraction,
    amount_at,
    fraction_at,
)
from higgs_cli.wording.english.numbers import cardinal
from higgs_cli.wording.reading import LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

MOST_MONTHS, MOST_DAYS = 12, 31
TENTHS = 10
EARLIEST_YEAR = 1100
OLD_BOTTOMS = {"2": 2, "3": 3, "4": 4, "8": 8}


def read_fraction(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """A fraction alone, or behind a whole number."""
    if _is_inside(tokens, index):
        return None
    old = _old_print(tokens, index)
    if old is not None:
        return old
    fraction = fraction_at(tokens, index)
    if (
        fraction is not None
        and fraction.top >= EARLIEST_YEAR
        and fraction.top + 1 == fraction.bottom
    ):
        return None  # `1999/2000`
    if fraction is not None and _is_pair(tokens, index, fraction):
        return Said(f"{cardinal(fraction.top)} {cardinal(fraction.bottom)}", 3, LIKELY)
    if fraction is not None:
        return Said(_with_article(tokens, index, fraction), fraction.end - index, LIKELY)
    amount = amount_at(tokens, index, manner)
    if amount is not None and amount.fraction is not None:
        gap = "" if not tokens.is_tight(index) or tokens.words[index - 1] in "-(–" else " "
        return Said(gap + amount.words, amount.end - index)
    return None


def _is_pair(tokens: Tokens, index: int, fraction: Fraction) -> bool:
    """`since 9/11`: a month and a day, where nothing is parted and such parts are not usual."""
    is_part = fraction.bottom <= TENTHS or fraction.bottom in PLAIN_PARTS
    is_of = tokens.words[fraction.end] == "of" or tokens.lower(index - 1) == "a"
    return not (is_part or is_of) and fraction.top <= MOST_MONTHS and fraction.bottom <= MOST_DAYS


def _with_article(tokens: Tokens, index: int, fraction: Fraction) -> str:
    is_after = tokens.lower(index - 1) in ("a", "the") and fraction.top == 1
    return fraction.name if is_after else fraction.words


def _old_print(tokens: Tokens, index: int) -> Said | None:
    """`21/2`: two and a half, where the top is too large and ends in a small part."""
    top, slash, bottom = tokens.words[index : index + 3]
    if slash not in SLASHES or bottom not in OLD_BOTTOMS or not 2 <= len(top) <= 3:
        return None
    if not (tokens.is_tight(index + 1) and tokens.is_tight(index + 2)) or not top.isdecimal():
        return None
    part, size = int(top[-1]), OLD_BOTTOMS[bottom]
    if not 0 < part < size or (part, size) == (2, 4) or tokens.words[index + 3] == "/":
        return None
    fraction = Fraction(part, size, index + 3)
    return Said(f"{cardinal(int(top[:-1]))} {fraction.after_whole}", 3, LIKELY)


def _is_inside(tokens: Tokens, index: int) -> bool:
    before = tokens.words[index - 1]
    return tokens.is_tight(index) and before in ("/", "⁄") and tokens.is_figures(index - 2)
