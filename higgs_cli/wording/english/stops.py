"""A point behind an abbreviation or a figure: does it end the sentence as well?"""

from __future__ import annotations

from collections.abc import Container

from higgs_cli.wording.english.abbreviations import SENTENCE_OPENERS
from higgs_cli.wording.tokens import Tokens

OPENERS = frozenset("\"'“‘«—–-*_")


def ends_sentence(tokens: Tokens, index: int, openers: Container[str] | None = None) -> bool:
    """Is the point at this index the end of a sentence too? `openers`: only they may begin one."""
    following = tokens.after_closers(index + 1)
    word = tokens.words[following]
    if not word:
        return True
    if tokens.is_tight(following):
        return word == "<"
    while word in OPENERS:
        following += 1
        word = tokens.words[following]
        if not word:
            return True
    if not word[0].isupper():
        return word == "<"
    return openers is None or word in openers


def past_stop(tokens: Tokens, index: int, openers: Container[str] | None = None) -> int:
    """The index behind a point that belongs to the abbreviation alone; else the same index."""
    if tokens.is_stop(index) and not ends_sentence(tokens, index, openers):
        return index + 1
    return index


def begins_sentence(tokens: Tokens, index: int) -> bool:
    """Does a sentence begin with this token, as far as the mark before it says?"""
    before = tokens.words[index - 1]
    return not before or before in '.!?…“"‘:;—' or before in OPENERS


def is_opener(word: str) -> bool:
    """Does a word that begins with a capital begin a sentence rather than a name?"""
    return word in SENTENCE_OPENERS or word.partition("’")[0].partition("'")[0] in SENTENCE_OPENERS
