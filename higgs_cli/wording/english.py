"""What English writes in figures and abbreviations, as it is said: one table of rules.

The rules are applied in order, and the first that takes a piece of text keeps it; so abbreviations
come before the numbers that they stand in front of, and money before numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from higgs_cli.script.source_text import SourceText
from higgs_cli.wording.english_numbers import (
    cardinal,
    counted,
    decade,
    digits,
    number_words,
    ordinal,
    roman_value,
    written_ordinal,
    year,
)
from higgs_cli.wording.english_words import (
    ABBREVIATIONS,
    BEFORE_NUMBERS,
    CURRENCIES,
    DEGREES,
    FRACTIONS,
    MONTHS,
    SCALES,
    SENTENCE_OPENER,
    TITLES,
    UNITS,
    YEAR_WORD,
)

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]]
Guard = Callable[[str], object]
"""Might any rule of a group find something in a text?"""

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"

LONGEST_WORD = 100
"""How far back the word in front of a figure is looked for."""
STOP_AFTER_WORD = re.compile(r"[ \n”\"'’)]*+\Z|\s+(?:[A-Z]|<SE)")
STOP_AFTER_LETTERS = re.compile(rf"[”\"'’)]*+\s*+(?:\Z|(?<=\s)(?:{SENTENCE_OPENER.pattern})(?!\w))")

NUMBERED_THINGS = r"Chapter|Part|Book|Act|Scene|Volume|Vol\.|War|Section|Canto|Letter"


def _either(words: dict[str, str] | dict[str, tuple[str, str]]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _time(match: re.Match[str]) -> str | None:
    hour, minute = int(match["hour"]), int(match["minute"])
    if hour > 24 or minute > 59:
        return None
    half = " " + " ".join(match["half"].lower().replace(".", "")) if match["half"] else ""
    if minute:
        words = f"{cardinal(hour)} {'oh ' if minute < 10 else ''}{cardinal(minute)}{half}"
    else:
        words = cardinal(hour) + (half or (" o'clock" if 0 < hour < 13 else " hundred hours"))
    return _keeps_stop(match, words) if match[0].endswith(".") else words


def _money(match: re.Match[str]) -> str:
    one, many, part, parts = CURRENCIES[match["sign"]]
    amount = match["amount"]
    if match["scale"]:
        scale = match["scale"].lower()
        return f"{number_words(amount)} {SCALES.get(scale, scale)} {many}"
    whole, _, rest = amount.replace(",", "").partition(".")
    if rest and len(rest) != 2:
        return f"{number_words(amount)} {many}"
    words = f"{number_words(whole)} {one if counted(whole) == 1 else many}"
    if not rest or int(rest) == 0:
        return words
    small = f"{cardinal(int(rest))} {part if int(rest) == 1 else parts}"
    return small if counted(whole) == 0 else f"{words} and {small}"


def _unit(match: re.Match[str]) -> str:
    one, many = UNITS[match["unit"]]
    return f"{number_words(match['amount'])} {one if match['amount'] == '1' else many}"


def _degrees(match: re.Match[str]) -> str:
    minus = "minus " if match["minus"] else ""
    scale = f" {DEGREES[match['scale']]}" if match["scale"] else ""
    degree = "degree" if match["amount"] == "1" else "degrees"
    return f"{minus}{number_words(match['amount'])} {degree}{scale}"


def _fraction(match: re.Match[str]) -> str:
    words = FRACTIONS[match["part"]]
    whole = match["whole"] or match["space"]
    if not whole:
        return words if " " in words else f"one {words}"
    article = "" if " " in words else "a "
    return f"{cardinal(int(whole))} and {article}{words}"


def _years(match: re.Match[str]) -> str:
    first, last = match["first"], match["last"]
    full = first[:2] + last if len(last) == 2 else last
    return f"{year(int(first))} to {year(int(full))}"


def _keeps_stop(match: re.Match[str], words: str) -> str:
    """An abbreviation's point may end a sentence as well."""
    return words + "." if STOP_AFTER_WORD.match(match.string, match.end()) else words


