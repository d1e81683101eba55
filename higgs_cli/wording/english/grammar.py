"""The grammar of English: which readers are tried at which token, and whose word counts.

At each token the readers that know its word, or figures as such, are asked in order. The surest has
the word; among equals, the first. A token that nobody reads stays as it is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from string import ascii_uppercase

from higgs_cli.script.romans import roman, roman_values
from higgs_cli.script.source_text import SourceText
from higgs_cli.wording.english import (
    abbreviations,
    addresses,
    amounts,
    calendar,
    clock,
    dates,
    durations,
    editions,
    formulas,
    fractions,
    measures,
    money,
    numerals,
    old_money,
    ordinals,
    plain,
    references,
    signs,
    titles,
    units,
    years,
)
from higgs_cli.wording.reading import SURE, Manner, Reader, Said
from higgs_cli.wording.tokens import Tokens

FIGURE_READERS: tuple[Reader, ...] = (
    dates.read_numeric_date,
    references.read_section,
    references.read_numbered_book,
    dates.read_day_month,
    clock.read_clock,
    durations.read_duration,
    old_money.read_old_coins,
    old_money.read_slashed,
    measures.read_measure,
    fractions.read_fraction,
    money.read_coins_behind,
    addresses.read_zip,
    addresses.read_telephone,
    ordinals.read_ordinal,
    years.read_decade,
    addresses.read_house,
    addresses.read_named,
    years.read_blank_year,
    years.read_years,
    ordinals.read_lettered,
    plain.read_ratio,
    plain.read_range,
    plain.read_plain,
)
LARGEST_SMALL = 399
"""Of numerals in small letters."""


@cache
def readers() -> dict[str, tuple[Reader, ...]]:
    """The readers of each word and mark that begins something."""
    found: dict[str, list[Reader]] = {}
    for words, reader in (*_word_tables(), *_sign_tables()):
        for word in words:
            found.setdefault(word, []).append(reader)
    return {word: tuple(each) for word, each in found.items()}


def _word_tables() -> Iterator[tuple[Iterator[str], Reader]]:
    """In the order in which they are asked."""
    yield iter(references.BOOKS | dict.fromkeys(references.FULL)), references.read_book
    yield iter(("I", "II", "III")), references.read_numbered_book
    yield iter(("St",)), titles.read_saint
    yield iter(abbreviations.TITLES), titles.read_title
    yield iter(("Sr",)), titles.read_senor
    yield iter(("ed", "trans", "transl", "tr")), editions.read_edited
    yield iter(("ed", "edn")), editions.read_edition
    yield iter(abbreviations.BEFORE_NUMBERS), titles.read_before_number
    yield iter(abbreviations.PLACES), titles.read_place
    yield iter(abbreviations.INNER | abbreviations.ENDING), titles.read_abbreviation
    yield iter(calendar.MONTH_NAMES), dates.read_month_day
    yield iter(calendar.DAY_NAMES), dates.read_day
    yield iter(units.DOLLARS), money.read_dollars
    yield iter("U"), money.read_dotted_dollars
    yield iter(("Rs",)), money.read_rupees
    yield iter(years.ERAS), years.read_era
    yield iter(("a", "p", "A", "P")), clock.read_half
    yield iter(("op", "loc", "Op", "Loc")), titles.read_cited
    yield iter("v"), titles.read_versus
    yield iter("wc"), titles.read_with
    yield iter("Nn"), titles.read_numero
    yield _numerals(), numerals.read_roman
    yield iter(addresses.DIRECTIONS), addresses.read_direction
    yield iter(("rev", "Rev")), editions.read_revised
    yield _letters(), titles.read_letters
    yield _roman_ordinals(), ordinals.read_roman_ordinal
    yield iter(formulas.ELEMENTS | frozenset(ascii_uppercase)), formulas.read_letters_and_figures


def _sign_tables() -> Iterator[tuple[Iterator[str], Reader]]:
    yield iter(amounts.VULGAR), old_money.read_old_coins
    yield iter(amounts.VULGAR), measures.read_measure
    yield iter(amounts.VULGAR), fractions.read_fraction
    yield iter(units.CURRENCIES), money.read_sign
    yield iter("&"), titles.read_and_cetera
    yield iter(signs.WORDS), signs.read_word
    yield iter(signs.BETWEEN_NUMBERS), signs.read_between
    yield iter("×xX"), signs.read_times
    yield iter("-−–"), signs.read_minus
    yield iter("#"), signs.read_hash
    yield iter("~"), signs.read_about
    yield iter(".·"), signs.read_leading_point
    yield iter("@"), signs.read_at
    yield iter("°"), measures.read_lone_degree
    yield iter("'’‘"), years.read_short_year
    yield iter((*formulas.SUPERSCRIPTS, formulas.RAISED_MINUS)), formulas.read_power
    yield iter("^"), formulas.read_caret
    yield iter("+"), addresses.read_plus
    yield iter(signs.MARKS_TO_DROP), signs.read_dropped


def _letters() -> Iterator[str]:
    yield from ascii_uppercase
    yield from ("e", "i", "a", "q", "o", "p", "m", "r", "h", "s", "f", "Ph", "Litt", "Mus", "LL")


def _numerals() -> Iterator[str]:
    yield from roman_values()
    for number in range(1, LARGEST_SMALL + 1):
        yield roman(number).lower()
    for number in range(1, 41):
        yield from (roman(number) + ending for ending in ("'s", "’s"))


def _roman_ordinals() -> Iterator[str]:
    for number in range(1, 41):
        suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number // 10 != 1 else 0, "th")
        yield roman(number) + suffix


def written_out(text: SourceText, manner: Manner) -> SourceText:
    """The text with its figures, abbreviations and signs as they are said."""
    if addresses.MAY_BE_NET.search(text.text):
        text = text.replace(addresses.NET, addresses.net_words, "expansion")
    tokens = Tokens(text.text)
    return text.with_spoken(_spans(tokens, manner), "expansion")


def readings(tokens: Tokens, manner: Manner) -> Iterator[tuple[int, Said]]:
    """What is read otherwise than written: where each begins, and the reading."""
    by_word, words = readers(), tokens.words
    index, last = tokens.first, tokens.last
    while index < last:
        word = words[index]
        asked = by_word.get(word)
        if asked is None:
            if word[0].isdecimal():
                asked = FIGURE_READERS
            elif (
                index + 1 < last and words[index + 1][0].isnumeric() and tokens.is_tight(index + 1)
            ):
                asked = (formulas.read_letters_and_figures,) if word.isalpha() else ()
            else:
                index += 1
                continue
        reading = _surest(asked, tokens, index, manner)
        if reading is None:
            index += 1
            continue
        yield index, reading
        index += reading.count


def _surest(asked: tuple[Reader, ...], tokens: Tokens, index: int, manner: Manner) -> Said | None:
    best: Said | None = None
    for reader in asked:
        reading = reader(tokens, index, manner)
        if reading is not None and (best is None or reading.sureness > best.sureness):
            best = reading
            if best.sureness == SURE:
                break
    return best


def _spans(tokens: Tokens, manner: Manner) -> Iterator[tuple[int, int, str]]:
    for index, reading in readings(tokens, manner):
        if reading.words is not None:
            last = tokens.ends[index + reading.count - 1]
            yield tokens.starts[index], last, reading.words
