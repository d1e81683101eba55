"""In which ways figures may have been said that a recogniser writes.

    $40.50       forty dollars and fifty cents, forty dollars fifty, forty fifty, …
    $5 million   five million dollars
    9:30         nine thirty, half past nine
    Henry VIII   Henry the eighth

Pure functions of what is written; each yields the likeliest way first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from higgs_cli.script.romans import roman_value
from higgs_cli.wording.english.numbers import (
    SCALES,
    cardinal,
    counted,
    decade,
    digits,
    ordinal,
    pairs,
    written_ordinal,
    year,
)
from higgs_cli.wording.english.units import CURRENCIES

SCALE_WORDS = ("hundred", *SCALES[1:])
FIGURE = (
    rf"[£$€]\d(?:[\d,.:]*\d)? (?:{'|'.join(SCALE_WORDS)})\b"
    r"|[£$€]?\d[\d,.:]*\d(?:st|nd|rd|th|s)?[%°]?|[£$€]?\d(?:st|nd|rd|th|s)?[%°]?"
)
"""A number with all that is read as one with it, as a regular expression."""
REST_OF_FIGURE = re.compile(r"[,.:]\d|[%°]")
SCALE = re.compile(rf"(?:{'|'.join(SCALE_WORDS)})\b")
ROMAN = re.compile("[IVX]{2,}")
PRICE = re.compile(r"(?<!\w)[£$€]\d(?:[\d,.:]*\d)?")


def goes_on(figure: str, after: str) -> str | None:
    """What joins a number to the next piece of it that a recogniser writes apart; None where it
    ends: `1` and `,000`, `20` and `%`, `$5` and `million`."""
    if figure[-1:].isdigit() and REST_OF_FIGURE.match(after):
        return ""
    return " " if PRICE.fullmatch(figure) and SCALE.match(after) else None


def figures_said(shown: str) -> Iterator[str]:
    """In each way that a number may be said; some ways may come twice, or be empty."""
    shown, _, scale = shown.partition(" ")
    units = CURRENCIES.get(shown[0], ())
    body = shown.strip("£$€%°")
    ending = re.search(r"(?:st|nd|rd|th|s)$", body)
    figures = re.sub(r"[^\d.:]", "", body).strip(".:")
    if ending and figures.isdigit():
        yield from _ordered(figures, ending.group())
        return
    parts = re.split("[.:]", figures)
    for after in _units_after(shown, scale, units):
        if len(parts) > 1:
            yield f"{_point(parts)}{after}"
            yield " ".join(cardinal(counted(part) or 0, with_and=False) for part in parts) + after
            yield from (said + after for said in _decimal(figures, parts))
        else:
            yield from _whole(figures, after)
    if len(parts) == 2 and units and not scale:
        yield from _price(parts, units)
    if len(parts) == 2 and ":" in figures:
        yield from _hour(counted(parts[0]) or 0, parts[1])
    yield digits(figures)


def _ordered(figures: str, ending: str) -> Iterator[str]:
    """`21st`, `90s`."""
    number = counted(figures)
    if ending != "s":
        yield written_ordinal(figures, with_and=False)
    elif number is not None:
        yield decade(number, with_and=False)


def _units_after(shown: str, scale: str, units: Sequence[str]) -> Iterator[str]:
    """What is said behind the number, in its forms; last, that nothing is, as in `at 5:30`."""
    scale = f" {scale}" if scale else ""
    for unit in (*units[1::-1], *_signs(shown[-1])):
        yield f"{scale} {unit}"
    yield scale


def _signs(sign: str) -> tuple[str, ...]:
    return {"%": ("percent", "per cent"), "°": ("degrees", "degree")}.get(sign, ())


def _whole(figures: str, after: str) -> Iterator[str]:
    number = counted(figures)
    if number is None:
        return
    counted_out = cardinal(number, with_and=False)
    if len(figures) == 4 and figures[0] in "12" and " " not in after.strip():
        yield year(number, with_and=False) + after
    yield counted_out + after
    yield (year(number, with_and=False) if 1000 < number < 10_000 else "") + after
    yield from (said + after for said in _in_hundreds(number))
    yield pairs(figures) + after
    if counted_out == "one" or counted_out.startswith("one "):
        yield f"a{counted_out.removeprefix('one')}{after}"


def _in_hundreds(number: int) -> Iterator[str]:
    """`eighteen hundred one`."""
    hundreds, rest = divmod(number, 100)
    if 10 < hundreds < 100 and hundreds % 10:
        tail = f" {cardinal(rest)}" if rest else ""
        yield f"{cardinal(hundreds)} hundred{tail}"


def _point(parts: Sequence[str]) -> str:
    return f"{cardinal(counted(parts[0]) or 0, with_and=False)} point {digits(parts[1])}"


def _decimal(figures: str, parts: Sequence[str]) -> Iterator[str]:
    """`0.5` without its nought, `1.5` with a half."""
    if "." in figures and parts[0] == "0":
        yield f"point {digits(parts[1])}"
    elif figures.endswith(".5"):
        yield f"{cardinal(counted(parts[0]) or 0, with_and=False)} and a half"


def _price(parts: Sequence[str], units: Sequence[str]) -> Iterator[str]:
    """`$40.50`: with both units, with one, and as small change alone."""
    whole, rest = counted(parts[0]) or 0, counted(parts[1]) or 0
    one, many, small, smalls = units
    said, small_said = (cardinal(each, with_and=False) for each in (whole, rest))
    unit, small_unit = one if whole == 1 else many, small if rest == 1 else smalls
    yield f"{said} {unit} and {small_said} {small_unit}"
    yield f"{said} {unit} {small_said} {small_unit}"
    yield f"{said} {unit} and {small_said}"
    yield f"{said} {unit} {small_said}"
    if not rest:
        yield f"{said} {unit}"
    if not whole:
        yield f"{small_said} {small_unit}"


def _hour(hour: int, minutes: str) -> Iterator[str]:
    """`7:00`, `12:05`, `9:30`."""
    said, after = cardinal(hour), cardinal(hour % 12 + 1)
    if minutes == "00":
        yield f"{said} o'clock"
        yield said
    elif minutes.startswith("0"):
        yield f"{said} oh {cardinal(counted(minutes) or 0)}"
    elif minutes == "30":
        yield f"half past {said}"
    elif minutes in ("15", "45"):
        quarter = f"quarter past {said}" if minutes == "15" else f"quarter to {after}"
        yield from (quarter, f"a {quarter}")


def roman_said(shown: str) -> Iterator[str]:
    """`VIII`, in capitals: as a number, and as of a king."""
    value = roman_value(shown) if ROMAN.fullmatch(shown) else None
    if value is not None:
        yield cardinal(value, with_and=False)
        yield f"the {ordinal(value, with_and=False)}"