def _letters(match: re.Match[str]) -> str:
    """`J. R. R. Tolkien`, `the U.S.A.`: letters, with a stop where a sentence clearly ends."""
    letters = " ".join(char for char in match[0] if char.isalpha())
    return letters + "." if STOP_AFTER_LETTERS.match(match.string, match.end()) else letters


def _numeral(match: re.Match[str]) -> str | None:
    value = roman_value(match["numeral"])
    return None if value is None else f"{match['thing']} {cardinal(value)}"


def _regnal(match: re.Match[str]) -> str | None:
    value = roman_value(match["numeral"])
    return None if value is None else f"{match['name']} the {ordinal(value)}"


def _plain(match: re.Match[str]) -> str:
    written = match["number"]
    minus = "minus " if match["minus"] else ""
    if len(written) == 4 and written.isdigit() and not minus and _is_year(match, int(written)):
        return year(int(written))
    return minus + number_words(written)


def _is_year(match: re.Match[str], number: int) -> bool:
    """Four figures from 1100 to 2099 are; from 1010 on where the word before says so."""
    since = 1010 if YEAR_WORD.fullmatch(_word_before(match)) else 1100
    return since <= number <= 2099


def _ordinal(match: re.Match[str]) -> str:
    return written_ordinal(match[1].replace(",", ""))


def _lone_initial(match: re.Match[str]) -> str | None:
    """`John F. Kennedy`, but not `plan B. Then`: the word before must be a name."""
    before = _word_before(match)
    is_name = not before or (before[0].isupper() and before.isalpha())
    return match[0][0] + " " if is_name else None


def _word_before(match: re.Match[str]) -> str:
    """The last word in front of a match, or the end of it: nothing further back is looked at."""
    words = match.string[max(match.start() - LONGEST_WORD, 0) : match.start()].split()
    return words[-1] if words else ""


def _rule(pattern: str, spoken: Callable[[re.Match[str]], str | None]) -> Rule:
    return re.compile(pattern), spoken


def _abbreviation_rules() -> Iterator[Rule]:
    yield _rule(rf"\b({_either(TITLES)})\.(?=\s[A-Z])", lambda match: TITLES[match[1]])
    yield _rule(r"\bSt\.", lambda match: _keeps_stop(match, "Street"))
    yield _rule(rf"\b({_either(MONTHS)})\.?(?=\s\d)", lambda match: MONTHS[match[1]])
    yield _rule(
        rf"\b({_either(BEFORE_NUMBERS)})\.\s?(?=\d)", lambda match: BEFORE_NUMBERS[match[1]] + " "
    )
    yield _rule(r"#(?=\d)", lambda match: "number ")
    yield _rule(
        rf"\b({_either(ABBREVIATIONS)})\.",
        lambda match: _keeps_stop(match, ABBREVIATIONS[match[1]]),
    )
    yield _rule(r"\b[A-Z]\.(?:\s?[A-Z]\.)+", _letters)
    yield _rule(r"(?:(?<=[a-z]\s)|^)[A-Z]\.\s(?=[A-Z][a-z])", _lone_initial)
    yield _rule(rf"\b(?P<thing>{NUMBERED_THINGS})\s(?P<numeral>[IVX]+)\b", _numeral)
    yield _rule(r"\b(?P<name>[A-Z][a-z]{2,})\s(?P<numeral>[IVX]{2,})\b", _regnal)
    yield _rule(r"(?<=\w)\s?&\s?(?=\w)|(?<=\s)&(?=\s)", lambda match: " and ")


