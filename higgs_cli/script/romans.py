"""Roman numerals: which words are one, and what it is worth."""

from __future__ import annotations

from functools import cache

SIGNS = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"),
    (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
LARGEST = 2099
OLD_ONES = {"IIII": 4, "VIIII": 9, "XIIII": 14, "XVIIII": 19, "XXXX": 40}
"""As clocks and old prints have them."""


def roman(number: int) -> str:
    """`1871` is `MDCCCLXXI`."""
    written = ""
    for value, sign in SIGNS:
        times, number = divmod(number, value)
        written += sign * times
    return written


@cache
def roman_values() -> dict[str, int]:
    """Every numeral up to the largest, in capitals."""
    return {roman(number): number for number in range(1, LARGEST + 1)} | OLD_ONES


def roman_value(written: str) -> int | None:
    """The value of a Roman numeral: all capitals or all small, with `j` for a last `i`."""
    if written.islower() and written.endswith("ij"):
        written = written[:-1] + "i"
    if not (written.isupper() or written.islower()):
        return None
    return roman_values().get(written.upper())
