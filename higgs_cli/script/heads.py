"""The head of a line: a name in front of what somebody says, in the usual ways of writing one.

    ANN: …   **ANN:** …   *Ann*: …   - ANN: …   > ANN: …   ANN. …   ANN (O.S.): …   ANN'S VOICE: …

LOU, angrily: …   KARL — …   NED:No   1ST WITCH. …   MAN #2: …

A name alone on its line is one too. Whether anybody is called so, `names.py` knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Form = Literal["colon", "stop", "dash", "alone"]


def words_in(text: str, separator: str | None = None) -> frozenset[str]:
    """The words of a list."""
    return frozenset(" ".join(word.split()) for word in text.split(separator))


TITLES = re.findall(
    r"\w+", "Mr Mrs Ms Mme Mlle Dr St Prof Rev Capt Col Gen Lieut Sergt Sgt Maj Hon"
)
EDGE = r"(?<![^\W_])"
BEHIND_TITLE = "|".join(rf"(?<={EDGE}{title})" for title in TITLES)
STOP = rf"(?<!{EDGE}[^\W\d_])" + "".join(rf"(?<!{EDGE}{title})" for title in TITLES) + r"\."
"""A stop that ends a name: not one behind an initial or a title."""
HEAD = re.compile(
    r"\s*+(?:(?:[-–—•>+]|\*(?=\s))[ \t]++)?+"
    r"(?P<mark>[*_]{1,3}+)?+@?"
    r"(?P<name>(?:#?\d{1,4}(?:st|nd|rd|th)?[ ]?)?+[^\W\d_]"
    r"(?:[\w’'&,/#-]|[ ](?=[^\W_]|[&/#])"
    rf"|(?:(?<={EDGE}\w)|{BEHIND_TITLE})\.(?=[ ]?[^\W\d_])){{0,60}}?)"
    r"(?P<tail>(?:\s?[(\[（][^()\[\]（）\n]{1,60}[)\]）]){0,3})"
    rf"(?:(?P<inner>[:：]|{STOP})(?P<close>[*_]{{1,3}}+)?+(?:\s++|$|(?<=：)|(?P<tight>(?<=:)(?=[^\W\d_]|[\"'“‘(])))"
    r"|[ ]++(?P<dash>[—–]|--)[ ]++"
    rf"|(?P<close_2>[*_]{{1,3}}+)(?P<outer>[:：.])?+(?:\s++|$|(?<=：))|\s*+$)",
    re.IGNORECASE,
)
OFF = re.compile(
    r"(?:o\.?\s?s\.?|v\.?\s?o\.?|o\.?\s?c\.?|off|off[- ]?(?:screen|stage|camera)|voice[- ]?over|"
    r"cont(?:'|’)?d\.?|cont\.?|continu(?:ed|es|ing)|on (?:the )?(?:phone|radio)|filtered|"
    r"pre-?lap|into (?:the )?phone)",
    re.IGNORECASE,
)
"""What stands in brackets behind a name and is no mood: where the voice comes from."""
VOICE_OF = re.compile(r"(?:the )?voice of (?P<of>.+)|(?P<name>.+?)['’]s?\s+voice", re.IGNORECASE)
MANNER = re.compile(r"(?P<name>[^,]+), (?P<manner>[a-zß-öø-ÿ][a-zß-öø-ÿ -]{1,40})")
"""`LOU, angrily`: how it is said, behind a name."""
ORDINAL = re.compile(r"(?<!\d)\d++(?:st|nd|rd|th)\b", re.IGNORECASE)
TOGETHER = re.compile(r",\s*and\s|,|\band\b|&|/|\bund\b|\bet\b", re.IGNORECASE)
EVERYBODY = words_in(
    """all, both, everybody, everyone, omnes, chorus, crowd, the crowd, the others, others, the
    rest, voices, all together, together, ensemble""",
    ",",
)
NO_NAMES = words_in(
    """no, yes, ok, okay, oh, ah, stop, wait, what, why, who, go, now, hey, please, never, always,
    good, fine, help, quiet, silence, look, listen, run, note, ps, p.s, n.b, nb, the end, end,
    curtain, finis, fin, warning, exit, exeunt, enter, blackout, fade out, fade in, cut to,
    dissolve to, ditto, time, scene, setting, place, and, but, so, well, really, nothing, i""",
    ",",
)
"""Words that stand where a name might, in capitals too."""
MOST_WORDS = 6


@dataclass(frozen=True)
class Head:
    """A name in front of a line, or alone on it."""

    name: str
    """As it is written, without marks and without what stands in brackets behind it."""
    mood: str | None
    form: Form
    length: int
    """How much of the line it is, with the gap behind it."""
    is_marked: bool
    """In bold or italics, or with a note in brackets: hardly a word of the text."""

    @property
    def is_capitals(self) -> bool:
        return is_capitals(self.name)


def head_of(line: str) -> Head | None:
    """The head that a line may begin with; the shortest, for a name ends at the first mark."""
    match = HEAD.match(line)
    if match is None:
        return None
    ends, name = match["inner"] or match["outer"], match["name"].rstrip()
    close = match["close"] or match["close_2"]
    if bool(match["mark"]) != bool(close) or len(name.split()) > MOST_WORDS:
        return None
    is_bare = match["tight"] is not None or match["dash"] is not None
    if is_bare and not is_capitals(name):
        return None
    if match["dash"]:
        form: Form = "dash"
    elif ends in (":", "："):
        form = "colon"
    elif match.end() == len(line):
        form = "alone"
    elif ends or close:
        form = "stop"
    else:
        return None
    notes = re.findall(r"[(\[（]([^()\[\]（）]+)[)\]）]", match["tail"])
    moods = [" ".join(note.split()).casefold() for note in notes if not OFF.fullmatch(note.strip())]
    if form == "colon" and (manner := MANNER.fullmatch(name)):
        is_manner = is_capitals(manner["name"]) or manner["manner"].endswith("ly")
        if is_manner and not several(manner["manner"]):
            name, moods = manner["name"], [manner["manner"], *moods]
    return Head(name, moods[0] if moods else None, form, match.end(), bool(close or notes))


def is_capitals(name: str) -> bool:
    """In capitals, but for what joins names: `ANN and BEN`, `McNAB`."""
    letters = [each for each in ORDINAL.sub("", TOGETHER.sub(" ", name)) if each.isalpha()]
    small = sum(letter.islower() for letter in letters)
    return len(letters) > 1 and small * 5 <= len(letters) and letters[0].isupper()


def begins_with_a_capital(name: str) -> bool:
    """Its first letter, whatever figure stands before it."""
    return next(filter(str.isalpha, ORDINAL.sub("", name)), "").isupper()


def owner_of_voice(name: str) -> str | None:
    """Whose voice `ANN'S VOICE` is."""
    match = VOICE_OF.fullmatch(name)
    return (match["of"] or match["name"]) if match else None


def several(name: str) -> tuple[str, ...]:
    """The names in `ANN and BEN`; empty where it is one."""
    parts = tuple(part.strip() for part in TOGETHER.split(name) if part.strip())
    return parts if len(parts) > 1 else ()


def is_everybody(name: str) -> bool:
    return name.strip().casefold() in EVERYBODY


def is_no_name(name: str) -> bool:
    """A word of the text, for all its capitals?"""
    plain = name.strip().casefold().rstrip(".!?")
    return plain in NO_NAMES or len(plain) < 2
