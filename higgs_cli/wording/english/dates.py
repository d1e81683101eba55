"""Dates: the day before the month and behind it, and all in figures."""

from __future__ import annotations

from higgs_cli.wording.english.calendar import (
    DAY_NAMES,
    DAYS,
    MONTH_NAMES,
    MONTHS,
    SHORT_DAYS,
    SURE_DAYS,
)
from higgs_cli.wording.english.numbered import THINGS
from higgs_cli.wording.english.numbers import cardinal, ordinal, year
from higgs_cli.wording.english.stops import past_stop
from higgs_cli.wording.reading import LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

SUFFIXES = frozenset(("st", "nd", "rd", "th", "d", "ST", "ND", "RD", "TH"))
DETERMINERS = frozenset((
    "the", "this", "that", "very", "same", "next", "last", "following", "first", "second",
))  # fmt: skip
AFTER_DAYS = frozenset(("night", "morning", "evening", "afternoon", "last", "next"))
ALSO_NAMES = frozenset(("Jan", "Mar", "Jun"))
BEFORE_MONTHS = frozenset(("in", "of", "last", "since", "until", "till", "next", "by", "from"))


def read_day_month(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`5 January`, `5th of January`, `5-7 June`."""
    day = day_at(tokens, index)
    if day is None:
        return None
    number, end = day
    last = ""
    is_row = tokens.words[end] in ("to", "and", "or")
    if (is_row or tokens.is_dash(end)) and (second := day_at(tokens, end + 1)):
        joint = tokens.words[end] if is_row else "to"
        last, end = f" {joint} the {ordinal(second[0])}", second[1]
    if tokens.words[end] == "of":
        end += 1
    month = MONTH_NAMES.get(tokens.words[end])
    if month is None or tokens.is_tight(end) or tokens.lower(index - 1) in THINGS:
        return None
    end = _past_month(tokens, end)
    article = "" if tokens.lower(index - 1) in DETERMINERS else "the "
    return Said(f"{article}{ordinal(number)}{last} of {month}", end - index)


def read_month_day(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`January 5`, `Jan. 5th`; `Jan–Mar` a time; `Jan. 1871` and `in Jan.` the month."""
    written = tokens.words[index]
    month = MONTH_NAMES[written]
    end = _past_month(tokens, index)
    if tokens.is_dash(end) and (last := MONTH_NAMES.get(tokens.words[end + 1])):
        return Said(f"{month} to {last}", _past_month(tokens, end + 1) - index)
    if tokens.words[end] == "the":
        end += 1
    day = day_at(tokens, end)
    if day is None or not _ends_day(tokens, day[1]):
        return _month_alone(tokens, index, month)
    number, end = day
    article = "the " if manner.is_british or tokens.words[end - 2] == "the" else ""
    words = f"{month} {article}{ordinal(number)}"
    if tokens.is_dash(end) and (second := day_at(tokens, end + 1)) and _ends_day(tokens, second[1]):
        words, end = f"{words} to {article}{ordinal(second[0])}", second[1]
    return Said(words, end - index)


def _month_alone(tokens: Tokens, index: int, month: str) -> Said | None:
    written = tokens.words[index]
    if written.upper() == month.upper():
        return None
    if tokens.is_stop(index + 1):
        following = tokens.words[index + 2]
        if written in ALSO_NAMES and not (
            following.isdecimal() or tokens.lower(index - 1) in BEFORE_MONTHS
        ):
            return None
        return Said(month, past_stop(tokens, index + 1) - index)
    return Said(month, 1) if tokens.is_figures(index + 1) else None


def read_numeric_date(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`1/2/1871`, `1.2.1871`, `1871-02-01`: all three parts in figures."""
    first, mark, second, again, third = tokens.words[index : index + 5]
    is_whole = all(tokens.is_tight(index + back) for back in range(1, 5))
    if mark != again or not is_whole or not (second.isdecimal() and third.isdecimal()):
        return None
    if tokens.goes_on(index + 5, mark):
        return None
    if mark == "-" and len(first) == 4 and len(second) == len(third) == 2:
        return _dated(int(third), int(second), year(int(first), manner.with_and), manner)
    if max(len(first), len(second)) > 2 or len(third) not in ((2, 4) if mark == "/" else (4,)):
        return None
    if mark not in "/.":
        return None
    day, month = int(first), int(second)
    if (mark == "/" and month <= 12 and not manner.is_british and day <= 12) or month > 12:
        day, month = month, day
    short = int(third)
    said = year(short, manner.with_and) if len(third) == 4 else cardinal(short)
    return _dated(day, month, said, manner)


def read_day(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`Thurs. 5th`, `Mon., Jan. 5`: the short name of a weekday; `Mon–Fri`, `Monday-Friday`."""
    written = tokens.words[index]
    if tokens.is_dash(index + 1) and (last := DAY_NAMES.get(tokens.words[index + 2])):
        return Said(f"{DAY_NAMES[written]} to {last}", past_stop(tokens, index + 3) - index)
    if written in DAYS:
        return None
    if not tokens.is_stop(index + 1):
        return None
    following = index + 2 + (tokens.words[index + 2] == ",")
    word = tokens.words[following]
    is_date = word.isdecimal() or word in MONTH_NAMES or word in AFTER_DAYS
    if not (is_date or written in SURE_DAYS):
        return None
    return Said(SHORT_DAYS[written], past_stop(tokens, index + 1) - index)


def day_at(tokens: Tokens, index: int) -> tuple[int, int] | None:
    """A day of the month that begins here, and the index behind it."""
    written = tokens.words[index]
    if not written.isdecimal() or len(written) > 2 or not 1 <= int(written) <= 31:
        return None
    end = index + 1
    if tokens.words[end] in SUFFIXES and tokens.is_tight(end):
        end += 1
    return int(written), end


def _past_month(tokens: Tokens, index: int) -> int:
    """Behind the month and the point of its short form, unless that ends the sentence."""
    is_short = tokens.words[index].capitalize() not in MONTHS
    return past_stop(tokens, index + 1) if is_short else index + 1


def _ends_day(tokens: Tokens, index: int) -> bool:
    """Nothing behind the day makes another number of it."""
    word = tokens.words[index]
    if word in (":", ".", ",", "/") and tokens.is_tight(index):
        return not (tokens.is_tight(index + 1) and tokens.is_figures(index + 1))
    return not (word and tokens.is_tight(index) and word[0].isalnum())


def _dated(day: int, month: int, said: str, manner: Manner) -> Said | None:
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    name = MONTHS[month - 1]
    if manner.is_british or manner.region == "":
        return Said(f"the {ordinal(day)} of {name} {said}", 5, LIKELY)
    return Said(f"{name} {ordinal(day)}, {said}", 5, LIKELY)
