"""Where somebody is to be found: houses, telephones, places on the net."""

from __future__ import annotations

import re

from higgs_cli.wording.english.abbreviations import STREET_NAMES
from higgs_cli.wording.english.numbers import digits, pairs
from higgs_cli.wording.english.years import FUNCTION_WORDS
from higgs_cli.wording.reading import LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

NET = re.compile(
    r"(?:https?://|ftp://|www\.)[\w./:?=&%#~+@,;\-]{1,300}(?<![.,;:?])"
    r"|(?<![\w.+\-])[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{2,24}){1,4}"
    r"|(?<![\w.\-])[a-zA-Z][\w\-]{1,40}(?:\.[a-z\-]{2,40}){0,2}"
    r"\.(?:com|org|net|edu|gov|co\.uk|ac\.uk)(?:/[\w./\-]{0,100})?(?<![.,])(?!\w)"
    r"|(?<![\w.\-])\.(?:com|org|net|edu|gov|co\.uk|ac\.uk)(?![\w.])"
)
MAY_BE_NET = re.compile(r"@|://|www\.|\.(?:com|org|net|edu|gov|co\.uk|ac\.uk)\b")
SCHEME = re.compile(r"^(?:https?|ftp)://")
NET_SIGNS = {
    ".": " dot ", "/": " slash ", "@": " at ", "-": " dash ", "_": " underscore ", ":": " colon ",
    "?": " question mark ", "=": " equals ", "&": " and ", "%": " percent ", "#": " hash ",
    "~": " tilde ", "+": " plus ", ",": " ", ";": " ",
}  # fmt: skip
CALLS = frozenset((
    "telephone", "phone", "call", "called", "calling", "dial", "dialled", "dialed", "ring",
    "rang", "tel", "number", "fax", "exchange", "mobile",
))  # fmt: skip
DIALS = frozenset(("dial", "dials", "dialled", "dialed", "dialling", "dialing"))
EMERGENCIES = frozenset(("911", "999", "112", "000", "110"))
"""What is called by its figures, and is no amount behind `call`."""
EXCHANGES = frozenset((
    "Whitehall", "Mayfair", "Kensington", "Pennsylvania", "Regent", "Gerrard", "Central",
    "Paddington", "Hampstead", "Victoria",
))  # fmt: skip
CALLED_BY_FIGURES = frozenset((
    "Boeing", "Airbus", "Flight", "flight", "Room", "room", "Suite", "suite", "Extension",
    "extension", "Porsche", "Peugeot", "Cessna", "Messerschmitt", "Interstate", "Highway",
))  # fmt: skip
PHONE_SHAPES = frozenset(
    ((3, 4), (3, 3, 4), (1, 3, 3, 4), (1, 3, 4), (3, 4, 4), (4, 3, 4), (5, 6), (4, 6), (4, 3, 3),
     (5, 3, 3), (2, 4, 4), (2, 2, 4, 4), (2, 3, 3, 4), (3, 7), (4, 7))
)  # fmt: skip
MOST_GROUPS = 6
DIRECTIONS = {"N": "North", "S": "South", "E": "East", "W": "West"}
ORDINAL_ENDS = frozenset(("st", "nd", "rd", "th"))
MOST_STREET_WORDS = 6


def net_words(match: re.Match[str]) -> str:
    """`www.a.org/b` is `w w w dot a dot org slash b`."""
    written = SCHEME.sub("", match[0]).rstrip("/")
    written = re.sub(r"^www\.", "w w w.", written)
    return " ".join("".join(_net_sign(char) for char in written).split())


def _net_sign(char: str) -> str:
    if char.isdecimal():
        return f" {digits(char)} "
    return NET_SIGNS.get(char, char)


