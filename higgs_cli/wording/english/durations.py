"""How long something took: `2h 15m`, `3:59:12`, `5m 30s`."""

from __future__ import annotations

from higgs_cli.wording.english.numbers import cardinal
from higgs_cli.wording.reading import Manner, Said
from higgs_cli.wording.tokens import Tokens

PARTS = ("hour", "minute", "second")
LETTERS = {
    "h": 0, "hr": 0, "hrs": 0, "m": 1, "min": 1, "mins": 1, "s": 2, "sec": 2, "secs": 2,
}  # fmt: skip


def read_duration(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """Two or three parts, each smaller than the one before it."""
    return _in_colons(tokens, index) or _in_letters(tokens, index)


def _in_colons(tokens: Tokens, index: int) -> Said | None:
    if not (tokens.goes_on(index + 1, ":") and tokens.goes_on(index + 3, ":")):
        return None
    figures = tokens.words[index : index + 5 : 2]
    is_long = len(figures[0]) <= 3 and all(len(each) == 2 and each < "60" for each in figures[1:])
    if not is_long or tokens.goes_on(index + 5, ":"):
        return None
    return Said(_told({part: int(each) for part, each in enumerate(figures)}), 5)


def _in_letters(tokens: Tokens, index: int) -> Said | None:
    found: dict[int, int] = {}
    end = index
    while tokens.is_figures(end) and len(tokens.words[end]) <= 3 and tokens.is_tight(end + 1):
        part = LETTERS.get(tokens.words[end + 1])
        if part is None or (found and part != max(found) + 1):
            break
        found[part] = int(tokens.words[end])
        end += 2
    return Said(_told(found), end - index) if len(found) > 1 else None


def _told(parts: dict[int, int]) -> str:
    """`two hours and fifteen minutes`; parts of nothing are not told."""
    told = [
        f"{cardinal(number)} {PARTS[part]}{'' if number == 1 else 's'}"
        for part, number in parts.items()
        if number
    ]
    if not told:
        return "zero seconds"
    *most, last = told
    return f"{' '.join(most)} and {last}" if most else last
