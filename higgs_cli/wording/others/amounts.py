"""Numbers with what stands behind them: units, money, percentages, ranges, things counted."""

from __future__ import annotations

from typing import NamedTuple

from higgs_cli.wording.others.agreement import agreed
from higgs_cli.wording.others.fractions import behind_whole
from higgs_cli.wording.others.german import SUFFIXES
from higgs_cli.wording.others.korean_counting import counted, latin_unit
from higgs_cli.wording.others.numbers import cardinal, year
from higgs_cli.wording.others.table import LanguageTable, Names
from higgs_cli.wording.points import ends_no_sentence
from higgs_cli.wording.reading import Said
from higgs_cli.wording.tokens import Tokens

SPACES_IN_NUMBERS = "\u00a0\u202f\u2009 "
NUMBERED_BY = frozenset(("el", "la", "º", "le", "numéro", "n°", "am", "nr", "kapitel", "l"))
"""A one behind them is the number of something, and counts nothing."""
ADJECTIVE_ENDINGS = ("er", "es", "e")
ARTICLES = frozenset(
    ("der", "des", "die", "aller", "alle", "oder", "unter", "über", "aber", "eine")
)
"""No adjectives, for all their endings."""
RANGE_SIGNS = frozenset("~～∼")


class Number(NamedTuple):
    """Its words, the index behind it, and its figures without separators."""

    words: str
    end: int
    written: str