def read_telephone(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """Groups of figures that are told one by one."""
    groups, end, has_dash = _groups(tokens, index)
    shape = tuple(len(group) for group in groups)
    is_called = any(tokens.lower(index - back) in CALLS for back in (1, 2, 3, 4))
    is_international = tokens.words[index - 1] == "+" and tokens.is_tight(index)
    is_area = tokens.words[index - 1] == "(" and tokens.is_tight(index)
    is_shaped = shape in PHONE_SHAPES and (has_dash or groups[0][0] == "0" or is_called or is_area)
    is_shaped = is_shaped and not _is_amount(groups)
    is_alone = len(groups) == 1 and is_called and len(groups[0]) in (4, 5, 6, 7, 8, 10, 11)
    is_alone = is_alone and tokens.lower(index - 1) not in ("in", "by", "since")
    is_short = len(groups) == 1 and _is_short_call(tokens, index)
    is_exchange = tokens.words[index - 1] in EXCHANGES and shape in ((4,), (1, 4))
    if not (
        is_shaped
        or is_short
        or (is_alone and not tokens.is_lower(end))
        or is_exchange
        or (is_international and len(groups) > 1)
    ):
        return None
    return Said(digits(" ".join(groups)), end - index, LIKELY)


def _is_short_call(tokens: Tokens, index: int) -> bool:
    """`dialled 999`, `call 911`; not `called 999 men`."""
    before, after = tokens.lower(index - 1), tokens.words[index + 1]
    if before in DIALS:
        return len(tokens.words[index]) > 1
    is_noun = after[:1].islower() and after not in FUNCTION_WORDS
    return before in CALLS and tokens.words[index] in EMERGENCIES and not is_noun


def read_direction(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`425 E. 63rd St.`, `1200 N. Main Street`: between the house and its street."""
    is_behind_house = tokens.is_figures(index - 1) and not tokens.is_tight(index)
    if not (is_behind_house and tokens.is_stop(index + 1) and _street_ahead(tokens, index + 2)):
        return None
    return Said(DIRECTIONS[tokens.words[index]], 2)


def _street_ahead(tokens: Tokens, index: int) -> bool:
    """Does the name of a street begin here: capitals or an ordinal, and then what it is?"""
    for ahead in range(MOST_STREET_WORDS):
        word = tokens.words[index + ahead]
        if ahead and word in STREET_NAMES:
            return True
        is_ordinal = word.isdecimal() and tokens.words[index + ahead + 1] in ORDINAL_ENDS
        if not (word[:1].isupper() or word == "." or word in ORDINAL_ENDS or is_ordinal):
            return False
    return False


def read_plus(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`+44 20 …`"""
    if tokens.is_tight(index) or not tokens.is_figures(index + 1) or not tokens.is_tight(index + 1):
        return None
    return Said("plus ", 1)


def _groups(tokens: Tokens, index: int) -> tuple[list[str], int, bool]:
    groups, end, has_dash = [tokens.words[index]], index + 1, False
    while len(groups) < MOST_GROUPS:
        following = end
        if tokens.words[following] == ")" and tokens.is_tight(following):
            following += 1
        is_dash = tokens.words[following] in "-–‑" and tokens.is_dash(following)
        following += is_dash
        if not tokens.is_figures(following) or (following == end and tokens.is_tight(end)):
            break
        groups.append(tokens.words[following])
        has_dash |= is_dash
        end = following + 1
    return groups, end, has_dash


def _is_amount(groups: list[str]) -> bool:
    """`1995-1999` and the like are ranges."""
    return len(groups) == 2 and len(groups[0]) == len(groups[1])


def read_house(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`221 Baker Street`, `1600 Pennsylvania Avenue`."""
    written = tokens.words[index]
    if len(written) not in (3, 4) or tokens.is_tight(index + 1):
        return None
    return Said(pairs(written), 1, LIKELY) if _street_ahead(tokens, index + 1) else None


def read_named(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`a Boeing 747`, `Flight 370`, `Room 101`: what is called by its figures."""
    written = tokens.words[index]
    is_named = tokens.words[index - 1] in CALLED_BY_FIGURES and not tokens.is_tight(index)
    if not is_named or len(written) != 3:
        return None
    model = tokens.words[index + 2]
    if tokens.is_dash(index + 1) and model.isdecimal() and len(model) == 3:
        return Said(f"{pairs(written)} {pairs(model)}", 3, LIKELY)
    return Said(pairs(written), 1, LIKELY)


def read_zip(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`NY 10001`: five figures behind the letters of a state."""
    before = tokens.words[index - 1]
    if before == ",":
        index -= 1
        before = tokens.words[index - 1]
    is_state = len(before) == 2 and before.isupper() and tokens.words[index - 2] == ","
    index += tokens.words[index] == ","
    if not is_state or len(tokens.words[index]) != 5:
        return None
    end = index + 1
    if tokens.is_dash(end) and tokens.is_figures(end + 1):
        end += 2
    return Said(digits(" ".join(tokens.words[index:end])), end - index)