def _measure_rules() -> Iterator[Rule]:
    before = r"(?<![\w.,/:-])"
    yield _rule(
        r"(?<![\w:.])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?![\d:])"
        r"(?:\s?(?P<half>[AaPp]\.?[Mm]\b\.?))?",
        _time,
    )
    yield _rule(r"\b([AaPp])\.\s?m\.", lambda match: _keeps_stop(match, f"{match[1].lower()} m"))
    yield _rule(
        rf"(?P<sign>[$£€¥])\s?(?P<amount>{NUMBER})"
        r"(?:\s?(?P<scale>thousand|million|billion|trillion|bn|[kKmM])\b)?",
        _money,
    )
    yield _rule(
        rf"(?P<minus>(?<!\w)[-−])?(?<![\d.,])(?P<amount>{NUMBER})\s?°(?:\s?(?P<scale>[CF])\b)?",
        _degrees,
    )
    yield _rule(r"\s?°\s?(?P<scale>[CF])\b", lambda match: f" degrees {DEGREES[match['scale']]}")
    yield _rule(
        rf"{before}(?P<amount>{NUMBER})\s?%",
        lambda match: number_words(match["amount"]) + " percent",
    )
    yield _rule(rf"{before}(?P<amount>{NUMBER})\s?(?P<unit>{_either(UNITS)})(?![\w/])", _unit)
    yield _rule(
        rf"(?<![\w/])(?:(?P<whole>\d{{1,3}})\s?(?=[½¼¾⅓⅔])|(?P<space>\d{{1,3}})\s)?"
        rf"(?P<part>{_either(FRACTIONS)})(?![\w/])",
        _fraction,
    )


def _number_rules() -> Iterator[Rule]:
    chain = r"(?<!,\d{3},)\d{1,3}(?:,\d{3})++"  # read once, not again from each of its parts
    yield _rule(rf"\b({chain}|\d{{1,6}})(?:st|nd|rd|th)\b", _ordinal)
    yield _rule(r"\b((?:1[1-9]|20)\d0)['’]?s\b", lambda match: decade(int(match[1])))
    yield _rule(r"(?<!\w)['’]([2-9]0)s\b", lambda match: decade(1900 + int(match[1]))[9:])
    yield _rule(r"\b(?P<first>1[1-9]\d\d|20\d\d)[–-](?P<last>\d{4}|\d{2})\b(?![–-])", _years)
    yield _rule(r"\b\d{3}-\d{4}\b|\b\d{3}-\d{3}-\d{4}\b", lambda match: digits(match[0]))
    yield _rule(
        r"(?<![\w.,-])(\d{1,3})[–-](\d{1,3})(?![\w–-]|[.,]\d)",
        lambda match: f"{cardinal(int(match[1]))} to {cardinal(int(match[2]))}",
    )
    yield _rule(
        r"(?:(?<![\w.,)/:-])(?P<minus>[-−])|(?<![\w.,/:−-]))"
        rf"(?P<number>{NUMBER})(?![\w/:]|[.,]\d|-\d)",
        _plain,
    )


def _abbreviation_signs() -> tuple[re.Pattern[str], ...]:
    """What one of the rules of abbreviations needs: letters that are found fast, then what is near.

    Each begins with the letters themselves, because a choice of words would be tried everywhere.
    """
    stopped = [*TITLES, *BEFORE_NUMBERS, *ABBREVIATIONS]
    before_stop = _behind(["St", "[A-Z]", *map(re.escape, stopped)], r"\.")
    things = _behind(NUMBERED_THINGS.split("|"), r"\s[IVX]")
    return (
        re.compile(rf"\.(?:{before_stop})"),
        re.compile(r"[#&\d]"),
        re.compile(rf"[IVX](?:[IVX]|{things})"),
    )


def _behind(words: Iterable[str], mark: str) -> str:
    return "|".join(rf"(?<=\b{word}{mark})" for word in words)


@cache
def _rule_groups() -> tuple[tuple[Guard, tuple[Rule, ...]], ...]:
    """Rules in the order in which they are applied, in groups that only certain texts need."""
    abbreviated = re.compile(r"\w\.\s*\S|\w\.\w|\w\.$|[#&]|\s[IVX]+\b")
    signs = _abbreviation_signs()
    return (
        (
            lambda text: any(sign.search(text) for sign in signs) and abbreviated.search(text),
            tuple(_abbreviation_rules()),
        ),
        (re.compile(r"[\d°½¼¾⅓⅔]|[AaPp]\.\s?m\.").search, tuple(_measure_rules())),
        (re.compile(r"\d").search, tuple(_number_rules())),
    )


def written_out(text: SourceText) -> SourceText:
    """The text with its figures and abbreviations as they are said."""
    for needed, rules in _rule_groups():
        if needed(text.text):
            for pattern, spoken in rules:
                text = text.replace(pattern, spoken, "expansion")
    return text
