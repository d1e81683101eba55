"""How alike two words sound: a rough phonetic key of English spelling, and a distance of keys.

    knight, night    NAT        beryls, burials  BARALZ, BARAALZ
    colour, color    KALAR      site, sight      SAT

Vowels are one symbol and weigh little, since no spelling says surely which one is meant; a
consonant that is easily taken for another costs less than one that is not. Words of other languages
than English are compared by their letters.
"""

from __future__ import annotations

import re
from functools import lru_cache

VOWEL = "A"
RULES = tuple(
    (re.compile(pattern), symbols)
    for pattern, symbols in (
        # what is written and not said
        (r"^(?:kn|gn|pn|mn)", "N"), (r"^wr", "R"), (r"^ps", "S"), (r"^wh(?=o)", "H"),
        (r"^wh", "W"), (r"^x", "Z"), (r"^rh", "R"), (r"mb(?=s?$)", "M"), (r"mn(?=s?$)", "M"),
        (r"^hon(?=[eo])", "AN"), (r"^hour", "AAR"), (r"^heir", "AR"),
        (r"(?<=[aeo])l(?=[kmf])", ""), (r"(?<=ou)l(?=d)", ""),
        (r"(?<=s)t(?=(?:le|en)(?:s|ed)?$)", ""),
        (r"(?<=is)s?l(?=and|e)", "L"), (r"^sw(?=or)", "S"), (r"^tw(?=o$)", "T"),
        (r"^one(?=$|s$)", "WAN"),
        # letters that are one sound
        (r"(?:(?<=^[rtc])|(?<=en)|(?<=^tr))ough(?=s?$)|(?<=^l)augh", "AF"), (r"que(?=s?$)", "K"),
        (r"ght", "T"), (r"(?<=[aeiou])gh", ""), (r"gh", "G"),
        (r"ph", "F"), (r"tch", "C"), (r"sch(?=[eio])", "SK"), (r"ch(?=[rl])", "K"), (r"ch", "C"),
        (r"sh", "X"), (r"th", "0"), (r"dg(?=[eiy])", "J"), (r"ck", "K"), (r"cc(?=[eiy])", "KS"),
        (r"qu", "KW"), (r"q", "K"), (r"xc(?=[eiy])", "KS"), (r"x", "KS"),
        (r"(?:t|ss|c|x)i(?=[aou][a-z])", "X"), (r"s(?=i(?:on|ve$))|s(?=ur[ey])", "X"),
        (r"t(?=ur[eaio])", "C"), (r"sc(?=[eiy])", "S"), (r"c(?=[eiyæœ])", "S"), (r"c", "K"),
        (r"gg", "G"), (r"g(?=[eiy])", "J"), (r"g", "G"), (r"v", "V"), (r"z", "Z"), (r"j", "J"),
        (r"(?<=[aeiouy])s(?=[aeiouy])", "Z"), (r"(?<=[bdglmnrvw])s$", "Z"),
        (r"(?<=[bdglmnrv]e)s$", "Z"),
        (r"d(?=$)", "D"), (r"y(?=[aeiou])", "Y"), (r"^u(?=[nst][aeiy])", "YA"), (r"^eu", "YA"),
        (r"w(?=[aeiouyh])", "W"), (r"w", ""), (r"h(?=[aeiouy])", "H"), (r"h", ""),
        (r"(?<=[a-zæœ]{2})e(?=$)", ""), (r"(?<=[bcdfgklmnprsvz])e(?=[ds]$)", ""),
        (r"[aeiouyæœ]+", VOWEL),
        (r"([bdfklmnprst])", ""),
    )
)  # fmt: skip
"""In order: the first that fits here says what is heard; the last takes a letter as it is."""

ALIKE = 0.03
"""Of words that sound the same and are written differently."""
NEAR = (
    ("PB", 0.4), ("TD", 0.35), ("KG", 0.4), ("FV", 0.35), ("SZ", 0.2), ("XC", 0.4), ("CJ", 0.4),
    ("XJ", 0.5), ("MN", 0.4), ("LR", 0.6), ("0T", 0.5), ("0D", 0.4), ("0F", 0.4), ("0V", 0.45),
    ("0S", 0.5), ("SX", 0.5), ("GJ", 0.3), ("KS", 0.5), ("LW", 0.6), ("RW", 0.6), ("KC", 0.5),
    ("VB", 0.5), ("KX", 0.6),
    ("TC", 0.5), ("ZX", 0.5), ("ZJ", 0.5), ("YJ", 0.6), ("DJ", 0.5),
)  # fmt: skip
"""What one is taken for another, and how much of an error that is."""
ERROR_OF = {(pair[way], pair[1 - way]): error for pair, error in NEAR for way in (0, 1)}
VOWEL_WEIGHT, FAINT_WEIGHT = 0.35, 0.45
FAINT = "HRWYTD"
"""Said faintly or not at all, by many speakers, before others or at the end of words."""
LONGEST = 40
"""Letters of a word; what is longer is no word."""


def unlikeness(one: str, other: str, is_english: bool = True) -> float:
    """From 0, the same word, to 1, nothing in common."""
    if one == other:
        return 0.0
    if not is_english or not (one.isascii() and other.isascii()):
        return _letters_apart(one, other)
    keys = sound_key(one), sound_key(other)
    if not keys[0] or not keys[1]:
        return _letters_apart(one, other)
    return max(ALIKE, min(1.0, _apart(*keys) / max(_weight(keys[0]), _weight(keys[1]))))


def sound_weight(word: str) -> float:
    """How much there is to hear, in consonants."""
    return _weight(sound_key(word)) if word.isascii() else float(len(word))


@lru_cache(maxsize=1 << 14)
def sound_key(word: str) -> str:
    """Symbols of sounds, one for all vowels in a row."""
    plain = word.replace("'", "")[:LONGEST]
    key, at = "", 0
    while at < len(plain):
        symbols, length = _sound_at(plain, at)
        at += length
        for symbol in symbols:
            if not key.endswith(symbol):
                key += symbol
    return key


def _sound_at(word: str, at: int) -> tuple[str, int]:
    for pattern, symbols in RULES:
        found = pattern.match(word, at)
        if found:
            return symbols or (found.group(1).upper() if found.lastindex else ""), found.end() - at
    return "", 1


@lru_cache(maxsize=1 << 14)
def _apart(one: str, other: str) -> float:
    """The least that turns one key into the other."""
    row = [0.0]
    for symbol in other:
        row.append(row[-1] + _weight(symbol))
    for symbol in one:
        diagonal, row[0] = row[0], row[0] + _weight(symbol)
        for column, against in enumerate(other, 1):
            changed = diagonal + _error(symbol, against)
            left, gone = row[column - 1] + _weight(against), row[column] + _weight(symbol)
            diagonal, row[column] = row[column], min(changed, left, gone)
    return row[-1]


def _error(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if VOWEL in (one, other):
        return 1.0
    return ERROR_OF.get((one, other), 1.0)


def _weight(key: str) -> float:
    return sum(
        VOWEL_WEIGHT if symbol == VOWEL else FAINT_WEIGHT if symbol in FAINT else 1.0
        for symbol in key
    )


def _letters_apart(one: str, other: str) -> float:
    from difflib import SequenceMatcher

    return 1.0 - SequenceMatcher(None, one, other, autojunk=False).ratio()
