"""References: books of the Bible with chapter and verse, sections such as `2.C.1`."""

from __future__ import annotations

from higgs_cli.script.romans import roman_value
from higgs_cli.wording.english.numbers import cardinal, digits
from higgs_cli.wording.reading import LIKELY, Manner, Said
from higgs_cli.wording.tokens import Tokens

BOOKS = {
    "Gen": "Genesis", "Exod": "Exodus", "Ex": "Exodus", "Lev": "Leviticus", "Num": "Numbers",
    "Deut": "Deuteronomy", "Josh": "Joshua", "Judg": "Judges", "Sam": "Samuel", "Kgs": "Kings",
    "Chron": "Chronicles", "Chr": "Chronicles", "Neh": "Nehemiah", "Esth": "Esther", "Ps": "Psalm",
    "Pss": "Psalms", "Psa": "Psalm", "Prov": "Proverbs", "Eccl": "Ecclesiastes",
    "Eccles": "Ecclesiastes", "Cant": "Canticles", "Isa": "Isaiah", "Is": "Isaiah",
    "Jer": "Jeremiah", "Lam": "Lamentations", "Ezek": "Ezekiel", "Dan": "Daniel", "Hos": "Hosea",
    "Obad": "Obadiah", "Mic": "Micah", "Nah": "Nahum", "Hab": "Habakkuk", "Zeph": "Zephaniah",
    "Hag": "Haggai", "Zech": "Zechariah", "Mal": "Malachi", "Matt": "Matthew", "Mt": "Matthew",
    "Mk": "Mark", "Lk": "Luke", "Jn": "John", "Rom": "Romans", "Cor": "Corinthians",
    "Gal": "Galatians", "Eph": "Ephesians", "Phil": "Philippians", "Col": "Colossians",
    "Thess": "Thessalonians", "Tim": "Timothy", "Tit": "Titus", "Philem": "Philemon",
    "Heb": "Hebrews", "Jas": "James", "Pet": "Peter", "Rev": "Revelation",
    "Ecclus": "Ecclesiasticus", "Macc": "Maccabees", "Wisd": "Wisdom", "Tob": "Tobit",
    "Esd": "Esdras",
}  # fmt: skip
FULL = frozenset(BOOKS.values()) | frozenset(
    [
        "Acts",
        "Mark",
        "Luke",
        "John",
        "Ruth",
        "Job",
        "Joel",
        "Amos",
        "Jonah",
        "Ezra",
        "Jude",
        "Revelations",
        "Psalms",
        "Psalm",
    ]
)
OF_SEVERAL = frozenset((
    "Samuel", "Kings", "Chronicles", "Corinthians", "Thessalonians", "Timothy", "Peter", "John",
    "Maccabees", "Esdras",
))  # fmt: skip
NUMBERS = {"1": "First", "2": "Second", "3": "Third", "I": "First", "II": "Second", "III": "Third"}
TITLES_TOO = frozenset(("Col", "Rev", "Gen", "Mt", "Ex", "Sam", "Dan", "Tim", "Jas", "Phil", "Is"))
LONGEST_SECTION = 8


def read_book(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`John 3:16`, `Matt. xxi. 12`, `Ps. 23`."""
    reference = _reference(tokens, index)
    return reference and Said(reference[0], reference[1] - index)


def read_numbered_book(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`1 Cor. 13:4`, `II Kings ii. 11`."""
    number = NUMBERS.get(tokens.words[index])
    at = index + 1
    if number is None or tokens.is_tight(at):
        return None
    name = BOOKS.get(tokens.words[at], tokens.words[at])
    if name not in OF_SEVERAL:
        return None
    reference = _reference(tokens, at)
    return reference and Said(f"{number} {reference[0]}", reference[1] - index)


def _reference(tokens: Tokens, index: int) -> tuple[str, int] | None:
    written = tokens.words[index]
    name = BOOKS.get(written, written)
    at = index + 1 + tokens.is_stop(index + 1)
    chapter = _number(tokens, at)
    if chapter is None:
        return None
    mark = tokens.words[at + 1]
    verse = _number(tokens, at + 2) if mark in (":", ".", ",") else None
    is_old = not tokens.is_figures(at) and mark in ".,:"
    is_tight = mark in ":." and tokens.is_tight(at + 1) and tokens.is_tight(at + 2)
    if verse is None or not (is_tight or (is_old and tokens.is_figures(at + 2))):
        alone = written in ("Ps", "Psa") or (written in BOOKS and at > index + 1)
        if not alone or written in TITLES_TOO:
            return None
        return f"{name} {cardinal(chapter)}", at + 1
    rest, end = _rest(tokens, at + 3)
    return f"{name} {cardinal(chapter)} {cardinal(verse)}{rest}", end


def _rest(tokens: Tokens, index: int) -> tuple[str, int]:
    """The last verse of `5:3-12`."""
    if tokens.is_dash(index) and tokens.is_figures(index + 1):
        last = _number(tokens, index + 1)
        if last is not None:
            return f" to {cardinal(last)}", index + 2
    return "", index


def _number(tokens: Tokens, index: int) -> int | None:
    word = tokens.words[index]
    if word.isdecimal():
        return int(word) if len(word) <= 3 else None
    return roman_value(word) if word != "I" else None


def read_section(tokens: Tokens, index: int, manner: Manner) -> Said | None:
    """`1.2.3`, `2.C.1`, `10.0.0.1`: three parts and more with points between them."""
    parts, end = [tokens.words[index]], index + 1
    while (
        len(parts) < LONGEST_SECTION
        and tokens.words[end] == "."
        and tokens.is_tight(end)
        and tokens.is_tight(end + 1)
        and (
            tokens.is_figures(end + 1)
            or (len(tokens.words[end + 1]) == 1 and tokens.is_word(end + 1))
        )
    ):
        parts.append(tokens.words[end + 1])
        end += 2
    has_letter = any(part.isalpha() for part in parts)
    if len(parts) < (2 if has_letter and parts[-1].isupper() else 3):
        return None
    said = [part if part.isalpha() else _spoken(part) for part in parts]
    return Said((" " if has_letter else " point ").join(said), end - index, LIKELY)


def _spoken(part: str) -> str:
    return digits(part) if part[0] == "0" or len(part) > 3 else cardinal(int(part))
