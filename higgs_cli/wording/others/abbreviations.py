"""Abbreviations of a table, with points and without."""

from __future__ import annotations

import re
from functools import cache

from higgs_cli.script.romans import roman_value
from higgs_cli.wording.others.table import LanguageTable
from higgs_cli.wording.others.tables import TABLES
from higgs_cli.wording.reading import Said
from higgs_cli.wording.tokens import Tokens

Written = tuple[list[str], str, str]
"""Its tokens, what is said, and how the table writes it."""
STREET = "str"
NOBLE = frozenset(("de", "du", "des", "la", "le", "von", "van", "del"))
ELIDED = re.compile(r"(?:[cdjlmnst]|qu)['’]", re.IGNORECASE)


@cache
def _by_first_token(language: str) -> dict[str, list[Written]]:
    """The longest first."""
    found: dict[str, list[Written]] = {}
    for written, said in TABLES[language].abbreviations.items():
        tokens = Tokens(written)
        words = tokens.words[tokens.first : tokens.last]
        found.setdefault(words[0], []).append((words, said, written))
    for entries in found.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return found


def read_abbreviation(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """What the table has, where it stands as such."""
    if street := _street(tokens, index, table):
        return street
    elided, first = _elided(tokens.words[index], table)
    for words, said, written in _by_first_token(table.language).get(first, ()):
        end = index + len(words)
        if tokens.words[index + 1 : end] != words[1:] or not _is_tight(tokens, index, words):
            continue
        if not _is_meant(tokens, index, end, written, table):
            continue
        following = tokens.words[tokens.after_closers(end)]
        ends = not following or (following[0].isupper() and written in table.may_end)
        keeps_point = words[-1] == "." and ends
        if keeps_point and len(words) == 2 and len(words[0]) == 1 and written not in table.may_end:
            continue  # a lone letter at the end of a sentence is a letter
        gap = " " if words[-1] == "/" and tokens.is_tight(end) else ""
        return Said(elided.replace("’", "'") + said + gap, len(words) - keeps_point)
    return None


def _elided(word: str, table: LanguageTable) -> tuple[str, str]:
    """French `l’art.`: the article that is written on to a word, and the word."""
    found = ELIDED.match(word) if table.language == "fr" else None
    return (found[0], word[found.end() :]) if found else ("", word)


def _is_tight(tokens: Tokens, index: int, words: list[str]) -> bool:
    """Points and dashes stand right behind their letters."""
    return all(tokens.is_tight(index + i) for i, word in enumerate(words) if word in ".-/" and i)


def _is_meant(tokens: Tokens, index: int, end: int, written: str, table: LanguageTable) -> bool:
    following = tokens.words[end]
    if written in table.before_figures:
        return following.isdecimal() or roman_value(following) is not None
    if written in table.behind_figures:
        return tokens.is_figures(index - 1)
    if written in table.bare:
        return True
    if written.endswith("-") or written.isalpha() or written == "v.":
        name = tokens.words[tokens.after_closers(end)]
        is_noble = name in NOBLE or name.startswith(("d’", "d'"))
        return name[:1].isupper() or (is_noble and len(written) > 2)
    return True


def _street(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """`Hauptstr. 5`"""
    word = tokens.words[index]
    is_street = table.language == "de" and word.endswith(STREET) and len(word) > len(STREET)
    if not is_street or not tokens.is_stop(index + 1):
        return None
    following = tokens.words[index + 2]
    goes_on = following[:1].isdecimal() or following[:1].islower() or following == ","
    return Said(f"{word.removesuffix(STREET)}straße", 1 + goes_on)
