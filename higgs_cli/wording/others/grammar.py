"""Readers for languages other than English: figures by num2words, the rest from their table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec

from higgs_cli.script.romans import roman_value
from higgs_cli.script.source_text import SourceText
from higgs_cli.wording.others.numbers import cardinal, native_korean, ordinal, year
from higgs_cli.wording.others.tables import TABLES, LanguageTable
from higgs_cli.wording.reading import Said
from higgs_cli.wording.tokens import Tokens

NATIVE_COUNTERS = ("시", "시간", "개", "명", "살", "마리", "번", "장", "잔", "권", "사람")
DATIVE = frozenset(("am", "vom", "zum", "dem", "den", "des", "im", "beim", "seit", "ab", "bis"))
THINGS = frozenset(
    ("kapitel", "band", "akt", "teil", "buch", "szene", "capítulo", "tomo", "acto", "libro",
     "parte", "siglo", "volumen", "chapitre", "tome", "acte", "livre", "partie", "scène", "volume")
)  # fmt: skip
SPACES_IN_NUMBERS = "\u00a0\u202f\u2009"


def can_write_out(language: str) -> bool:
    """Is there a table, and what says its numbers?"""
    return language in TABLES and _has_numbers()


@cache
def _has_numbers() -> bool:
    return find_spec("num2words") is not None


def written_out(text: SourceText, language: str) -> SourceText:
    """The text with its figures and abbreviations as they are said in this language."""
    tokens = Tokens(text.text)
    return text.with_spoken(_spans(tokens, language), "expansion")


def _spans(tokens: Tokens, language: str) -> Iterator[tuple[int, int, str]]:
    index = tokens.first
    while index < tokens.last:
        reading = _read(tokens, index, language, TABLES[language])
        if reading is None or reading.words is None:
            index += 1
            continue
        last = index + reading.count - 1
        yield tokens.starts[index], tokens.ends[last], reading.words
        index = last + 1


def _read(tokens: Tokens, index: int, language: str, table: LanguageTable) -> Said | None:
    word = tokens.words[index]
    if word.isdecimal():
        for read in (_date, _clock, _amount):
            if reading := read(tokens, index, language, table):
                return reading
    is_minus = word in ("-", "−") and tokens.is_tight(index + 1) and not tokens.is_tight(index)
    if is_minus and tokens.is_figures(index + 1):
        return Said(f"{table.minus} ", 1)
    if (reading := _abbreviation(tokens, index, language, table)) is not None:
        return reading
    if word in table.currencies and tokens.is_figures(index + 1):
        behind = _number(tokens, index + 1, language, table)
        return Said(_with_money(behind[0], behind[2], word, language, table), 1 + behind[1])
    if word.isupper() or word[:-1].isupper() or word[:-2].isupper():
        return _roman(tokens, index, language)
    return None


# -- dates and the clock -------------------------------------------------------------------


def _date(tokens: Tokens, index: int, language: str, table: LanguageTable) -> Said | None:
    """`5. Mai`, `19. Jahrhundert`, `1er mai`, `3.º`, `2e`."""
    behind, following = tokens.words[index + 1], tokens.words[index + 2]
    number = int(tokens.words[index][:9])
    if language == "de" and tokens.is_stop(index + 1):
        if following not in (*table.months, "Jahrhundert", "Jahrhunderts", "Stock", "Kapitel"):
            return None
        said = ordinal(number, language)
        return Said(said + ("n" if tokens.lower(index - 1) in DATIVE else ""), 2)
    if not tokens.is_tight(index + 1):
        return None
    if language == "fr" and behind in ("er", "re", "e", "ème", "eme", "nd", "nde"):
        first = "première" if behind == "re" else "premier"
        return Said(first if number == 1 else ordinal(number, language), 2)
    if language == "es" and behind in ("º", "ª", "o", "a"):
        return Said(ordinal(number, language, is_feminine=behind in ("ª", "a")), 2)
    if language == "es" and behind == "." and following in ("º", "ª"):
        said = ordinal(number, language, is_feminine=following == "ª")
        is_short = number in (1, 3) and following == "º" and tokens.is_lower(index + 3)
        return Said(said[:-1] if is_short else said, 3)
    return None


def _clock(tokens: Tokens, index: int, language: str, table: LanguageTable) -> Said | None:
    """`14:30`, `14.30 Uhr`, `14 h 30`, `8 Uhr`."""
    hour, mark = tokens.words[index], tokens.words[index + 1]
    if len(hour) > 2 or int(hour) > 24:
        return None
    minute, end = "", index + 1
    is_hour = mark == table.hour_word and bool(mark) and language == "fr"
    if (mark in (":", ".") and tokens.is_inside(index + 1)) or is_hour:
        minute, end = tokens.words[index + 2], index + 3
        if is_hour and not minute.isdecimal():
            minute, end = "", index + 2
        elif not (len(minute) == 2 and minute.isdecimal() and int(minute) < 60):
            return None
    has_word = bool(table.hour_word) and tokens.words[end] == table.hour_word
    if not ((mark == ":" and minute) or has_word or is_hour):
        return None
    said_hour = native_korean(int(hour)) if language == "ko" else _hour(int(hour), language)
    form = table.clock if minute and int(minute) else table.full_hour
    words = form.format(hour=said_hour, minute=cardinal(int(minute or 0), language))
    return Said(words, end + has_word - index)


def _hour(hour: int, language: str) -> str:
    """`ein Uhr`, `une heures` is singular in its table's place: one differs."""
    if hour == 1:
        return {"de": "ein", "es": "una", "fr": "une"}.get(language, cardinal(1, language))
    return cardinal(hour, language)


# -- numbers with what stands behind them --------------------------------------------------


