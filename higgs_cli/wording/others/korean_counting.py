"""What Korean counts with its own numbers, and units in Latin letters with an ending behind."""

from __future__ import annotations

import re
from collections.abc import Sequence

from higgs_cli.wording.others.korean import (
    NATIVE_COUNTERS,
    ORDINAL_PREFIX,
    PARTICLES,
    SHORT_COUNTERS,
)
from higgs_cli.wording.others.numbers import native_korean
from higgs_cli.wording.others.table import LanguageTable
from higgs_cli.wording.tokens import Tokens

LATIN = re.compile(r"[A-Za-z]+")
MONTHS_LONG = "개월"
"""How many months something lasts is counted like a date."""
TEENS = "대"


def counted(
    tokens: Tokens, end: int, numbers: Sequence[str], before: int | None = None
) -> list[str] | None:
    """The numbers as they count what stands at `end`; None where they do not."""
    unit = tokens.words[end]
    is_place = before is not None and tokens.words[before].endswith(ORDINAL_PREFIX)
    if is_place and before is not None and tokens.is_tight(before + 1):
        return None
    if not all(
        number.isdecimal() and 0 < int(number[:3]) < 100 and len(number) < 3 for number in numbers
    ):
        return None
    if not _is_counter(unit, int(numbers[-1])):
        return None
    return [native_korean(int(number)) for number in numbers]


def _is_counter(unit: str, number: int) -> bool:
    if unit.startswith(MONTHS_LONG):
        return False
    for counter in SHORT_COUNTERS:
        if unit.startswith(counter) and unit[len(counter) :] in PARTICLES:
            return counter != TEENS or number % 10 != 0 or number == 0
    return unit.startswith(NATIVE_COUNTERS)


def latin_unit(tokens: Tokens, index: int, table: LanguageTable) -> tuple[str, int] | None:
    """`5km를`: the unit with the ending that is written on to it."""
    found = LATIN.match(tokens.words[index])
    if found is None:
        return None
    if tokens.words[index] == "km" and tokens.words[index + 1] == "/":
        hour = tokens.words[index + 2]
        rest = hour.removeprefix("h")
        return (table.units["km"][0] + rest, index + 3) if hour.startswith("h") else None
    names = table.units.get(found[0])
    return (names[0] + tokens.words[index][found.end() :], index + 1) if names else None
