"""Signs that are said: `×`, `±`, `=`, `§`, `#`, `~`, a minus, a leading point."""

from __future__ import annotations

from higgs_cli.wording.english.amounts import amount_at
from higgs_cli.wording.english.formulas import RAISED_MINUS, SUPERSCRIPTS
from higgs_cli.wording.english.numbers import digits, pairs
from higgs_cli.wording.english.units import unit_at
from higgs_cli.wording.reading import LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

WORDS = {
    "÷": "divided by", "±": "plus or minus", "≥": "at least", "≤": "at most", "≠": "is not",
    "≈": "about", "∞": "infinity", "√": "the square root of", "§": "section", "¶": "paragraph",
    "№": "number", "©": "copyright", "℞": "recipe", "∴": "therefore", "π": "pi", "→": "to",
    "♀": "female", "♂": "male", "℅": "care of", "¢": "cents",
}  # fmt: skip
BETWEEN_NUMBERS = {
    "=": "equals", "+": "plus", "−": "minus", "<": "is less than", ">": "is more than",
    "*": "times",
}  # fmt: skip
BOUNDS = {"<": "less than", ">": "more than"}
POWER_MARKS = frozenset((*SUPERSCRIPTS, RAISED_MINUS, "^"))
CALIBERS = frozenset(("22", "25", "32", "38", "44", "45", "50", "357"))
BEFORE_GUNS = frozenset(
    ("a", "an", "the", "his", "her", "my", "your", "their", "old", "little", "big")
)
MARKS_TO_DROP = frozenset("†‡•▪◦●■♦*¤®™")


def read_word(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """A sign that has one name."""
    sign, end = tokens.words[index], index + 1
    said = WORDS[sign]
    if sign in "§¶" and tokens.words[end] == sign:
        said, end = f"{said}s", end + 1
    return Said(_spaced(tokens, index, end, said), end - index)


def read_between(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """A sign between two numbers or single letters."""
    sign = tokens.words[index]
    before, after = tokens.words[index - 1], tokens.words[index + 1]
    if sign == "=" and (before.isalnum() or before == ".") and after.isalnum():
        return Said(_spaced(tokens, index, index + 1, "equals"), 1)
    if not (_is_term(tokens, index - 1) and _is_term(tokens, index + 1)):
        return _bound(tokens, index)
    if sign == "*" and not (tokens.is_figures(index - 1) and tokens.is_figures(index + 1)):
        return None
    return Said(_spaced(tokens, index, index + 1, BETWEEN_NUMBERS[sign]), 1)


def _bound(tokens: Tokens, index: int) -> Said | None:
    """`<5`, `> 30`: with nothing that is compared before it."""
    is_bound = tokens.words[index] in BOUNDS and tokens.is_figures(index + 1)
    is_begun = not tokens.is_tight(index) or tokens.words[index - 1] == "("
    gap = " " if tokens.is_tight(index + 1) else ""
    return Said(f"{BOUNDS[tokens.words[index]]}{gap}", 1) if is_bound and is_begun else None


def _is_term(tokens: Tokens, index: int) -> bool:
    word = tokens.words[index]
    return word.isdecimal() or (len(word) == 1 and (word.isalpha() or word in "()²³½¼¾%°$£"))


def read_times(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`3 × 4 = 12` times, `3 × 4 feet` by; `x²` is a letter."""
    if tokens.words[index + 1] in SUPERSCRIPTS and tokens.is_tight(index + 1):
        return None
    if not _is_term(tokens, index + 1):
        if tokens.is_figures(index - 1) and tokens.words[index] == "×":
            return Said(_spaced(tokens, index, index + 1, "times"), 1)
        return None
    if not (
        tokens.is_figures(index - 1)
        or tokens.words[index - 1] in ("′", "″", ".", "ft", "in", "cm", "mm", "m", ")")
    ):
        return None
    is_sum = any(tokens.words[index + ahead] == "=" for ahead in (2, 3, 4))
    is_sum = is_sum and unit_at(tokens, index + 2) is None
    is_sum = is_sum or tokens.words[index + 2] in POWER_MARKS
    return Said(_spaced(tokens, index, index + 1, "times" if is_sum else "by"), 1)


def read_minus(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """A minus before a number; between spaced numbers where a sum is written."""
    following = index + 1
    if tokens.words[following] in ("£", "$", "€"):
        following += 1
    if not tokens.is_figures(following):
        return None
    if not tokens.is_tight(index + 1):
        is_sum = any(tokens.words[index + ahead] == "=" for ahead in (2, 3, 4))
        return Said("minus", 1) if is_sum and tokens.is_figures(index - 1) else None
    if tokens.is_tight(index) and tokens.words[index - 1] not in '(“"‘=,:/×':
        return None
    return Said("minus ", 1, LIKELY)


def read_hash(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`#7`, `#blessed`"""
    if not tokens.is_tight(index + 1):
        return None
    if tokens.is_word(index + 1) and not tokens.is_tight(index):
        return Said("hashtag ", 1)
    return Said("number ", 1) if tokens.is_figures(index + 1) else None


def read_about(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`~50`"""
    if tokens.is_figures(index + 1) and tokens.is_tight(index + 1) and not tokens.is_tight(index):
        return Said("about ", 1)
    return None


def read_leading_point(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`.45`, `·303`"""
    if tokens.is_tight(index) and tokens.words[index - 1] not in '(“"‘-–':
        return None
    if not tokens.is_tight(index + 1) or not tokens.is_figures(index + 1):
        return None
    figures = tokens.words[index + 1]
    amount = amount_at(tokens, index + 1, manner)
    if figures in CALIBERS and tokens.lower(index - 1) in BEFORE_GUNS:
        return Said(pairs(figures), 2, LIKELY)
    is_caliber = amount is not None and len(figures) == 2 and figures[0] != "0"
    words = amount.words if is_caliber and amount and amount.whole == figures else digits(figures)
    return Said(f"point {words}", 2, LIKELY)


def read_dropped(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """Marks of notes and lists, which nobody says."""
    return Said("", 1)


def read_at(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`3 lbs. @ 6d.`"""
    return Said(_spaced(tokens, index, index + 1, "at"), 1)


def _spaced(tokens: Tokens, first: int, end: int, words: str) -> str:
    """The words with a space where the sign stood tight to a letter or a figure."""
    left = " " if tokens.is_tight(first) and tokens.words[first - 1] not in '(“"‘' else ""
    is_closed = tokens.words[end] and tokens.words[end] in ".,;:!?)”’"
    right = " " if tokens.is_tight(end) and not is_closed else ""
    return f"{left}{words}{right}"
