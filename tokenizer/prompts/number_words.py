"""Numbers as an English speaker says them; for checkpoints that were trained on words only."""

from __future__ import annotations

import re

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:st|nd|rd|th)?")

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_GROUPS = ("", "thousand", "million", "billion", "trillion")
_IRREGULAR_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth",
    "eight": "eighth", "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_LONGEST = 15  # digits; more are read one by one


def with_numbers_spoken(text: str) -> str:
    """`text` with every number in words: 1,250 · 3.5 · 21st."""
    return NUMBER.sub(lambda found: f" {_spoken(found.group())} ", text)


def _spoken(number: str) -> str:
    ordinal = number[-1].isalpha()
    digits = number[:-2] if ordinal else number
    whole, _, fraction = digits.replace(",", "").partition(".")
    looks_like_year = len(digits) == 4 and digits.isdigit()
    words = _whole(whole, looks_like_year)
    if fraction:
        words += ["point", *(_SMALL[int(digit)] for digit in fraction)]
    if ordinal:
        words[-1] = _ordinal(words[-1])
    return " ".join(words)


def _whole(digits: str, looks_like_year: bool) -> list[str]:
    if len(digits) > _LONGEST or (len(digits) > 1 and digits[0] == "0"):
        return [_SMALL[int(digit)] for digit in digits]
    value = int(digits)
    if value == 0:
        return ["zero"]
    if looks_like_year and 1100 <= value < 2000 and value % 100:
        return [*_below_thousand(value // 100), *_year_end(value % 100)]
    words: list[str] = []
    for group in range(len(_GROUPS) - 1, -1, -1):
        part = value // 1000**group % 1000
        if part:
            words += [*_below_thousand(part), *([_GROUPS[group]] if group else [])]
    return words


def _year_end(value: int) -> list[str]:
    return ["oh", _SMALL[value]] if value < 10 else _below_thousand(value)


def _below_thousand(value: int) -> list[str]:
    words = [_SMALL[value // 100], "hundred"] if value >= 100 else []
    rest = value % 100
    if rest >= 20:
        words += [_TENS[rest // 10 - 2], *([_SMALL[rest % 10]] if rest % 10 else [])]
    elif rest:
        words.append(_SMALL[rest])
    return words


def _ordinal(word: str) -> str:
    if word in _IRREGULAR_ORDINALS:
        return _IRREGULAR_ORDINALS[word]
    return f"{word[:-1]}ieth" if word.endswith("y") else f"{word}th"
