"""Fractions: `1/2`, `¾`, and `2½` behind a whole number."""

from __future__ import annotations

from higgs_cli.wording.english.amounts import VULGAR
from higgs_cli.wording.others.agreement import agreed
from higgs_cli.wording.others.numbers import cardinal, ordinal
from higgs_cli.wording.others.table import LanguageTable
from higgs_cli.wording.reading import Said
from higgs_cli.wording.tokens import Tokens

MOST_BOTTOM = 100
GERMAN_PARTS = {2: "halb", 3: "Drittel", 7: "Siebtel", 8: "Achtel"}
FRENCH_PARTS = {2: "demi", 3: "tiers", 4: "quart"}
SPANISH_PARTS = {2: "medio", 3: "tercio"}


def fraction_at(tokens: Tokens, index: int) -> tuple[int, int, int] | None:
    """Top, bottom and the index behind; only what is smaller than one."""
    if tokens.words[index] in VULGAR:
        return (*VULGAR[tokens.words[index]], index + 1)
    if tokens.words[index + 1] != "/" or not tokens.is_inside(index + 1):
        return None
    if not (tokens.is_figures(index) and tokens.is_figures(index + 2)):
        return None
    if tokens.words[index + 3] == "/" and tokens.is_tight(index + 3):
        return None
    if max(len(tokens.words[index]), len(tokens.words[index + 2])) > 3:
        return None
    top, bottom = int(tokens.words[index]), int(tokens.words[index + 2])
    return (top, bottom, index + 3) if 0 < top < bottom <= MOST_BOTTOM else None


def read_fraction(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """A fraction that stands by itself."""
    found = fraction_at(tokens, index)
    if found is None:
        return None
    top, bottom, end = found
    return Said(_alone(top, bottom, tokens.words[end], table), end - index)


def behind_whole(
    tokens: Tokens, end: int, words: str, table: LanguageTable
) -> tuple[str, int] | None:
    """A whole number with the fraction behind it: `zweieinhalb`, `dos y medio`."""
    if tokens.is_tight(end) and tokens.words[end] not in VULGAR:
        return None
    found = fraction_at(tokens, end)
    if found is None:
        return None
    top, bottom, behind = found
    return _mixed(words, top, bottom, tokens.words[behind], table), behind


def _alone(top: int, bottom: int, noun: str, table: LanguageTable) -> str:
    language = table.language
    if language == "ko":
        return f"{cardinal(bottom, language)}분의 {cardinal(top, language)}"
    if language == "es" and (top, bottom) == (1, 2):
        return _half(noun, table)
    return f"{_one_of(top, table)} {_part(top, bottom, language)}"


def _mixed(words: str, top: int, bottom: int, noun: str, table: LanguageTable) -> str:
    language = table.language
    if language == "de":
        whole = "ein" if words == "eins" else words
        return f"{whole}einhalb" if bottom == 2 else f"{words} {_alone(top, bottom, noun, table)}"
    if language == "es":
        part = _half(noun, table) if bottom == 2 else _alone(top, bottom, noun, table)
        return f"{words} y {part}"
    if language == "fr":
        part = _part(top, bottom, language)
        return f"{words} et {part}" if top == 1 else f"{words} {_alone(top, bottom, noun, table)}"
    return f"{words}과 {_alone(top, bottom, noun, table)}"


def _half(noun: str, table: LanguageTable) -> str:
    is_feminine = agreed("uno", noun, table) == "una"
    return "media" if is_feminine else "medio"


def _one_of(top: int, table: LanguageTable) -> str:
    return table.one if top == 1 else cardinal(top, table.language)


def _part(top: int, bottom: int, language: str) -> str:
    """`Viertel`, `tercios`, `quarts`."""
    if language == "de":
        ending = "tel" if bottom < 20 else "stel"
        return GERMAN_PARTS.get(bottom) or (cardinal(bottom, language) + ending).capitalize()
    if language == "fr":
        one = FRENCH_PARTS.get(bottom) or ordinal(bottom, language)
    else:
        named = SPANISH_PARTS.get(bottom) or (ordinal(bottom, language) if bottom < 11 else "")
        one = named or cardinal(bottom, language) + "avo"
    return one if top == 1 or one.endswith("s") else one + "s"
