"""Money that describes a thing: `ten pounds`, but `a ten-pound note`."""

from __future__ import annotations

from higgs_cli.wording.english.years import FUNCTION_WORDS
from higgs_cli.wording.tokens import Tokens

ARTICLES = frozenset((
    "a", "an", "another", "one", "every", "each", "the", "his", "her", "my", "this", "that",
    "your", "our", "their",
))  # fmt: skip
NO_NOUNS = frozenset((
    "per", "each", "worth", "odd", "more", "less", "apiece", "extra", "left", "or",
))  # fmt: skip
PAPER_AND_METAL = frozenset((
    "note", "notes", "bill", "bills", "coin", "coins", "banknote", "banknotes", "piece", "pieces",
    "cheque", "cheques", "stamp", "stamps", "ticket", "tickets",
))  # fmt: skip
"""What is called after its worth with no article either: `paid in £5 notes`."""


def described(
    tokens: Tokens, start: int, end: int, words: str, one: str, many: str
) -> tuple[str, int]:
    """The words of the money at `[start, end)`, and the index behind it and its hyphen."""
    if tokens.is_dash(end) and tokens.is_lower(end + 1):
        is_rate = tokens.words[end + 1] in ("a", "per", "an", "worth")
        compound = as_attribute(words, one)
        return (compound, end) if is_rate else (f"{compound} ", end + 1)
    is_thing = tokens.words[end] in PAPER_AND_METAL and not tokens.is_tight(end)
    if is_thing or (tokens.lower(start - 1) in ARTICLES and is_noun(tokens, end)):
        return as_attribute(words, one), end
    return f"{words} {many}", end


def as_attribute(words: str, one: str) -> str:
    """`ten-pound`; names of several words keep their spaces: `ten U S dollar`."""
    return f"{words} {one}" if " " in one else f"{words.replace(' ', '-')}-{one}"


def is_noun(tokens: Tokens, index: int) -> bool:
    """Does a thing follow that the money describes?"""
    word = tokens.words[index]
    is_noun = word[:1].islower() and word not in FUNCTION_WORDS and word not in NO_NOUNS
    return is_noun and not word.endswith("ly") and not tokens.is_tight(index)
