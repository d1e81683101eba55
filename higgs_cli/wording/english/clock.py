"""The clock: `7.45 a.m.`, `8am`, `17:30`, `the 4.50 from Paddington`, `0900 hours`."""

from __future__ import annotations

from typing import NamedTuple

from higgs_cli.wording.english.calendar import DAYS, MONTHS
from higgs_cli.wording.english.numbers import cardinal
from higgs_cli.wording.english.stops import ends_sentence
from higgs_cli.wording.reading import LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

HALVES = {"am": "a m", "pm": "p m"}
HOUR_WORDS = frozenset(("at", "by", "until", "till", "before", "after", "about", "around"))
TRAINS = frozenset((
    "train", "express", "boat", "mail", "bus", "post", "from", "to", "for", "up", "down",
))  # fmt: skip


def read_clock(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """A time of the day that begins with figures, or two of them with a dash between."""
    written = tokens.words[index]
    if tokens.lower(index + 1) in ("hours", "hrs") and len(written) == 4 and written[0] in "012":
        return _military(written)
    if _is_inside(tokens, index) or (time := _time_at(tokens, index)) is None:
        return None
    if tokens.is_dash(time.end) and (last := _time_at(tokens, time.end + 1)):
        is_plain = time.mark == last.mark == ":" or time.half or last.half
        return Said(f"{time.words} to {last.words}", last.end - index) if is_plain else None
    if time.half:
        return Said(time.words, time.end - index)
    if time.minute is None:
        return None
    return _without_half(tokens, index, time)


class _Time(NamedTuple):
    """Figures that may be a time: hour, minute and half of the day, as far as they are written."""

    hour: int
    minute: int | None
    mark: str
    half: str
    words: str
    end: int


def _time_at(tokens: Tokens, index: int) -> _Time | None:
    written, mark, end = tokens.words[index], tokens.words[index + 1], index + 1
    if not written.isdecimal() or len(written) > 2 or int(written) > 24:
        return None
    minutes = ""
    if mark in (":", ".", "·") and tokens.is_inside(end):
        minutes, end = tokens.words[end + 1], end + 2
        if not minutes.isdecimal() or any(tokens.goes_on(end, mark) for mark in ":.,"):
            return None
    half = half_at(tokens, end)
    if minutes and not ((len(minutes) == 2 and minutes < "60") or (minutes == "0" and half)):
        return None
    minute = int(minutes) if minutes else None
    words = _told(int(written), minute, has_zeros=written == "00")
    if half is not None:
        return _Time(int(written), minute, mark, half[0], f"{words} {half[0]}", half[1])
    return _Time(int(written), minute, mark, "", words, end)


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


def _without_half(tokens: Tokens, index: int, time: _Time) -> Said | None:
    end, hour = time.end, time.hour
    if tokens.words[end] in ("%", "°", "″", "′", "¢") or (
        tokens.is_tight(end) and tokens.is_word(end)
    ):
        return None
    if time.mark == ":":
        words = time.words
        if not time.minute:
            tail = "o'clock" if 0 < hour < 13 else "hundred hours"
            words = f"{cardinal(hour)} {tail}"
        return Said(words, end - index)
    if not 0 < hour < 25 or not _is_hour_before(tokens, index, end):
        return None
    words = time.words if time.minute else f"{cardinal(hour)} o'clock"
    return Said(words, end - index, LIKELY)


def _is_hour_before(tokens: Tokens, index: int, end: int) -> bool:
    """Do the words around `4.50` say that it is a time?"""
    before, after = tokens.lower(index - 1), tokens.lower(end)
    if before == "the":
        return after in TRAINS or not tokens.is_word(end)
    is_range = after in ("to", "till") and tokens.is_figures(end + 1)
    is_hour = before in HOUR_WORDS or (before == "from" and is_range)
    is_hour = is_hour or (before in ("to", "till") and tokens.words[index - 5] == "from")
    goes_on = tokens.is_word(end) and after not in TIME_GOES_ON and not tokens.is_capital(end)
    return is_hour and not goes_on


TIME_GOES_ON = frozenset((
    "he", "she", "it", "they", "we", "you", "i", "the", "a", "an", "in", "on", "and", "or",
    "but", "when", "from", "to", "for", "with", "sharp", "precisely", "exactly", "that", "this",
    "his", "her", "by", "every", "each", "next", "there", "as", "is", "was", "tomorrow",
    "yesterday", "o'clock", "train",
))  # fmt: skip


def _told(hour: int, minute: int | None, *, has_zeros: bool) -> str:
    said = "zero zero" if has_zeros else cardinal(hour)
    if not minute:
        return said
    return f"{said} {'oh ' if minute < 10 else ''}{cardinal(minute)}"


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
