"""Telephone numbers, and days that have become names: `010-1234-5678`, `6·25`."""

from __future__ import annotations

from higgs_cli.wording.others.korean import ZERO
from higgs_cli.wording.others.numbers import digits
from higgs_cli.wording.others.table import LanguageTable
from higgs_cli.wording.reading import Said
from higgs_cli.wording.tokens import Tokens

FEWEST_FIGURES = 8
MOST_GROUPS = 6


def read_telephone(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """Groups of figures with dashes, of which the first begins with zero: each figure by itself."""
    groups, end = [tokens.words[index]], index + 1
    while len(groups) < MOST_GROUPS and tokens.is_dash(end) and tokens.is_figures(end + 1):
        groups.append(tokens.words[end + 1])
        end += 2
    is_long = sum(map(len, groups)) >= FEWEST_FIGURES
    if len(groups) < 2 or groups[0][0] != "0" or not is_long:
        return None
    return Said(" ".join(_figures(group, table) for group in groups), end - index)


def read_named_day(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """`6·25`, `3·1 운동`: month and day, figure by figure."""
    if table.language != "ko" or not tokens.goes_on(index + 1, "·"):
        return None
    month, day = tokens.words[index], tokens.words[index + 2]
    if max(len(month), len(day)) > 2:
        return None
    return Said(_figures(month + day, table), 3)


def _figures(written: str, table: LanguageTable) -> str:
    if table.language == "ko":
        return digits(written, "ko", zero=ZERO, between="")
    return digits(written, table.language)
