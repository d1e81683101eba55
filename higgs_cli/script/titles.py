"""What titles say of themselves: a part, a chapter, a scene, a number alone, and how high it is."""

from __future__ import annotations

import re

from higgs_cli.script.romans import roman_value

_PARTS = "part|book|volume|act"
_CHAPTERS = r"chapter|chap\.|stave|canto|lecture"
_BESIDE_CHAPTERS = "prologue|epilogue|preface|foreword|introduction|afterword"
_FOREIGN_PARTS = "teil|buch|band|akt|partie|livre|tome|acte"
_FOREIGN_CHAPTERS = "kapitel|chapitre|cap[ií]tulo"
_NUMBER_WORDS = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|(?:one )?hundred|first|second|third"
    r"|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|last)"
)
_NUMBER = rf"(?:the\s+)?(?:[ivxlcdm]+|\d+|{_NUMBER_WORDS})"
_ORDINAL = r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last)"
_TAIL = r"(?:\b.{0,60})?"

LEVELS = (
    (1, rf"(?:{_PARTS}|vol\.)\s+{_NUMBER}{_TAIL}"),
    (1, rf"(?:the\s+)?{_ORDINAL}\s+(?:{_PARTS})\.?"),
    (1, r"第\s*[〇零一二三四五六七八九十百千两\d]+\s*[部卷幕].{0,40}"),
    (2, rf"(?:{_CHAPTERS})\s+{_NUMBER}{_TAIL}"),
    (2, rf"(?:letter|section)\s+{_NUMBER}\.?"),
    (2, rf"(?:the\s+)?{_ORDINAL}\s+(?:chapter|canto|letter|night|day)\.?"),
    (2, rf"(?:{_BESIDE_CHAPTERS})\b.{{0,60}}"),
    (2, r"第\s*[〇零一二三四五六七八九十百千两\d]+\s*[章回节節].{0,40}"),
    (3, rf"scene\s+{_NUMBER}{_TAIL}"),
    (3, rf"(?:the\s+)?{_ORDINAL}\s+scene\.?"),
)
_PATTERNS = tuple((level, re.compile(pattern, re.IGNORECASE)) for level, pattern in LEVELS)
_WORD = re.compile(r"\w+")
_FOREIGN_PART = re.compile(rf"(?:\w+\s+)?(?:{_FOREIGN_PARTS})(?:\s+[\w-]+)?[.:]?", re.IGNORECASE)
_NUMBERED = re.compile(
    rf"(?:{_CHAPTERS}|letter|{_FOREIGN_CHAPTERS})\s+\S{{1,16}}[.:]?|\d{{1,4}}[.:]?", re.IGNORECASE
)
_BESIDE = re.compile(rf"(?:{_BESIDE_CHAPTERS}|sequel)\b.{{0,60}}$", re.IGNORECASE)
LONGEST = 120
LARGEST_NUMBER = 399
"""Of chapters: `MIX` and `DC` are words."""


def title_level(line: str) -> int | None:
    """1 for a part or an act, 2 for a chapter, 3 for a scene; None for any other line."""
    words = line.strip(" \t_*")
    if len(words) > LONGEST:
        return None
    return next((level for level, pattern in _PATTERNS if pattern.fullmatch(words)), None)


def is_part(title: str) -> bool:
    """Does a title call itself a part of a book, with chapters in it?"""
    return title_level(title) == 1 or _FOREIGN_PART.fullmatch(title.strip()) is not None


def is_number_alone(title: str) -> bool:
    """`Chapter 3`, `XII.`, `7`: a number and nothing else. The title may stand below it."""
    if _NUMBERED.fullmatch(title):
        return True
    return roman_value(title[:-1] if title[-1:] in tuple(".:") else title) is not None


def number_alone(title: str) -> int | None:
    """The number that a chapter is called by where nothing but its place says that it is one."""
    written = title.rstrip(".")
    if written.isdecimal() and len(written) <= 3:
        return int(written)
    value = roman_value(written) if written.isupper() else None
    return value if value is not None and value <= LARGEST_NUMBER else None


def is_beside_chapters(title: str) -> bool:
    """What stands before or behind the parts of a book is a chapter, whatever its level."""
    return _BESIDE.match(title) is not None


def bare_title(text: str) -> str:
    """Its words alone, in small letters: titles that are alike in this are the same."""
    return " ".join(_WORD.findall(text.casefold()))
