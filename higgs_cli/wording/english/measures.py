"""Measures: a number and its unit, feet and inches, degrees, percentages, attributes of things."""

from __future__ import annotations

from higgs_cli.wording.english.amounts import Amount, Fraction, part_at, range_at
from higgs_cli.wording.english.stops import past_stop
from higgs_cli.wording.english.units import (
    COUNTED,
    ONLY_SPACED,
    ONLY_TIGHT,
    ONLY_TIGHT_OR_POINTED,
    UnitWords,
    takes_st,
    unit_at,
)
from higgs_cli.wording.english.years import FUNCTION_WORDS
from higgs_cli.wording.reading import LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

PRIMES = frozenset("′'’")
DOUBLE_PRIMES = frozenset('″"”')
SCALES = {"C": "Celsius", "F": "Fahrenheit", "K": "Kelvin", "R": "Réaumur"}
COMPASS = {"N": "north", "S": "south", "E": "east", "W": "west"}


def read_measure(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """A number and the unit behind it."""
    amount = part_at(tokens, index) or range_at(tokens, index, manner)
    if amount is None:
        return None
    end = amount.end
    if tokens.words[end] in "°º" and tokens.words[end]:
        return _degrees(tokens, index, amount)
    if tokens.words[end] in PRIMES or tokens.words[end] in DOUBLE_PRIMES:
        return _feet(tokens, index, amount, manner)
    is_hyphened = tokens.is_dash(end)
    unit = unit_at(tokens, end + is_hyphened)
    if unit is None or not _is_meant(tokens, end + is_hyphened, unit):
        return _half_of(tokens, index, amount)
    stop = past_stop(tokens, unit.end)
    if is_hyphened or _is_attribute(tokens, index, stop):
        return Said(f"{amount.words.replace(' ', '-')}-{unit.one}", stop - index)
    if amount.fraction and not amount.whole and not unit.one.startswith("per"):
        return Said(f"{_part_of(amount.fraction)} {unit.one}", stop - index)
    return Said(f"{amount.words} {unit.one if amount.is_one else unit.many}", stop - index)


def _is_meant(tokens: Tokens, index: int, unit: UnitWords) -> bool:
    """Is it the unit, and not a word or a letter that is spelt like it?"""
    written = tokens.words[index]
    is_tight = tokens.is_tight(index)
    after = tokens.words[unit.end]
    if (is_tight and written == "s") or (after == "/" and tokens.is_tight(unit.end)):
        return False
    if unit.end - index > 1 or not written.isalpha():
        return True
    if written == "m" and after in COUNTED:
        return False
    if written in ONLY_SPACED:
        return not (is_tight and takes_st(tokens.words[index - 1]))
    if written in ONLY_TIGHT:
        return is_tight and not tokens.is_capital(unit.end)
    if written in ONLY_TIGHT_OR_POINTED:
        return is_tight or tokens.is_stop(unit.end) or tokens.is_dash(index - 1)
    return len(written) > 1 or is_tight or not tokens.is_capital(unit.end)


def _is_attribute(tokens: Tokens, index: int, end: int) -> bool:
    """`a 10 lb. trout`: an article before, a noun behind."""
    word = tokens.words[end]
    is_noun = word[:1].islower() and word not in FUNCTION_WORDS and word not in ("per", "each")
    return tokens.lower(index - 1) in ("a", "an") and is_noun and not tokens.is_figures(end)


def _half_of(tokens: Tokens, index: int, amount: Amount) -> Said | None:
    """`½ mile`: half a mile; `½ an hour` keeps its article."""
    if amount.fraction is None or amount.whole or amount.is_range:
        return None
    following = tokens.words[amount.end]
    if following == "of" and amount.end > index + 1:
        return None  # `1/2 of them`
    if amount.fraction.bottom == 2 and following in (
        "a",
        "an",
        "the",
        "of",
        "past",
        "my",
        "his",
        "her",
    ):
        return Said("half", amount.end - index)
    if tokens.is_dash(amount.end):
        name = amount.fraction.name if amount.fraction.top == 1 else amount.words.replace(" ", "-")
        return Said(name, amount.end - index)
    if following not in WHOLES or tokens.is_tight(amount.end):
        return None
    if _is_attribute(tokens, index, amount.end + 1):  # `a 7/8 inch bolt`
        name = amount.fraction.name if amount.fraction.top == 1 else amount.words.replace(" ", "-")
        return Said(name, amount.end - index)
    article = _article(following)
    return Said(f"{_part_of(amount.fraction, article)}", amount.end - index)


WHOLES = frozenset((
    "mile", "inch", "hour", "pound", "ounce", "cup", "pint", "quart", "gallon", "foot", "yard",
    "acre", "ton", "dozen", "crown", "day", "teaspoon", "tablespoon",
))  # fmt: skip


def _article(word: str) -> str:
    return "an" if word[0] in "aeio" or word == "hour" else "a"


def _part_of(fraction: Fraction, article: str = "a") -> str:
    """`half a`, `three quarters of a`."""
    if fraction.bottom == 2:
        return f"half {article}"
    name = f"a {fraction.name}" if fraction.top == 1 and fraction.bottom == 4 else fraction.words
    return f"{name} of {article}"


def _degrees(tokens: Tokens, index: int, amount: Amount) -> Said:
    """`98.6°F`, `45° 30′ N.`"""
    end = amount.end + 1
    words = f"{amount.words} {'degree' if amount.is_one else 'degrees'}"
    if tokens.words[end] in SCALES and tokens.words[end + 1][:1] not in tuple("'’"):
        words, end = f"{words} {SCALES[tokens.words[end]]}", end + 1
        return Said(words, past_stop(tokens, end) - index)
    for marks, one, many in ((PRIMES, "minute", "minutes"), (DOUBLE_PRIMES, "second", "seconds")):
        if tokens.is_figures(end) and tokens.words[end + 1] in marks:
            number = range_at(tokens, end, Manner())
            if number is not None and number.end == end + 1:
                words += f" {number.words} {one if number.is_one else many}"
                end += 2
    return _with_compass(tokens, index, words, end)


def _with_compass(tokens: Tokens, index: int, words: str, end: int) -> Said:
    side = COMPASS.get(tokens.words[end])
    if side is None or (tokens.is_word(end + 1) and tokens.is_tight(end + 1)):
        return Said(words, end - index)
    end = past_stop(tokens, end + 1)
    words = f"{words} {side}"
    if tokens.words[end] in ("lat", "long") and tokens.is_stop(end + 1):
        words = f"{words} {'latitude' if tokens.words[end] == 'lat' else 'longitude'}"
        end = past_stop(tokens, end + 1)
    return Said(words, end - index)


def _feet(tokens: Tokens, index: int, amount: Amount, manner: Manner) -> Said | None:
    """`5′ 6″`, `6'2"`; a single straight mark may be a quotation's."""
    end, mark = amount.end, tokens.words[amount.end]
    if not tokens.is_tight(end):
        return None
    if mark == "″":
        return Said(f"{amount.words} {'inch' if amount.is_one else 'inches'}", end + 1 - index)
    if mark not in PRIMES:
        return None
    feet = f"{amount.words} {'foot' if amount.is_one else 'feet'}"
    inches = range_at(tokens, end + 1, manner)
    if (
        inches is not None
        and tokens.words[inches.end] in DOUBLE_PRIMES
        and tokens.is_tight(inches.end)
    ):
        words = f"{feet} {inches.words} {'inch' if inches.is_one else 'inches'}"
        return Said(words, inches.end + 1 - index, LIKELY)
    return Said(feet, end + 1 - index) if mark == "′" else None


def read_lone_degree(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """A degree sign behind a number in words."""
    scale = SCALES.get(tokens.words[index + 1])
    if scale is None:
        return None
    return Said(f"{' ' if tokens.is_tight(index) else ''}degrees {scale}", 2)
