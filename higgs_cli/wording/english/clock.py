"""The clock: `7.45 a.m.`, `8am`, `17:30`, `the 4.50 from Paddington`, `0900 hours`."""

from __future__ import annotations

from higgs_cli.wording.english.calendar import DAYS, MONTHS
from higgs_cli.wording.english.numbers import cardinal
from higgs_cli.wording.english.stops import ends_sentence
from higgs_cli.wording.reading import LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

HALVES = {"am": "a m", "pm": "p m"}
BEFORE_TIMES = frozenset((
    "at", "by", "until", "till", "before", "after", "about", "around", "towards", "since",
    "the", "from", "to",
))  # fmt: skip
TRAINS = frozenset((
    "train", "express", "boat", "mail", "bus", "post", "from", "to", "for", "up", "down",
))  # fmt: skip


def read_clock(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """A time of the day that begins with figures."""
    written = tokens.words[index]
    if tokens.lower(index + 1) in ("hours", "hrs") and len(written) == 4 and written[0] in "012":
        return _military(written)
    if len(written) > 2 or int(written) > 24 or _is_inside(tokens, index):
        return None
    hour, minute, end = int(written), None, index + 1
    mark = tokens.words[end]
    if mark in (":", ".", "·") and tokens.is_tight(end) and tokens.is_tight(end + 1):
        minutes = tokens.words[end + 1]
        if not (len(minutes) == 2 and minutes.isdecimal() and int(minutes) < 60):
            return None
        minute, end = int(minutes), end + 2
        if tokens.goes_on(end, ":") or tokens.goes_on(end, "."):
            return None
    half = half_at(tokens, end)
    if half is not None:
        return Said(f"{_time(hour, minute)} {half[0]}", half[1] - index)
    if minute is None:
        return None
    return _without_half(tokens, index, mark, hour, minute, end)


def read_half(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`a.m.` behind a number in words."""
    half = half_at(tokens, index)
    if half is None or "." not in tokens.words[index + 1 : index + 2]:
        return None
    return Said(half[0], half[1] - index)


def half_at(tokens: Tokens, index: int) -> tuple[str, int] | None:
    """`a m` or `p m` for all that writes it, and the index behind it."""
    word = tokens.lower(index)
    if word in HALVES:
        end = index + 1
        if tokens.is_stop(end) and not ends_sentence(tokens, end):
            end += 1
        return HALVES[word], end
    if word not in ("a", "p") or not tokens.is_stop(index + 1) or tokens.lower(index + 2) != "m":
        return None
    end = index + 3
    if tokens.is_stop(end) and not _ends_here(tokens, end):
        end += 1
    return f"{word} m", end


def _ends_here(tokens: Tokens, stop: int) -> bool:
    """Behind `p.m.` a weekday or a month goes on with the date; so may a name."""
    following = tokens.words[stop + 1]
    if following in DAYS or following in MONTHS:
        return False
    return ends_sentence(tokens, stop)


def _without_half(
    tokens: Tokens, index: int, mark: str, hour: int, minute: int, end: int
) -> Said | None:
    if tokens.words[end] in ("%", "°", "″", "′", "¢") or (
        tokens.is_tight(end) and tokens.is_word(end)
    ):
        return None
    if mark == ":":
        words = _time(hour, minute)
        if not minute:
            words = (
                f"{cardinal(hour)} o'clock" if 0 < hour < 13 else f"{cardinal(hour)} hundred hours"
            )
        return Said(words, end - index)
    before, after = tokens.lower(index - 1), tokens.lower(end)
    if before not in BEFORE_TIMES or not 0 < hour < 25:
        return None
    is_train = before == "the" and (after in TRAINS or not tokens.is_word(end))
    is_hour = before in ("at", "by", "until", "till") or before in (
        "before",
        "after",
        "about",
        "around",
    )
    is_range = after in ("to", "till") and tokens.is_figures(end + 1)
    is_hour = is_hour or (before == "from" and is_range)
    is_hour = is_hour or (before in ("to", "till") and tokens.words[index - 5] == "from")
    goes_on = tokens.is_word(end) and after not in TIME_GOES_ON and not tokens.is_capital(end)
    if not is_train and (not is_hour or goes_on):
        return None
    words = _time(hour, minute) if minute else f"{cardinal(hour)} o'clock"
    return Said(words, end - index, LIKELY)


TIME_GOES_ON = frozenset((
    "he", "she", "it", "they", "we", "you", "i", "the", "a", "an", "in", "on", "and", "or",
    "but", "when", "from", "to", "for", "with", "sharp", "precisely", "exactly", "that", "this",
    "his", "her", "by", "every", "each", "next", "there", "as", "is", "was", "tomorrow",
    "yesterday", "o'clock", "train",
))  # fmt: skip


def _time(hour: int, minute: int | None) -> str:
    if not minute:
        return cardinal(hour)
    return f"{cardinal(hour)} {'oh ' if minute < 10 else ''}{cardinal(minute)}"


def _military(written: str) -> Said | None:
    hour, minute = int(written[:2]), int(written[2:])
    if hour > 24 or minute > 59:
        return None
    head = f"oh {cardinal(hour)}" if hour < 10 else cardinal(hour)
    tail = "hundred" if not minute else f"{'oh ' if minute < 10 else ''}{cardinal(minute)}"
    return Said(f"{head} {tail} hours", 2)


def _is_inside(tokens: Tokens, index: int) -> bool:
    """Is it a later part of something longer, such as 1.2.30?"""
    before = tokens.words[index - 1]
    return (
        tokens.is_tight(index)
        and before in (":", ".", ",", "/", "-")
        and tokens.is_figures(index - 2)
    )
