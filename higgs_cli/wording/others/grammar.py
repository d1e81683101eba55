"""Readers for languages other than English: figures by num2words, the rest from their table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec

from higgs_cli.script.source_text import SourceText
from higgs_cli.wording.english.amounts import VULGAR
from higgs_cli.wording.others.abbreviations import read_abbreviation
from higgs_cli.wording.others.amounts import money, number_at, read_amount
from higgs_cli.wording.others.clock import read_clock, read_score
from higgs_cli.wording.others.dates import korean_month, read_date, read_ordinal
from higgs_cli.wording.others.fractions import read_fraction
from higgs_cli.wording.others.korean import BELOW_ZERO
from higgs_cli.wording.others.numerals import read_roman
from higgs_cli.wording.others.table import LanguageTable
from higgs_cli.wording.others.tables import TABLES
from higgs_cli.wording.others.telephones import read_named_day, read_telephone
from higgs_cli.wording.reading import Said
from higgs_cli.wording.tokens import Tokens

TableReader = Callable[[Tokens, int, LanguageTable], "Said | None"]
DEGREES = frozenset(("℃", "°", "도"))


def can_write_out(language: str) -> bool:
    """Is there a table, and what says its numbers?"""
    return language in TABLES and _has_numbers()


@cache
def _has_numbers() -> bool:
    return find_spec("num2words") is not None


def written_out(text: SourceText, language: str) -> SourceText:
    """The text with its figures and abbreviations as they are said in this language."""
    tokens = Tokens(text.text)
    return text.with_spoken(_spans(tokens, TABLES[language]), "expansion")


def _spans(tokens: Tokens, table: LanguageTable) -> Iterator[tuple[int, int, str]]:
    index = tokens.first
    while index < tokens.last:
        reading = _read(tokens, index, table)
        if reading is None or reading.words is None:
            index += 1
            continue
        last = index + reading.count - 1
        yield tokens.starts[index], tokens.ends[last], reading.words
        index = last + 1


def _read(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    word = tokens.words[index]
    readers = FIGURE_READERS if word.isdecimal() else WORD_READERS
    for read in readers:
        if reading := read(tokens, index, table):
            return reading
    return None


def _month(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """Korean months, of which two are no numbers."""
    is_month = tokens.words[index + 1].startswith("월") and tokens.is_tight(index + 1)
    if table.language != "ko" or not is_month or int(tokens.words[index][:3]) not in (6, 10):
        return None
    return Said(korean_month(int(tokens.words[index])), 1)


def _vulgar(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    return read_fraction(tokens, index, table) if tokens.words[index] in VULGAR else None


def _minus(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """A minus before a number; Korean says `below zero` of degrees."""
    is_minus = tokens.words[index] in ("-", "−") and tokens.is_tight(index + 1)
    if not is_minus or tokens.is_tight(index) or not tokens.is_figures(index + 1):
        return None
    end = number_at(tokens, index + 1, table).end
    is_cold = table.language == "ko" and tokens.words[end][:1] in DEGREES
    return Said(f"{BELOW_ZERO if is_cold else table.minus} ", 1)


def _money_sign(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    sign = tokens.words[index]
    if sign not in table.currencies or not tokens.is_figures(index + 1):
        return None
    number = number_at(tokens, index + 1, table)
    return Said(money(number, sign, table), number.end - index)


FIGURE_READERS: tuple[TableReader, ...] = (
    read_telephone, read_named_day, read_date, read_ordinal, read_clock, read_score, read_fraction,
    _month, read_amount,
)  # fmt: skip
WORD_READERS: tuple[TableReader, ...] = (
    _vulgar, _minus, read_abbreviation, _money_sign, read_roman,
)  # fmt: skip
