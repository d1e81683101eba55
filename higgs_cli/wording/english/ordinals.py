"""Ordinals and numbers with letters behind them: `22nd`, `1,000TH`, `221B`, `747s`, `4x4`."""

from __future__ import annotations

from higgs_cli.script.romans import roman_value
from higgs_cli.wording.english.amounts import amount_at
from higgs_cli.wording.english.calendar import DAYS, SHORT_DAYS
from higgs_cli.wording.english.numbers import as_plural, number_words, pairs, written_ordinal
from higgs_cli.wording.english.units import takes_st
from higgs_cli.wording.reading import LIKELY, SURE, Manner, Said
from higgs_cli.wording.tokens import Tokens

SHEETS = {"4to": "quarto", "8vo": "octavo", "12mo": "duodecimo", "16mo": "sixteenmo"}
"""Sizes of books."""
SUMS = frozenset("+-−–=/*^²³)<>")
"""Behind `2x`: it is a letter of a sum."""
SUFFIXES = frozenset(("st", "nd", "rd", "th", "ths"))


def read_ordinal(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`22nd`, and `2d`, `3d`, `22d` as old prints have them."""
    amount = amount_at(tokens, index, manner)
    if amount is None or not amount.whole or amount.decimals or amount.fraction:
        return None
    end = amount.end
    suffix = tokens.words[end] if tokens.words[end] in ("d", "D") else tokens.lower(end)
    if not tokens.is_tight(end) or (suffix not in SUFFIXES and suffix != "d"):
        return None
    if suffix == "d" and not (amount.whole[-1] in "23" and amount.whole[-2:] not in ("12", "13")):
        return None
    if suffix == "st" and not takes_st(amount.whole):
        return None
    words = written_ordinal(amount.whole, manner.with_and)
    words = as_plural(words) if suffix == "ths" else words
    day = tokens.words[index - 2] if tokens.words[index - 1] == "." else tokens.words[index - 1]
    if day in DAYS or (day in SHORT_DAYS and tokens.words[index - 1] == "."):
        words = f"the {words}"
    return Said(words, end + 1 - index, LIKELY if suffix == "d" else SURE)


def read_lettered(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`221B`, `3D`, `10k`, `747s`, `4x4`: a letter tight behind the figures."""
    written, letter = tokens.words[index], tokens.words[index + 1]
    if (
        not tokens.is_tight(index + 1)
        or not letter.isalpha()
        or (len(letter) > 2 and letter != "tos")
    ):
        return None
    if letter in ("x", "X", "×") and tokens.is_figures(index + 2) and tokens.is_tight(index + 2):
        return None
    if written + letter in SHEETS:
        return Said(SHEETS[written + letter], 2)
    is_free = not (tokens.is_tight(index) and tokens.words[index - 1].isalnum())
    if letter in ("x", "×") and is_free:
        is_term = tokens.words[index + 2] in SUMS and tokens.words[index + 2]
        return Said(f"{number_words(written, manner.with_and)} {'x' if is_term else 'times'}", 2)
    if letter == "s":
        amount = amount_at(tokens, index, manner)
        return amount and Said(as_plural(amount.words), 2, LIKELY)
    if len(letter) == 1 and (letter.isupper() or letter in "abcdef") and len(written) <= 4:
        return Said(f"{pairs(written)} {letter.upper()}", 2, LIKELY)
    return None


def read_roman_ordinal(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`the XIXth century`."""
    written = tokens.words[index]
    value = roman_value(written[:-2])
    return None if value is None else Said(written_ordinal(str(value)), 1)
