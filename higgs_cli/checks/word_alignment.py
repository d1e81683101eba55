"""Which heard words stand for which written ones: the cheapest way from one row to the other.

    written   he  removed  the   flowers  and  to-day
    heard     he  removed  __    flowers  and  today   today
              =   =        gone  =        =    =       added

Words are alike as far as they sound alike (`word_sounds.py`); up to three may be joined or split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from higgs_cli.checks.plain_words import PlainWord
from higgs_cli.checks.word_sounds import sound_weight, unlikeness

MISSING_COST = 1.0
ADDED_COST = 1.0
OTHER_COST = 1.7
"""Of a word in the place of one that sounds nothing like it: less than one missing and one more."""
JOINT_COST = 0.06
"""For each word that is joined or split."""
NAME_DISCOUNT = 0.6
"""Names are written as they sound, by recognisers that do not know them."""
MOST_JOINED = 3
MOST_JOINT_UNLIKENESS = 0.25
MOST_JOINT_DISTANCE = 0.75
"""A joint hides no word: less than a consonant may differ."""
MOST_JOINT_LETTERS = 4
"""By which they may differ: a short cut."""
MOST_CELLS = 1 << 20
"""Written by heard words; more are compared in a band around the diagonal."""

Cell: TypeAlias = tuple[float, int, int]
"""Cost of getting there, and how many written and heard words the last step took."""


@dataclass(frozen=True)
class Step:
    """Some written words and what was heard in their place; either may be nothing."""

    written: tuple[PlainWord, ...]
    heard: tuple[PlainWord, ...]
    unlikeness: float
    """0 where they are the same, 1 where they have nothing in common."""


def align(
    written: Sequence[PlainWord], heard: Sequence[PlainWord], is_english: bool = True
) -> list[Step]:
    """All of both, in order."""
    lead = _same_words(written, heard)
    tail = _same_words(written[lead:][::-1], heard[lead:][::-1])
    middle = written[lead : len(written) - tail], heard[lead : len(heard) - tail]
    return [
        *_same(written[:lead], heard[:lead]),
        *_aligned(*middle, is_english),
        *_same(written[len(written) - tail :], heard[len(heard) - tail :]),
    ]


def _same_words(written: Sequence[PlainWord], heard: Sequence[PlainWord]) -> int:
    """How many are the same from the beginning on: mostly all of them."""
    pairs = zip(written, heard, strict=False)
    return next(
        (at for at, (one, other) in enumerate(pairs) if one.text != other.text),
        min(len(written), len(heard)),
    )


def _same(written: Sequence[PlainWord], heard: Sequence[PlainWord]) -> list[Step]:
    return [Step((one,), (other,), 0.0) for one, other in zip(written, heard, strict=True)]


def _aligned(
    written: Sequence[PlainWord], heard: Sequence[PlainWord], is_english: bool
) -> list[Step]:
    width = len(heard) + 1
    reach = max(MOST_CELLS // max(1, len(written)), abs(len(written) - len(heard)) + 32)
    table: list[dict[int, Cell]] = []
    for row in range(len(written) + 1):
        middle = row * len(heard) // max(1, len(written))
        table.append({})
        for column in range(max(0, middle - reach), min(width, middle + reach + 1)):
            table[row][column] = _cheapest(table, row, column, written, heard, is_english)
    return _steps(table, written, heard, is_english)


def _cheapest(
    table: list[dict[int, Cell]],
    row: int,
    column: int,
    written: Sequence[PlainWord],
    heard: Sequence[PlainWord],
    is_english: bool,
) -> Cell:
    """The best way to have used so many words of both."""
    if not row and not column:
        return 0.0, 0, 0
    best: Cell = (float("inf"), 0, 0)
    for took, gave in _MOVES:
        before = table[row - took].get(column - gave) if took <= row and gave <= column else None
        if before is None or before[0] >= best[0]:
            continue
        some, other = written[row - took : row], heard[column - gave : column]
        cost = before[0] + _cost(some, other, is_english)
        if cost < best[0]:
            best = cost, took, gave
    return best


_MOVES = (
    (1, 1), (1, 0), (0, 1), (1, 2), (2, 1), (2, 2), (1, 3), (3, 1), (2, 3), (3, 2),
)  # fmt: skip


def _cost(written: Sequence[PlainWord], heard: Sequence[PlainWord], is_english: bool) -> float:
    if not heard:
        return MISSING_COST
    if not written:
        return ADDED_COST
    if len(written) == len(heard) == 1:
        return OTHER_COST * unlikeness_of(written, heard, is_english)
    if abs(_letters(written) - _letters(heard)) > MOST_JOINT_LETTERS or _share_a_word(
        written, heard
    ):
        return float("inf")
    apart = unlikeness_of(written, heard, is_english)
    if apart > MOST_JOINT_UNLIKENESS or apart * _length(written, heard) > MOST_JOINT_DISTANCE:
        return float("inf")
    size = max(len(written), len(heard))
    return OTHER_COST * apart * size + JOINT_COST * (len(written) + len(heard) - 2)


def _share_a_word(written: Sequence[PlainWord], heard: Sequence[PlainWord]) -> bool:
    """Then the others alone are to be compared: `a street` and `street` are no joint."""
    return not {word.text for word in written}.isdisjoint(word.text for word in heard)


def _letters(words: Sequence[PlainWord]) -> int:
    return sum(len(word.text) for word in words)


def _length(written: Sequence[PlainWord], heard: Sequence[PlainWord]) -> float:
    """In consonants, of the longer one."""
    return max(sound_weight("".join(word.text for word in words)) for words in (written, heard))


def unlikeness_of(
    written: Sequence[PlainWord], heard: Sequence[PlainWord], is_english: bool = True
) -> float:
    """How unlike they sound, said without a pause; less for names."""
    one, other = "".join(w.text for w in written), "".join(w.text for w in heard)
    apart = unlikeness(one, other, is_english)
    return apart * NAME_DISCOUNT if any(word.is_name for word in written) else apart


def _steps(
    table: list[dict[int, Cell]],
    written: Sequence[PlainWord],
    heard: Sequence[PlainWord],
    is_english: bool,
) -> list[Step]:
    row, column = len(written), len(heard)
    found: list[Step] = []
    while row or column:
        _, took, gave = table[row][column]
        some, other = tuple(written[row - took : row]), tuple(heard[column - gave : column])
        apart = unlikeness_of(some, other, is_english) if some and other else 1.0
        found.append(Step(some, other, apart))
        row, column = row - took, column - gave
    return found[::-1]