def read_amount(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """A number, or two with a dash between, with its unit, its money or what it counts."""
    number = number_at(tokens, index, table)
    if (last := _range_end(tokens, number, table)) is not None:
        if table.language == "ko" and (
            both := counted(tokens, last.end, (number.written, last.written))
        ):
            return Said(f"{both[0]}{table.to} {both[1]} ", last.end - index)
        gap = "" if table.language == "ko" else " "
        number = Number(f"{number.words}{gap}{table.to} {last.words}", last.end, "")
    for read in (_with_suffix, _with_unit, _with_percent_or_money, _counted):
        said = read(tokens, index, number, table)
        if said is not None:
            return said
    return None


def _range_end(tokens: Tokens, first: Number, table: LanguageTable) -> Number | None:
    end = first.end
    is_sign = tokens.words[end] in RANGE_SIGNS or tokens.is_dash(end)
    if is_sign and tokens.is_figures(end + 1):
        return number_at(tokens, end + 1, table)
    return None


def number_at(tokens: Tokens, index: int, table: LanguageTable) -> Number:
    """The number that begins here, with its thousands, its decimals or its fraction."""
    language = table.language
    whole, end = _whole(tokens, index, table)
    is_year = end == index + 1 and _is_year(whole)
    words = year(int(whole), language) if is_year else cardinal(whole, language)
    if is_year and tokens.words[end] == "/" and (short := _next_year(tokens, end, int(whole))):
        return Number(f"{words} {cardinal(short, language)}", end + 2, whole)
    if tokens.goes_on(end, table.decimal):
        figures = tokens.words[end + 1]
        parts = [cardinal(int(figure), language) for figure in figures]
        said = f"{words} {table.point} {' '.join(parts)}"
        return Number(said, end + 2, f"{whole}.{figures}")
    mixed = behind_whole(tokens, end, words, table) if len(whole) < 4 else None
    return Number(mixed[0], mixed[1], "") if mixed else Number(words, end, whole)


def _is_year(written: str) -> bool:
    return len(written) == 4 and written.isdecimal() and 1100 <= int(written) <= 1999


def _whole(tokens: Tokens, index: int, table: LanguageTable) -> tuple[str, int]:
    """Figures with the marks or spaces between their thousands."""
    separator = "." if table.decimal == "," else ","
    whole, end = tokens.words[index], index + 1
    while len(whole) <= 12 and len(tokens.words[index]) <= 3:
        step = end + 1 if tokens.goes_on(end, separator) else end
        gap = tokens.text[tokens.ends[end - 1] : tokens.starts[end]] if step == end else ""
        may_be_spaced = table.language in ("fr", "es") or gap != " "
        is_spaced = bool(gap) and gap in SPACES_IN_NUMBERS and may_be_spaced
        is_spaced = is_spaced and tokens.is_figures(end) and whole[0] != "0"
        if len(tokens.words[step]) != 3 or not (step > end or is_spaced):
            break
        whole, end = whole + tokens.words[step], step + 1
    return whole, end


def _next_year(tokens: Tokens, slash: int, first: int) -> int | None:
    """`1871/72`"""
    written = tokens.words[slash + 1]
    is_short = tokens.is_inside(slash) and written.isdecimal() and len(written) == 2
    return int(written) if is_short and int(written) == (first + 1) % 100 else None


def _with_suffix(tokens: Tokens, index: int, number: Number, table: LanguageTable) -> Said | None:
    """German words that begin with figures: `60er`, `3fach`."""
    end = number.end + tokens.is_dash(number.end)
    if table.language != "de" or not tokens.is_tight(end) or tokens.lower(end) not in SUFFIXES:
        return None
    words = "ein" if number.words == "eins" else number.words
    return Said(words, end - index)


def _with_unit(tokens: Tokens, index: int, number: Number, table: LanguageTable) -> Said | None:
    end = number.end
    if table.language == "ko" and (latin := latin_unit(tokens, end, table)):
        return Said(f"{number.words} {latin[0]}", latin[1] - index)
    for length in (3, 2, 1):
        parts = tokens.words[end : end + length]
        joined, behind = "".join(parts) if all(parts) else "", end + length
        is_part = tokens.is_tight(behind) and tokens.words[behind].isalnum()
        is_part = is_part and (table.language != "ko" or joined.isalpha())
        if joined not in table.units or is_part:
            continue
        said = _named(number, table.units[joined], table)
        if joined.isalpha():
            behind = _past_point(tokens, behind, table)
        if (
            joined in ("fr", "F", "Mk")
            and len(tokens.words[behind]) == 2
            and tokens.is_figures(behind)
        ):
            return Said(
                f"{said} {cardinal(int(tokens.words[behind]), table.language)}", behind + 1 - index
            )
        return Said(said, behind - index)
    return None


def _past_point(tokens: Tokens, index: int, table: LanguageTable) -> int:
    """Behind the point of a unit in short, unless it ends the sentence."""
    following = tokens.words[index + 1]
    if not tokens.is_stop(index) or not following or tokens.is_tight(index + 1):
        return index
    if not following[0].isupper():
        return index + 1 if following[0].isalnum() else index
    return index + 1 if table.openers and following not in table.openers else index


def _named(number: Number, names: Names, table: LanguageTable) -> str:
    """The number with its noun: `ein Meter`, `doscientas pesetas`."""
    noun = names[0] if number.written == "1" else names[1]
    if number.written == "1" and table.one:
        one = agreed(cardinal(1, table.language), noun.partition(" ")[0], table)
        return f"{table.one if one == number.words else one} {noun}"
    return f"{agreed(number.words, noun.partition(' ')[0], table)} {noun}"


def _with_percent_or_money(
    tokens: Tokens, index: int, number: Number, table: LanguageTable
) -> Said | None:
    sign = tokens.words[number.end]
    if sign == "%":
        return Said(f"{number.words} {table.percent}", number.end + 1 - index)
    if sign in table.currencies:
        return Said(money(number, sign, table), number.end + 1 - index)
    return None


def money(number: Number, sign: str, table: LanguageTable) -> str:
    """`fünf Euro fünfzig`"""
    whole, _, cents = number.written.partition(".")
    names = table.currencies[sign]
    if len(cents) != 2 or table.language == "ko":
        return _named(number, names, table)
    said = _named(Number(cardinal(whole, table.language), number.end, whole), names, table)
    return said if cents == "00" else f"{said}{table.joint} {cardinal(int(cents), table.language)}"


def _counted(tokens: Tokens, index: int, number: Number, table: LanguageTable) -> Said | None:
    """The number alone, in the form that the noun behind it asks for."""
    end, noun = number.end, tokens.words[number.end]
    if table.language == "ko":
        native = counted(tokens, end, (number.written,), before=index - 1)
        return Said(f"{native[0]} " if native else number.words, end - index)
    if tokens.is_tight(end) and noun[:1].isalpha():
        return None
    is_year = end == index + 1 and _is_year(number.written)
    is_one = number.written == "1" and not _is_numbered(tokens, index - 1)
    noun = _noun_behind(tokens, end) if is_one and table.language == "de" else noun
    is_counted = is_one or noun.endswith(("s", "x"))
    if is_year or not is_counted:
        return Said(number.words, end - index)
    return Said(agreed(number.words, noun, table), end - index)


def _is_numbered(tokens: Tokens, before: int) -> bool:
    """`Nr. 1`: not the first of a sentence, behind the point of the one before."""
    if tokens.words[before] != ".":
        return tokens.lower(before) in NUMBERED_BY
    return ends_no_sentence(tokens.words[before - 1], "1")


def _noun_behind(tokens: Tokens, index: int) -> str:
    """Over an adjective: `1 großer Hund`."""
    word = tokens.words[index]
    is_adjective = tokens.is_lower(index) and word.endswith(ADJECTIVE_ENDINGS)
    return tokens.words[index + 1] if is_adjective and word not in ARTICLES else word
