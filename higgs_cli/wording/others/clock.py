"""The clock: `14:30`, `14.30 Uhr`, `14 h 30`, `8 Uhr`, `3시`."""

from __future__ import annotations

from higgs_cli.wording.others.numbers import cardinal, native_korean
from higgs_cli.wording.others.table import LanguageTable
from higgs_cli.wording.reading import Said
from higgs_cli.wording.tokens import Tokens


def read_clock(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """A time of the day."""
    hour, mark = tokens.words[index], tokens.words[index + 1]
    if len(hour) > 2 or int(hour) > 24:
        return None
    minute, end = "", index + 1
    is_hour = mark == table.hour_word and bool(mark) and table.language == "fr"
    if (mark in (":", ".") and tokens.is_inside(index + 1)) or is_hour:
        minute, end = tokens.words[index + 2], index + 3
        if is_hour and not minute.isdecimal():
            minute, end = "", index + 2
        elif not (len(minute) == 2 and minute.isdecimal() and int(minute) < 60):
            return None
    has_word = bool(table.hour_word) and tokens.words[end] == table.hour_word
    if not ((mark == ":" and minute) or has_word or is_hour):
        return None
    if has_word and not minute and table.language == "es":
        return None  # `8 h` is a time that something took
    return Said(_told(int(hour), int(minute or 0), table), end + has_word - index)


def read_score(tokens: Tokens, index: int, table: LanguageTable) -> Said | None:
    """`3:2`"""
    last = tokens.words[index + 2]
    is_score = tokens.words[index + 1] == ":" and tokens.is_figures(index + 2)
    is_score = is_score and tokens.is_inside(index + 1)
    behind = tokens.words[index + 3] if tokens.is_tight(index + 3) else ""
    goes_on = behind.isalnum() or tokens.goes_on(index + 3, ":")
    if not is_score or goes_on or max(len(tokens.words[index]), len(last)) > 4:
        return None
    first, last = cardinal(tokens.words[index], table.language), cardinal(last, table.language)
    return Said(f"{first} {table.ratio} {last}", 3)


def _told(hour: int, minute: int, table: LanguageTable) -> str:
    form = table.clock if minute else table.full_hour
    if hour < 2 and table.language == "fr":
        form = form.replace("heures", "heure")
    return form.format(hour=_hour(hour, table), minute=cardinal(minute, table.language))


def _hour(hour: int, table: LanguageTable) -> str:
    if table.language == "ko":
        return native_korean(hour)
    if hour == 1:
        return {"de": "ein"}.get(table.language, table.feminine_one)
    return cardinal(hour, table.language)
