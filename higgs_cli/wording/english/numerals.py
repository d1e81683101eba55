"""Roman numerals by what stands beside them: chapters and things, kings, headings, years."""

from __future__ import annotations

from higgs_cli.script.romans import roman_value
from higgs_cli.wording.english.abbreviations import SENTENCE_OPENERS, TITLES
from higgs_cli.wording.english.numbered import (
    AFTER_NUMERAL,
    BEFORE_CLAUSES,
    BEFORE_PRONOUN,
    DID,
    NUMBERED_NAMES,
    REIGNED,
    RULERS,
    RULING,
    SHORT_THINGS,
    TENTH,
    THINGS,
)
from higgs_cli.wording.english.numbers import cardinal, ordinal, year
from higgs_cli.wording.english.stops import begins_sentence
from higgs_cli.wording.reading import GUESS, LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

MOST_BACK = 8
BETWEEN = frozenset(("and", "or", "to", ",", "&", "-", "–", "—"))
HEADING_MARKS = frozenset(".:—–-)")


def read_roman(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """A numeral, where something beside it says that it is one."""
    written = tokens.words[index]
    ending = written[-2:] if written[-2:] in ("'s", "’s") else ""
    value = roman_value(written.removesuffix(ending))
    if value is None or _is_inside(tokens, index):
        return None
    if (reference := _of_reference(tokens, index, value)) is not None:
        return reference
    for read in (_in_heading, _of_thing, _of_ruler, _of_time, _alone):
        reading = read(tokens, index, manner, value)
        if reading is not None:
            return _whole(tokens, index, reading, ending)
    return None


def _whole(tokens: Tokens, index: int, reading: Said, ending: str) -> Said:
    """With the genitive, the last numeral of a range, and a point that ends no sentence."""
    end, words = index + reading.count, f"{reading.words}{ending}"
    last = roman_value(tokens.words[end + 1]) if tokens.is_dash(end) else None
    if last is not None:
        words, end = f"{words} to {cardinal(last)}", end + 2
    following = tokens.words[end + 1]
    if tokens.is_stop(end):
        is_inner = following[:1].islower() and not tokens.is_tight(end + 1)
        is_genitive = following in ("'s", "’s", "'", "’") and tokens.is_tight(end + 1)
        is_inner = is_inner or (is_genitive and tokens.words[end + 2] == "s")
        end += is_inner or (following in (",", ";", ":") and tokens.is_tight(end + 1))
    return Said(words, end - index, reading.sureness)


def _is_inside(tokens: Tokens, index: int) -> bool:
    """A part of a longer word: `X-ray`, `x’s`, `C.I.D.`"""
    if tokens.is_tight(index + 1) and tokens.words[index + 1].isalnum():
        return True
    if tokens.is_tight(index) and (
        tokens.words[index - 1].isalnum() or tokens.words[index - 1] in ".'’"
    ):
        return True
    return tokens.is_stop(index + 1) and tokens.is_tight(index + 2) and tokens.is_word(index + 2)


def _in_heading(tokens: Tokens, index: int, manner: Manner, value: int) -> Said | None:
    """A numeral that opens a heading, or is all of a paragraph."""
    if index != tokens.first or not tokens.words[index].isupper():
        return None
    if manner.is_letter and len(tokens.words[index]) == 1:
        return None
    is_all = index + 1 == tokens.last or (tokens.is_stop(index + 1) and index + 2 == tokens.last)
    is_long = len(tokens.words[index]) > 1
    if _is_year(tokens.words[index], value):
        return None
    if is_all and (manner.is_heading or (is_long and not tokens.is_dash(index + 1))):
        return Said(cardinal(value), 1)
    if not manner.is_heading:
        return None
    mark = tokens.words[index + 1]
    if mark in HEADING_MARKS or (is_long and (tokens.is_capital(index + 1) or mark in '“"‘(')):
        return Said(cardinal(value), 1)
    return None


def _of_thing(tokens: Tokens, index: int, manner: Manner, value: int) -> Said | None:
    """`Chapter IV`, `Acts I and II`, `Fig. 3`, `Part I`: not `the Part I took`."""
    thing = _thing_before(tokens, index)
    if thing is None:
        return None
    written, name = tokens.words[index], tokens.words[thing]
    if written.islower() and not (tokens.is_stop(thing + 1) or len(written) > 1 or value > 1):
        return None
    if written.islower() and written in (
        "mi",
        "di",
        "mix",
        "dim",
        "mild",
        "vim",
        "c",
        "d",
        "m",
        "i",
    ):
        return None
    if value == 1 and len(written) == 1 and not _is_one(tokens, index, thing):
        return None
    if len(written) == 1 and value >= 50 and not (name.isupper() or tokens.is_capital(thing)):
        return None
    return Said(cardinal(value, manner.with_and), 1)


def _thing_before(tokens: Tokens, index: int) -> int | None:
    """The numbered thing, over the numerals of the same row."""
    back = index - 1
    for _ in range(MOST_BACK):
        word = tokens.words[back]
        has_point = word == "." and tokens.is_stop(back)
        if has_point:
            back -= 1
            word = tokens.words[back]
        if word.lower() in THINGS:
            if has_point and not (word.lower() in SHORT_THINGS or word.isupper()):
                return None
            is_far = back < index - 2
            return None if is_far and tokens.words[back + 1] in BETWEEN else back
        if not (word in BETWEEN or roman_value(word) is not None or word.isdecimal()):
            return None
        back -= 1
    return None


def _is_one(tokens: Tokens, index: int, thing: int) -> bool:
    """Is `I` the number one?"""
    following = tokens.words[index + 1]
    name = tokens.words[thing]
    if name in ("No", "no", "NO"):
        return False
    if following in ("and", "or", "to", "&") and (name.endswith("s") or tokens.is_stop(thing + 1)):
        return True
    if name.isupper() and len(name) > 1:
        return True
    if tokens.is_stop(thing + 1):
        return not following[:1].islower()
    if not tokens.is_capital(thing):
        return not following.isalpha()
    if following.endswith("s") and following.islower() and len(following) > 3:
        return True  # the pronoun has no such verb
    if not following.isalpha():
        return following not in ("'", "’") or not tokens.is_tight(index + 1)
    if tokens.lower(thing - 1) in BEFORE_PRONOUN:
        return False
    return following in AFTER_NUMERAL or following[0].isupper()


def _of_reference(tokens: Tokens, index: int, value: int) -> Said | None:
    """`Geography, ii. 4`, `Iliad xxiv. 1-7`: a book and its line."""
    written = tokens.words[index]
    is_small = written.islower() and set(written) <= set("ivx")
    is_before_line = tokens.is_stop(index + 1) and tokens.is_figures(index + 2)
    is_behind_title = tokens.words[index - 1] == "," or tokens.is_capital(index - 1)
    if not (is_small and is_before_line and is_behind_title) or tokens.is_tight(index + 2):
        return None
    return Said(f"{cardinal(value)},", 2)


def _of_ruler(tokens: Tokens, index: int, manner: Manner, value: int) -> Said | None:
    """`Henry VIII`, `Pope John XXIII`, `Edward I of England`."""
    written, name = tokens.words[index], tokens.words[index - 1]
    written = written.removesuffix("'s").removesuffix("’s")
    if not written.isupper() or not name[:1].isupper() or tokens.is_tight(index):
        return None
    if name in NUMBERED_NAMES:
        return Said(cardinal(value), 1) if len(written) > 1 or value > 1 else None
    is_ruler = name in RULERS or tokens.words[index - 2] in RULING
    if len(written) == 1:
        if (
            not is_ruler
            or value > 10
            or (value == 10 and name not in TENTH)
            or (value == 1 and not _is_rank(tokens, index))
        ):
            return None
    elif (
        not is_ruler and (name in SENTENCE_OPENERS or name in TITLES or len(name) < 3 or value > 39)
    ) or (not is_ruler and (name.isupper() or tokens.is_capital(index + 1))):
        return None
    return Said(f"the {ordinal(value)}", 1, LIKELY if is_ruler else GUESS)


def _is_rank(tokens: Tokens, index: int) -> bool:
    following = tokens.words[index + 1]
    if following in REIGNED or (following in DID and _begins_clause(tokens, index - 1)):
        return True
    if following[:1].isalpha():
        has_verb = following.endswith("s") and following.islower() and len(following) > 3
        return has_verb or following in AFTER_NUMERAL - {"had", "has", "have"}
    return not (following in ("'", "’") and tokens.words[index + 2] in ("m", "ll", "ve", "d"))


def _begins_clause(tokens: Tokens, name: int) -> bool:
    """Does a clause begin with this name or with the rank before it, so that it is the subject?"""
    first = name - (tokens.words[name - 1] in RULING)
    return begins_sentence(tokens, first) or tokens.lower(first - 1) in BEFORE_CLAUSES


def _of_time(tokens: Tokens, index: int, manner: Manner, value: int) -> Said | None:
    """`the XIX century`, `MDCCCLXXI`."""
    written = tokens.words[index]
    if tokens.lower(index + 1) in ("century", "centuries") and written.isupper():
        return Said(ordinal(value), 1)
    if _is_year(written, value):
        return Said(year(value, manner.with_and), 1, LIKELY)
    is_of_ruler = tokens.lower(index - 1) == "the" and tokens.words[index - 2] in RULERS
    if is_of_ruler and written.isupper() and len(written) > 1:
        return Said(ordinal(value), 1)
    return None


def _is_year(written: str, value: int) -> bool:
    """`MDCCCLXXI`"""
    return written.isupper() and len(written) >= 4 and 1400 <= value <= 2100


def _alone(tokens: Tokens, index: int, manner: Manner, value: int) -> Said | None:
    """A long numeral with nothing beside it: a number for want of anything better."""
    written = tokens.words[index]
    if len(written) < 2 or not set(written) <= set("IVX") or not written.isupper():
        return None
    if (
        tokens.is_capital(index - 1)
        and tokens.words[index - 1].isupper()
        and tokens.is_capital(index + 1)
    ):
        return None  # a line in capitals
    return Said(cardinal(value), 1, GUESS)
