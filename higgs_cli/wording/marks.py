"""Marks of typesetting that reach the words: tags, entities, rows of dashes, bars, bullets.

The readers of a format take out what their format writes. This is what is left where a text comes
from another one: HTML in a text file, Markdown in a table cell, notes of a scanned book.
"""

from __future__ import annotations

import re

from higgs_cli.script.note_marks import POWERS
from higgs_cli.script.source_text import SourceText

MAY_HAVE_MARKS = re.compile(r"[\\|_=*~#{}⸺⸻<&†‡•▪◦●■♦¤®™]|:::|-(?:--|\s*\n)|[¹²³⁰⁴-⁹]")
TAG = re.compile(
    r"</?(?:br|p|i|b|em|strong|sup|sub|span|div|hr|u|s|small|big|q|cite|a|img|center|font|li|ul|ol"
    r"|td|tr|th|table|blockquote|h[1-6]|pre|code)(?:\s[^<>\n]{0,200})?\s?/?>",
    re.IGNORECASE,
)
POWER = re.compile(r"(?<=\w)<sup>(\d{1,3})</sup>")
ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
ATTRIBUTES = re.compile(r"\{[#.][^{}\n]{0,80}\}|:::+(?: ?\{?[\w.\-]{0,40}\}?(?=\n|$))?")
ADDRESS = re.compile(r"(<)(?:https?://|www\.|mailto:|[\w.+-]{1,64}@)[^<>\s]{1,300}(>)")
ROW = re.compile(r"(?<!\S)(?:[-=*~#·]{3,}|_{5,}|(?<!\* )\*(?: \*)++)(?!\S)")
BLANK_NAME = re.compile(r"(?<=\s)(?:_{2,}|[⸺⸻]+)(?=[\s,.;:!?’']|$)")
"""What stands for a name or a word that is not told."""
BRACE = re.compile(r"(?<=,)\s+[{}](?=,)|(?<!\s)\s*+(?<!\S)[{}](?=[\s,.;]|$)")
"""Of a list that is drawn together."""
TWICE = re.compile(r",\s*,")
BAR = re.compile(r"(?<=\w)\s?\|\s?(?=\w)|\|")
STRIKE = re.compile(r"~~|\\(?=\s|$)")
EMPHASIS = re.compile(r"(?<![*_])[*_]++")
WRAPPED = re.compile(r"(?<=[^\W\d_])-[ \t]{0,4}\n[ \t]{0,40}(?=[^\W\d_])")
ADDRESS_SIGN = re.compile(r"@|://|www\.")
SPACE = re.compile(r"\s")
LONGEST_NAME = 80
NOTE = re.compile(r"(?<=[^\W\d_¹²³⁰⁴-⁹]{3})[¹²³⁰⁴-⁹]+|[†‡•▪◦●■♦¤®™]")


def without_marks(text: SourceText) -> SourceText:
    """The text without what only a typesetter should see."""
    if not MAY_HAVE_MARKS.search(text.text):
        return text
    text = text.replace(POWER, lambda match: match[1].translate(POWERS), "punctuation")
    text = text.replace(TAG, lambda match: _space_of(match[0]), "markup")
    ends = [match.span(end) for match in ADDRESS.finditer(text.text) for end in (1, 2)]
    text = text.without(ends)
    text = text.replace(ENTITY, _entity, "punctuation")
    text = text.replace(ATTRIBUTES, lambda match: "", "markup")
    text = text.replace(ROW, lambda match: "", "space")
    text = text.replace(BLANK_NAME, lambda match: "blank", "expansion")
    text = text.replace(BRACE, lambda match: "", "space")
    text = text.replace(TWICE, lambda match: ",", "space")
    text = text.replace(BAR, lambda match: ", " if len(match[0]) > 1 else " ", "punctuation")
    text = text.replace(STRIKE, lambda match: "", "space")
    text = text.replace(EMPHASIS, _emphasis, "space")
    text = text.replace(WRAPPED, lambda match: "-", "space")
    return text.replace(NOTE, lambda match: "", "note")


def _space_of(tag: str) -> str:
    """A line break parts words, a change of face does not."""
    name = tag.strip("</ >").partition(" ")[0].lower()
    return (
        ""
        if name in ("i", "b", "em", "strong", "sup", "sub", "u", "s", "small", "big", "a")
        else " "
    )


def _emphasis(match: re.Match[str]) -> str | None:
    """Nothing is said of it; between letters a low line stands for a space, a star for nothing."""
    if "_" in match[0] and _is_in_address(match):
        return None
    before = match.string[match.start() - 1 : match.start()]
    after = match.string[match.end() : match.end() + 1]
    if before.isalpha() and after.isalpha():
        return " " if match[0] == "_" else ""
    is_loose = not before.strip() and not after.strip()
    is_sum = (before.isdigit() or is_loose) and "*" in match[0] and not after.isalpha()
    return None if is_sum and (after.isdigit() or is_loose) else ""


def _is_in_address(match: re.Match[str]) -> bool:
    """Is a low line one of `mary_lane@example.net`, and to be said?"""
    before = match.string[max(0, match.start() - LONGEST_NAME) : match.start()]
    after = match.string[match.end() : match.end() + LONGEST_NAME]
    written = SPACE.split(before)[-1] + SPACE.split(after, maxsplit=1)[0]
    return ADDRESS_SIGN.search(written) is not None


def _entity(match: re.Match[str]) -> str | None:
    from html import unescape

    said = unescape(match[0])
    return None if said == match[0] or said in "<>[]" else said
