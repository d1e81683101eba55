"""Dates in figures, and ordinals: `14/7/1789`, `5. Mai`, `1er mai`, `3.º`."""

from __future__ import annotations

from higgs_cli.wording.others import german
from higgs_cli.wording.others.numbers import cardinal, ordinal, short_ordinal, year
from higgs_cli.wording.others.table import LanguageTable
from higgs_cli.wording.reading import Said
from higgs_cli.wording.tokens import Tokens

DATE_MARKS = {"de": ".", "es": "/.-", "fr": "/.", "ko": ".-/"}
FRENCH_SUFFIXES = ("er", "re", "e", "ème", "eme", "nd", "nde")
FEMININE_SUFFIXES = ("re", "nde", "ª", "a")
PLACED = (german.WEAK | german.DATIVE) - {"bis", "seit", "ab", "die"}
MOST_PLACE = 4
"""Figures of an ordinal."""
GERMAN_SHORT_MONTHS = frozenset(
    ("Jan", "Feb", "Febr", "Apr", "Aug", "Sept", "Okt", "Nov", "Dez", "d")
)
"""And `d. M.`, of this month."""


def read_date(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """Day, month and year in figures."""
    first, mark, second, again, third = tokens.words[index : index + 5]
    is_whole = all(tokens.is_tight(index + back) for back in range(1, 5))
    if not is_whole or mark != again or not mark or mark not in DATE_MARKS[table.language]:
        return None
    if not (second.isdecimal() and third.isdecimal()) or tokens.goes_on(index + 5, mark):
        return None
    if table.language == "ko":
        first, third = third, first
    if len(third) != 4 or max(len(first), len(second)) > 2:
        return None
    day, month = int(first), int(second)
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    return Said(_dated(tokens, index, (day, month, int(third)), table), 5)


def _dated(tokens: Tokens, index: int, date: tuple[int, int, int], table: LanguageTable) -> str:
    day, month, number = date
    said, language = year(number, table.language), table.language
    if language == "de":
        name = table.months[month - 1]
        return f"{_german(tokens, index, day, name)} {name} {said}"
    if language == "es":
        return f"{cardinal(day, language)} de {table.months[month - 1]} de {said}"
    if language == "fr":
        first = "premier" if day == 1 else cardinal(day, language)
        return f"{first} {table.months[month - 1]} {said}"
    return f"{said}년 {korean_month(month)}월 {cardinal(day, language)}일"


def korean_month(month: int) -> str:
    from higgs_cli.wording.others.korean import MONTHS

    return MONTHS.get(month) or cardinal(month, "ko")


def read_ordinal(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """The number of a place, as each language writes it."""
    if len(tokens.words[index]) > MOST_PLACE:
        return None
    if table.language == "de":
        return _german_place(tokens, index, table)
    behind, number = tokens.words[index + 1], int(tokens.words[index])
    if not tokens.is_tight(index + 1):
        return None
    if table.language == "fr" and behind in FRENCH_SUFFIXES:
        said = ordinal(number, "fr", is_feminine=behind in FEMININE_SUFFIXES)
        return Said(said, 2)
    if table.language == "es":
        end = index + 1 + (behind == ".")
        return _spanish_place(tokens, index, end, number)
    return None


def _spanish_place(tokens: Tokens, index: int, end: int, number: int) -> Said | None:
    suffix = tokens.words[end]
    if suffix not in ("º", "ª", "o", "a", "er", "os", "as") or not tokens.is_tight(end):
        return None
    if suffix in ("o", "a", "os", "as") and tokens.words[index + 1] != ".":
        return None
    if suffix == "er":
        return Said(short_ordinal(number, "es"), end + 1 - index)
    said = ordinal(number, "es", is_feminine=suffix == "ª")
    following = tokens.words[end + 1]
    is_noun = following[:1].islower() and following not in ("de", "del", "y", "en", "a", "que")
    if suffix == "º" and number in (1, 3) and is_noun:
        said = short_ordinal(number, "es")
    return Said(said, end + 1 - index)


def _german_place(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """A number with a point that ends no sentence: before a month, or behind an article."""
    if not tokens.is_stop(index + 1) or tokens.is_tight(index + 2):
        return None
    noun = tokens.words[index + 2]
    number = int(tokens.words[index])
    is_known = noun in table.months or noun in GERMAN_SHORT_MONTHS or noun in german.ORDINAL_NOUNS
    is_row = noun in table.row and tokens.is_figures(index + 3) and tokens.is_stop(index + 4)
    before = tokens.lower(index - 1)
    is_described = before in german.WEAK | german.DATIVE and tokens.is_capital(index + 2)
    is_described = is_described and noun not in table.openers
    is_place = before in PLACED and len(tokens.words[index]) < 3
    goes_on = is_described or (is_place and noun[:1].islower())
    if is_place and noun in table.openers:
        return Said(_german(tokens, index, number, noun), 1)
    if not (is_known or is_row or goes_on):
        return None
    return Said(_german(tokens, index, number, noun), 2)


def _german(tokens: Tokens, index: int, number: int, noun: str) -> str:
    """`fünfte`, `fünften`, `fünfter`, as the word before it asks."""
    said, before = ordinal(number, "de"), tokens.lower(index - 1)
    if before in german.WEAK:
        return said
    if before in german.DATIVE:
        return said + "n"
    if noun in german.FEMININE:
        return said
    return said + ("s" if noun in german.NEUTER else "r")