def _amount(tokens: Tokens, index: int, language: str, table: LanguageTable) -> Said | None:
    words, count, written = _number(tokens, index, language, table)
    end = index + count
    if tokens.is_dash(end) and tokens.is_figures(end + 1):
        last = _number(tokens, end + 1, language, table)
        words, end, written = f"{words} {table.to} {last[0]}", end + 1 + last[1], ""
    unit = tokens.words[end]
    for length in (3, 2, 1):
        joined = "".join(tokens.words[end : end + length])
        is_part = tokens.is_tight(end + length) and tokens.words[end + length].isalnum()
        if joined in table.units and not is_part:
            return Said(f"{_one(words, written, table)} {_noun(table.units[joined], written)}",
                           end + length - index)  # fmt: skip
    if unit == "%":
        return Said(f"{words} {table.percent}", end + 1 - index)
    if unit in table.currencies:
        return Said(_with_money(words, written, unit, language, table), end + 1 - index)
    is_counted = written.isdecimal() and len(written) < 3 and unit.startswith(NATIVE_COUNTERS)
    if language == "ko" and is_counted:
        return Said(native_korean(int(written)) + " ", end - index)
    if tokens.is_tight(end) and unit[:1].isalpha() and language != "ko":
        return None
    return Said(words, end - index)


def _number(
    tokens: Tokens, index: int, language: str, table: LanguageTable
) -> tuple[str, int, str]:
    """The words of a number, how many tokens it takes, and its figures without separators."""
    separator = "." if table.decimal == "," else ","
    whole, end = tokens.words[index], index + 1
    while len(whole) <= 12 and len(tokens.words[index]) <= 3:
        step = end + 1 if tokens.goes_on(end, separator) else end
        gap = tokens.text[tokens.ends[end - 1] : tokens.starts[end]] if step == end else ""
        spaces = SPACES_IN_NUMBERS + (" " if language == "fr" else "")
        is_spaced = bool(gap) and gap in spaces and tokens.is_figures(end)
        if len(tokens.words[step]) != 3 or not (step > end or is_spaced):
            break
        whole, end = whole + tokens.words[step], step + 1
    is_year = len(tokens.words[index]) == 4 and end == index + 1 and 1100 <= int(whole) <= 1999
    words = year(int(whole), language) if is_year else cardinal(whole, language)
    if tokens.goes_on(end, table.decimal):
        figures = tokens.words[end + 1]
        parts = [cardinal(int(figure), language) for figure in figures]
        return f"{words} {table.point} {' '.join(parts)}", end + 2 - index, f"{whole}.{figures}"
    return words, end - index, whole


def _with_money(words: str, written: str, sign: str, language: str, table: LanguageTable) -> str:
    whole, _, cents = written.partition(".")
    noun = _noun(table.currencies[sign], whole)
    if len(cents) == 2 and language != "ko":
        said = f"{_one(cardinal(whole, language), whole, table)} {noun}"
        joint = {"es": " con"}.get(language, "")
        return said if cents == "00" else f"{said}{joint} {cardinal(int(cents), language)}"
    return f"{_one(words, written, table)} {noun}"


def _one(words: str, written: str, table: LanguageTable) -> str:
    return table.one if written == "1" and table.one else words


def _noun(names: tuple[str, str], written: str) -> str:
    return names[0] if written == "1" else names[1]


# -- abbreviations and numerals ------------------------------------------------------------


@cache
def _abbreviations(language: str) -> dict[str, list[tuple[list[str], str, str]]]:
    """By their first token, the longest first."""
    found: dict[str, list[tuple[list[str], str, str]]] = {}
    for written, said in TABLES[language].abbreviations.items():
        tokens = Tokens(written)
        words = tokens.words[tokens.first : tokens.last]
        found.setdefault(words[0], []).append((words, said, written))
    for entries in found.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return found


def _abbreviation(tokens: Tokens, index: int, language: str, table: LanguageTable) -> Said | None:
    for words, said, written in _abbreviations(language).get(tokens.words[index], ()):
        end = index + len(words)
        if tokens.words[index:end] != words:
            continue
        following = tokens.words[tokens.after_closers(end)]
        if len(words) == 1 and words[0].isalpha() and not following[:1].isupper():
            continue  # `Dr`, `St` without a point stand before a name
        ends = not following or (following[0].isupper() and written not in table.before_capitals)
        if words[-1] == "." and len(words[0]) == 1 and len(words) == 2 and ends:
            continue  # a lone letter at the end of a sentence is a letter
        return Said(said, len(words) - (words[-1] == "." and ends))
    return None


def _roman(tokens: Tokens, index: int, language: str) -> Said | None:
    """`Kapitel IV`, `Friedrich II.`, `siglo XIX`, `le XIXe siècle`, `François Ier`."""
    word, before = tokens.words[index], tokens.words[index - 1]
    bare = word.removesuffix("er").removesuffix("e") if language == "fr" else word
    value = roman_value(bare) if bare.isupper() else None
    if bare != word and len(bare) == 1 and bare not in "IVX":
        return None  # `Le`, `De`, `Me`
    if value is None or value > 399:
        return None
    if bare != word:
        return Said("premier" if value == 1 else ordinal(value, language), 1)
    if before.lower() in THINGS:
        return Said(cardinal(value, language), 1)
    is_ruler = before[:1].isupper() and before.isalpha() and len(before) > 2
    if not is_ruler or (len(word) == 1 and not (language == "de" and tokens.is_stop(index + 1))):
        return None
    if language == "de":
        following = tokens.words[index + 2]
        count = 1 + (tokens.is_stop(index + 1) and bool(following))
        return Said("der " + ordinal(value, language).capitalize(), count)
    is_rank = language == "es" and value <= 10
    return Said(ordinal(value, language) if is_rank else cardinal(value, language), 1)
