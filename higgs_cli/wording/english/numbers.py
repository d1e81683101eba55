"""Numbers as English words: cardinals, ordinals, years, digits one by one."""

from __future__ import annotations

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


def cardinal(number: int, with_and: bool = True) -> str:
    """`1204` is `one thousand two hundred and four`; beyond a thousand trillion, digit by digit."""
    if number < 0:
        return "minus " + cardinal(-number, with_and)
    if number > LARGEST:
        return digits(str(number))
    if number < 1000:
        return _below_thousand(number, with_and)
    groups: list[str] = []
    for scale in SCALES:
        number, group = divmod(number, 1000)
        if group:
            words = _below_thousand(group, with_and)
            if not scale and group < 100 and with_and:
                words = f"and {words}"
            groups.append(f"{words} {scale}".strip())
    return " ".join(reversed(groups))


def _below_thousand(number: int, with_and: bool) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return below_hundred(rest)
    words = f"{SMALL[hundreds]} hundred"
    joint = " and " if with_and else " "
    return f"{words}{joint}{below_hundred(rest)}" if rest else words


def below_hundred(number: int) -> str:
    if number < 20:
        return SMALL[number]
    tens, ones = divmod(number, 10)
    return f"{TENS[tens]}-{SMALL[ones]}" if ones else TENS[tens]


def counted(figures: str) -> int | None:
    """The number that some figures write; None where they are too many to be counted."""
    return int(figures) if len(figures) <= MOST_FIGURES else None


def ordinal(number: int, with_and: bool = True) -> str:
    """`22` is `twenty-second`."""
    return as_ordinal(cardinal(number, with_and))


def written_ordinal(figures: str, with_and: bool = True) -> str:
    """The same for a number as it is written; a very long one is said digit by digit."""
    number = counted(figures)
    return as_ordinal(digits(figures) if number is None else cardinal(number, with_and))


def as_ordinal(words: str) -> str:
    """Words of a number as those of its place: `twenty-two`, `twenty-second`."""
    head = words.rstrip(ascii_lowercase)
    last = words.removeprefix(head)
    if last in IRREGULAR_ORDINALS:
        return head + IRREGULAR_ORDINALS[last]
    return head + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def year(number: int, with_and: bool = True) -> str:
    """`1999` is `nineteen ninety-nine`, `1805` `eighteen oh five`, `2007` is counted out."""
    high, low = divmod(number, 100)
    if number % 1000 < 10 or number < 1000:
        return cardinal(number, with_and)
    if not low:
        return f"{below_hundred(high)} hundred"
    return f"{below_hundred(high)} {'oh ' if low < 10 else ''}{below_hundred(low)}"


def as_plural(words: str) -> str:
    """Words of a number as many of it: `sixty`, `sixties`; `six`, `sixes`."""
    if words.endswith("y"):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith("x") else "s")


def decade(number: int, with_and: bool = True) -> str:
    """`1980` is `nineteen eighties`."""
    return as_plural(year(number, with_and))


def digits(written: str) -> str:
    """Each digit by itself; anything else between them is a gap."""
    return " ".join(SMALL[int(char)] for char in written if char.isdecimal())


def pairs(written: str) -> str:
    """House numbers and the like: `221` is `two twenty-one`, `1600` `sixteen hundred`."""
    if len(written) == 3 and written[1:] != "00" and written[0] != "0":
        low = int(written[1:])
        return f"{SMALL[int(written[0])]} {'oh ' if low < 10 else ''}{below_hundred(low)}"
    if len(written) == 4 and written[0] != "0":
        return year(int(written)) if int(written) % 1000 >= 10 else cardinal(int(written))
    return number_words(written)


def number_words(written: str, with_and: bool = True) -> str:
    """A number as it stands in a text: `1,204`, `3.14`, `007`."""
    whole, _, decimals = written.replace(",", "").partition(".")
    if (len(whole) > 1 and whole.startswith("0")) or len(whole) > MOST_FIGURES:
        words = digits(whole)
    else:
        words = cardinal(int(whole), with_and) if whole else ""
    return f"{words} point {digits(decimals)}".strip() if decimals else words
