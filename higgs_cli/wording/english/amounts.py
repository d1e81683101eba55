"""Amounts: a number as it stands in a text, with thousands, decimals, a fraction, or as a range."""

from __future__ import annotations

from typing import NamedTuple

from higgs_cli.wording.english.numbers import as_ordinal, as_plural, cardinal, number_words
from higgs_cli.wording.reading import Manner
from higgs_cli.wording.tokens import DASHES, Tokens

VULGAR = {
    "½": (1, 2), "¼": (1, 4), "¾": (3, 4), "⅓": (1, 3), "⅔": (2, 3), "⅕": (1, 5), "⅖": (2, 5),
    "⅗": (3, 5), "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8),
    "⅞": (7, 8), "⅐": (1, 7), "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
SLASHES = frozenset("/⁄∕")
POINTS = frozenset(".·")
PLAIN_PARTS = frozenset((2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 32, 64, 100, 1000))
MOST_PLACES = 4
NARROW = "\u00a0\u2009\u202f"
"""Spaces at which a line is not broken: within a number."""


class Fraction(NamedTuple):
    """A part written as two numbers."""

    top: int
    bottom: int
    end: int

    @property
    def words(self) -> str:
        """`one half`, `five eighths`."""
        return f"{cardinal(self.top)} {self.name}"

    @property
    def name(self) -> str:
        one = {2: "half", 4: "quarter"}.get(self.bottom)
        one = one or as_ordinal(cardinal(self.bottom)).removeprefix("one ")
        if self.top == 1:
            return one
        return "halves" if one == "half" else as_plural(one)

    @property
    def after_whole(self) -> str:
        """`and a half`, `and five eighths`."""
        return f"and a {self.name}" if self.top == 1 else f"and {self.words}"


class Amount(NamedTuple):
    """A number with its words; `end` is the index behind it."""

    words: str
    end: int
    is_one: bool = False
    whole: str = ""
    decimals: str = ""
    fraction: Fraction | None = None
    is_range: bool = False


def fraction_at(tokens: Tokens, index: int) -> Fraction | None:
    """`½`, `5/8`: no judgement of whether the slash may mean something else."""
    if tokens.words[index] in VULGAR:
        top, bottom = VULGAR[tokens.words[index]]
        return Fraction(top, bottom, index + 1)
    first, slash, last = tokens.words[index : index + 3]
    if slash not in SLASHES or not (tokens.is_tight(index + 1) and tokens.is_tight(index + 2)):
        return None
    if not (first.isdecimal() and last.isdecimal()) or max(len(first), len(last)) > MOST_PLACES:
        return None
    if tokens.words[index + 3] in SLASHES and tokens.is_tight(index + 3):
        return None
    top, bottom = int(first), int(last)
    return Fraction(top, bottom, index + 3) if 0 < top < bottom else None


def amount_at(tokens: Tokens, index: int, manner: Manner) -> Amount | None:
    """The number that begins here, with its decimals and its fraction."""
    if not tokens.is_figures(index):
        return _fraction_alone(tokens, index)
    whole, end = _grouped(tokens, index)
    decimals = ""
    if tokens.words[end] in POINTS and tokens.is_inside(end) and tokens.is_figures(end + 1):
        decimals, end = tokens.words[end + 1], end + 2
    fraction = _fraction_behind(tokens, end, whole) if not decimals else None
    written = f"{whole}.{decimals}" if decimals else whole
    words = number_words(written, manner.with_and)
    if fraction is not None:
        return Amount(
            f"{words} {fraction.after_whole}", fraction.end, whole=whole, fraction=fraction
        )
    return Amount(words, end, whole == "1" and not decimals, whole, decimals)


def range_at(tokens: Tokens, index: int, manner: Manner) -> Amount | None:
    """The same, or two of them with a dash between: `five to six`."""
    first = amount_at(tokens, index, manner)
    if first is None or not tokens.is_dash(first.end):
        return first
    last = amount_at(tokens, first.end + 1, manner)
    if last is None or (tokens.is_dash(last.end) and tokens.is_figures(last.end + 1)):
        return first
    return Amount(f"{first.words} to {last.words}", last.end, is_range=True)


def part_at(tokens: Tokens, index: int) -> Amount | None:
    """`1/2` and nothing before it: what is a part where a coin or a unit follows."""
    if not tokens.is_figures(index) or tokens.words[index + 1] not in SLASHES:
        return None
    alone = fraction_at(tokens, index)
    return alone and Amount(alone.words, alone.end, fraction=alone)


def _fraction_alone(tokens: Tokens, index: int) -> Amount | None:
    fraction = fraction_at(tokens, index) if tokens.words[index] in VULGAR else None
    return fraction and Amount(fraction.words, fraction.end, fraction=fraction)


def _grouped(tokens: Tokens, index: int) -> tuple[str, int]:
    """Figures with commas or spaces between thousands."""
    parts, end = [tokens.words[index]], index + 1
    spaced = _spaced_thousands(tokens, index)
    if spaced:
        return "".join(tokens.words[index:spaced]), spaced
    if len(parts[0]) <= 3:
        while (
            tokens.words[end] == ","
            and len(tokens.words[end + 1]) == 3
            and tokens.is_figures(end + 1)
            and tokens.is_tight(end)
            and tokens.is_tight(end + 1)
        ):
            parts.append(tokens.words[end + 1])
            end += 2
    return "".join(parts), end


def _spaced_thousands(tokens: Tokens, index: int) -> int | None:
    """The end of `100 000`; with a space between, two numbers may be meant: `rooms 101 102`."""
    first, end = tokens.words[index], index + 1
    is_apart = _has_gap(tokens, index) and tokens.is_figures(index - 1)
    if is_apart or len(first) > 3 or first[0] == "0":
        return None
    while _is_group(tokens, end):
        end += 1
    groups = tokens.words[index + 1 : end]
    if not groups or tokens.is_figures(end) or tokens.words[end][:1] in DASHES:
        return None
    is_written_so = all(_gap(tokens, at) in NARROW for at in range(index + 1, end))
    is_round = any(group[0] == "0" for group in groups)
    is_round = is_round or (len(first) < 3 and groups[-1].endswith("00"))
    return end if is_written_so or is_round else None


def _is_group(tokens: Tokens, index: int) -> bool:
    is_three = len(tokens.words[index]) == 3 and tokens.is_figures(index)
    return is_three and _has_gap(tokens, index)


def _has_gap(tokens: Tokens, index: int) -> bool:
    return len(_gap(tokens, index)) == 1 and _gap(tokens, index) in f" {NARROW}"


def _gap(tokens: Tokens, index: int) -> str:
    """What stands between a token and the one before it."""
    return tokens.text[max(tokens.ends[index - 1], 0) : max(tokens.starts[index], 0)]


def _fraction_behind(tokens: Tokens, index: int, whole: str) -> Fraction | None:
    """`2½`, `2 1/2`, and `2-1/2`; never what only looks like one."""
    if len(whole) > MOST_PLACES:
        return None
    if tokens.words[index] in VULGAR:
        return fraction_at(tokens, index)
    if tokens.is_dash(index):
        index += 1
    elif tokens.is_tight(index):
        return None
    fraction = fraction_at(tokens, index)
    return fraction if fraction and fraction.bottom in PLAIN_PARTS else None
