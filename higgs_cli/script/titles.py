"""Lines that call themselves a part, a chapter or a scene, and how high each stands."""

from __future__ import annotations

import re

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
    (1, rf"(?:part|book|volume|vol\.|act)\s+{_NUMBER}{_TAIL}"),
    (1, rf"(?:the\s+)?{_ORDINAL}\s+(?:part|book|volume|act)\.?"),
    (1, r"第\s*[〇零一二三四五六七八九十百千两\d]+\s*[部卷幕].{0,40}"),
    (2, rf"(?:chapter|chap\.|stave|canto|lecture)\s+{_NUMBER}{_TAIL}"),
    (2, rf"(?:letter|section)\s+{_NUMBER}\.?"),
    (2, rf"(?:the\s+)?{_ORDINAL}\s+(?:chapter|canto|letter|night|day)\.?"),
    (2, r"(?:prologue|epilogue|preface|foreword|introduction|afterword)\b.{0,60}"),
    (2, r"第\s*[〇零一二三四五六七八九十百千两\d]+\s*[章回节節].{0,40}"),
    (3, rf"scene\s+{_NUMBER}{_TAIL}"),
    (3, rf"(?:the\s+)?{_ORDINAL}\s+scene\.?"),
)
_PATTERNS = tuple((level, re.compile(pattern, re.IGNORECASE)) for level, pattern in LEVELS)
_WORD = re.compile(r"\w+")
LONGEST = 120


def title_level(line: str) -> int | None:
    """1 for a part or an act, 2 for a chapter, 3 for a scene; None for any other line."""
    words = line.strip(" \t_*")
    if len(words) > LONGEST:
        return None
    return next((level for level, pattern in _PATTERNS if pattern.fullmatch(words)), None)


def bare_title(text: str) -> str:
    """Its words alone, in small letters: titles that are alike in this are the same."""
    return " ".join(_WORD.findall(text.casefold()))
