"""Numbers with nothing special about them: cardinals, ranges, ratios, chains."""

from __future__ import annotations

from higgs_cli.wording.english.amounts import SLASHES, Amount, amount_at
from higgs_cli.wording.english.numbers import cardinal, digits
from higgs_cli.wording.english.units import COUNTED
from higgs_cli.wording.reading import GUESS, LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

DOZENS = 64
BEFORE_ODDS = frozenset(("odds", "odds-on", "at"))
"""`100-1`: a hundred to one."""
SCALES = {"bn": "billion", "mn": "million", "tn": "trillion"}
"""Tight behind a number that has no sign of money."""
TIMES = frozenset("xX×")


def read_range(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`10-15`, `25,000–30,000`; a score too."""
    first = amount_at(tokens, index, manner)
    if first is None or not tokens.is_dash(first.end) or not tokens.is_figures(first.end + 1):
        return None
    last = amount_at(tokens, first.end + 1, manner)
    if last is None:
        return None
    if tokens.is_dash(last.end) and tokens.is_figures(last.end + 1):
        return _chain(tokens, index)
    if len(last.whole) > max(4, len(first.whole)) and "," not in tokens.words[index : last.end]:
        return _chain(tokens, index)
    end = last.end
    if last.words == first.words and len(first.whole) > 1:
        return Said(f"{first.words} {last.words}", end - index, LIKELY)  # `fifty-fifty`
    if last.whole == "0" and last.words == "zero" and first.whole:
        return Said(f"{first.words} {'to nothing' if manner.is_american else 'nil'}", end - index)
    shortened = _shortened(first, last)
    if shortened and tokens.lower(index - 1) in BEFORE_ODDS:
        shortened = None
    words = cardinal(shortened, manner.with_and) if shortened else last.words
    return Said(f"{first.words} to {words}", end - index, LIKELY)


def _shortened(first: Amount, last: Amount) -> int | None:
    """`pp. 123-4`: the last number without the figures that it shares."""
    one, two = first.whole, last.whole
    if len(two) >= len(one) or len(one) > 4 or first.decimals or last.decimals or last.fraction:
        return None
    full = int(one[: len(one) - len(two)] + two)
    return full if full > int(one) and len(one) > 2 else None


def _slashed(tokens: Tokens, index: int, amount: Amount, manner: Manner) -> Said | None:
    """`50/50`, `24/7`; two large numbers that differ stand over one another: `120/80`."""
    last = amount_at(tokens, amount.end + 1, manner)
    if last is None or (tokens.words[last.end] in SLASHES and tokens.is_tight(last.end)):
        return Said(amount.words, amount.end - index, GUESS)
    is_over = amount.whole != last.whole and min(len(amount.whole), len(last.whole)) > 1
    joint = " over " if is_over else " "
    return Said(f"{amount.words}{joint}{last.words}", last.end - index, GUESS)


def _chain(tokens: Tokens, index: int) -> Said:
    """Figures with dashes between them: each by itself."""
    end, parts = index + 1, [tokens.words[index]]
    while tokens.is_dash(end) and tokens.is_figures(end + 1) and len(parts) < DOZENS:
        parts.append(tokens.words[end + 1])
        end += 2
    return Said(digits(" ".join(parts)), end - index, GUESS)


def read_ratio(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`3:1`, `10:1`, `1:25,000`"""
    if tokens.words[index + 1] != ":" or not tokens.is_figures(index + 2):
        return None
    if not (tokens.is_tight(index + 1) and tokens.is_tight(index + 2)):
        return None
    first, last = tokens.words[index], amount_at(tokens, index + 2, manner)
    if last is None or last.decimals or last.fraction or max(len(first), len(last.whole)) > 9:
        return None
    if tokens.words[last.end] == ":" and tokens.is_tight(last.end):
        return None
    second = cardinal(int(last.whole), manner.with_and)
    return Said(f"{cardinal(int(first), manner.with_and)} to {second}", last.end - index, LIKELY)


def read_plain(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """A number and nothing else; glued to letters or to other numbers it stays as it is."""
    amount = amount_at(tokens, index, manner)
    if amount is None:
        return None
    count = amount.end - index
    before = tokens.words[index - 1] if tokens.is_tight(index) else ""
    after = tokens.words[amount.end] if tokens.is_tight(amount.end) else ""
    is_side = before in TIMES and tokens.is_figures(index - 2)
    if (before[:1].isalpha() and not is_side) or before == "_":
        return Said(None, count, GUESS)
    if after in SLASHES and tokens.is_figures(amount.end + 1) and tokens.is_tight(amount.end + 1):
        return _slashed(tokens, index, amount, manner)
    scale = SCALES.get(after)
    if after in ("m", "k") and tokens.words[index + count + 1] in COUNTED:
        scale = "million" if after == "m" else "thousand"
    if scale:
        return Said(f"{amount.words} {scale}", count + 1, LIKELY)
    if after[:1].isalpha() and after not in TIMES:
        return Said(f"{amount.words} ", count, GUESS)
    return Said(amount.words, count, LIKELY)
