"""Words that are written with a point: whether it ends a sentence, in texts of any language.

English comes from the tables that its readers use; of the other languages stands here what books
have most. Texts that are written out have few of them left.
"""

from __future__ import annotations

from functools import cache

from higgs_cli.wording.english.abbreviations import BEFORE_NUMBERS, ENDING, INNER, PLACES, TITLES

OTHERS = frozenset(
    ("z.b", "d.h", "u.a", "bzw", "vgl", "nr", "str", "hr", "frl", "bd", "hrsg", "jh", "chr", "geb",
     "gest", "st", "sr", "sra", "srta", "ud", "uds", "vd", "vds", "pág", "págs", "núm", "lic",
     "sto", "m", "mm", "mme", "mlle", "mgr", "jr", "ca", "i.e", "e.g")
)  # fmt: skip
"""Of German, Spanish and French, and what stands in no table of English."""
OTHER_ENDINGS = frozenset(("usw", "usf", "etc"))
WORDS_TOO = frozenset(("no", "c", "b", "d", "l", "v", "n", "f", "do", "cent", "al", "co"))
"""Words of their own or letters: only before a figure does their point not end a sentence."""


@cache
def _inner() -> frozenset[str]:
    titles = {title.lower() for title in TITLES}
    return frozenset(titles | {word.lower() for word in INNER} | OTHERS) - WORDS_TOO


@cache
def _ending() -> frozenset[str]:
    words = {word.lower() for word in ENDING} | {place.lower() for place in PLACES}
    return frozenset(words | OTHER_ENDINGS) - WORDS_TOO


@cache
def _before_numbers() -> frozenset[str]:
    return frozenset(word.lower() for word in BEFORE_NUMBERS)


def ends_no_sentence(word: str, following: str) -> bool:
    """Does the point behind this word belong to it alone, before this character?"""
    name = word.lower()
    if following.isdecimal() and name in _before_numbers():
        return True
    return name in _inner() and name not in _ending()
