"""Numbers as English words: cardinals, ordinals, years, digits one by one, Roman numerals."""

from __future__ import annotations

import re
from string import ascii_lowercase

# fmt: off
SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
    "eighteen", "nineteen",
)
TENS = (
    "zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty",
    "ninety",
)
# fmt: on
SCALES = ("", "thousand", "million", "billion", "trillion")
MOST_FIGURES = 15
LARGEST = 10**MOST_FIGURES - 1

IRREGULAR_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}

ROMAN = re.compile(r"(X{0,3})(IX|IV|V?I{0,3})")
ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}


def cardinal(number: int) -> str:
    """`1204` is `one thousand two hundred and four`; beyond a thousand trillion, digit by digit."""
    if number < 0:
        return "minus " + cardinal(-number)
    if number > LARGEST:
        return digits(str(number))
    if number < 1000:
        return _below_thousand(number)
    groups: list[str] = []
    for scale in SCALES:
        number, group = divmod(number, 1000)
        if group:
            words = _below_thousand(group)
            if not scale and group < 100:
                words = "and " + words
            groups.append(f"{words} {scale}".strip())
    return " ".join(reversed(groups))


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(rest)
    words = f"{SMALL[hundreds]} hundred"
    return f"{words} and {_below_hundred(rest)}" if rest else words


def _below_hundred(number: int) -> str:
    if number < 20:
        return SMALL[number]
    tens, ones = divmod(number, 10)
    return f"{TENS[tens]}-{SMALL[ones]}" if ones else TENS[tens]


def counted(figures: str) -> int | None:
    """The value of a whole number, if it is not too long to be counted."""
    return int(figures) if len(figures) <= MOST_FIGURES else None


def ordinal(number: int) -> str:
    """`22` is `twenty-second`."""
    return _as_ordinal(cardinal(number))


def written_ordinal(figures: str) -> str:
    """The same for a number as it is written; a very long one is said digit by digit."""
    number = counted(figures)
    return _as_ordinal(digits(figures) if number is None else cardinal(number))


def _as_ordinal(words: str) -> str:
    head = words.rstrip(ascii_lowercase)
    last = words.removeprefix(head)
    if last in IRREGULAR_ORDINALS:
        return head + IRREGULAR_ORDINALS[last]
    return head + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def year(number: int) -> str:
    """`1999` is `nineteen ninety-nine`, `1805` `eighteen oh five`, `2007` is counted out."""
    high, low = divmod(number, 100)
    if number % 1000 < 10:
        return cardinal(number)
    if not low:
        return f"{_below_hundred(high)} hundred"
    return f"{_below_hundred(high)} {'oh ' if low < 10 else ''}{_below_hundred(low)}"


def decade(number: int) -> str:
    """`1980` is `nineteen eighties`."""
    words = year(number)
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def digits(written: str) -> str:
    """Each digit by itself; anything else between them is a gap."""
    return " ".join(SMALL[int(char)] for char in written if char.isdecimal())


def number_words(written: str) -> str:
    """A number as it stands in a text: `1,204`, `3.14`, `007`."""
    whole, _, decimals = written.replace(",", "").partition(".")
    if (len(whole) > 1 and whole.startswith("0")) or len(whole) > MOST_FIGURES:
        words = digits(whole)
    else:
        words = cardinal(int(whole or "0"))
    return f"{words} point {digits(decimals)}" if decimals else words


def roman_value(written: str) -> int | None:
    """The value of a Roman numeral below forty."""
    if not written or not ROMAN.fullmatch(written):
        return None
    values = [ROMAN_VALUES[char] for char in written]
    following = [*values[1:], 0]
    return sum(
        -value if value < after else value for value, after in zip(values, following, strict=True)
    )
