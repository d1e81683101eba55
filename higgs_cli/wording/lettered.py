"""Which headings are letters of the alphabet, and no Roman numerals: `C` among `B` and `D`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from higgs_cli.script.romans import roman_value

OPENING = re.compile(r"([A-Z]+)(?![^\W_]|[’'])")


def lettered(headings: Sequence[str]) -> frozenset[int]:
    """Their places: a lone letter is a numeral where the one before or behind it counts on with it.

    Between them may stand headings of another kind. An `I` is one unless it stands between letters.
    """
    marks = [
        (place, match[1])
        for place, heading in enumerate(headings)
        if (match := OPENING.match(heading.strip()))
        and (len(match[1]) == 1 or roman_value(match[1]) is not None)
    ]
    found = set()
    for at, (place, mark) in enumerate(marks):
        if len(mark) > 1 or roman_value(mark) is None:
            continue
        beside = [other for _, other in marks[max(at - 1, 0) : at] + marks[at + 1 : at + 2]]
        counts_on = any(_count_on(mark, other) for other in beside)
        is_letter = any(roman_value(other) is None for other in beside)
        if not counts_on and (mark != "I" or is_letter):
            found.add(place)
    return frozenset(found)


def _count_on(one: str, other: str) -> bool:
    first, second = roman_value(one), roman_value(other)
    return first is not None and second is not None and abs(first - second) == 1
