"""Takes the marks of Markdown out of a text; the words stay, links lose their addresses.

Emphasis is taken out of plain text too, where people write `*so*` as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from higgs_cli.script.source_text import SourceText


class Mark(NamedTuple):
    """A part `[first, last)` of a text that is not words."""

    first: int
    last: int
    kind: str


# Lengths are bounded so that a line full of openings is still read in linear time.
IMAGE = re.compile(r"!\[[^\[\]\n]{0,500}\]\([^()\n]{0,2000}\)")
LINK = re.compile(r"(?<!!)(\[)(?!\^)[^\[\]\n]{1,500}(\]\([^()\n]{0,2000}\))")
FOOTNOTE = re.compile(r"\[\^[^\[\]\n]{1,80}\]")
HTML = re.compile(r"</?[A-Za-z][^<>\n]{0,500}>")
CODE = re.compile(r"(?<!`)(`{1,3})(?!`)[^`\n]+(?<!`)(`{1,3})(?!`)")
EMPHASIS = re.compile(r"(?<![\w*_\\])([*_]{1,3})(?=[^\s*_])[^*_\n]*?[^\s*_\\]([*_]{1,3})(?![\w*_])")

FOOTNOTE_TEXT = re.compile(r"\s{0,3}\[\^[^\]\n]+\]:")
LIST_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+(?=\S)")
QUOTE = re.compile(r"\s{0,3}(?:>\s?)+")
FENCE = re.compile(r"\s{0,3}(```|~~~)")


def marks(text: str, *, is_markdown: bool) -> list[Mark]:
    """The marks of a line or paragraph, in order, none inside another."""
    found = list(_markdown_marks(text)) if is_markdown else []
    is_marked = "*" in text or "_" in text
    for match in EMPHASIS.finditer(text) if is_marked else ():
        found += [Mark(*match.span(1), "markup"), Mark(*match.span(2), "markup")]
    kept: list[Mark] = []
    for mark in sorted(found):
        if not kept or mark.first >= kept[-1].last:
            kept.append(mark)
    return kept


def _markdown_marks(text: str) -> Iterator[Mark]:
    for match in IMAGE.finditer(text):
        yield Mark(*match.span(), "image")
    for match in FOOTNOTE.finditer(text):
        yield Mark(*match.span(), "footnote")
    for match in HTML.finditer(text):
        yield Mark(*match.span(), "markup")
    for match in LINK.finditer(text):
        yield Mark(*match.span(1), "markup")
        yield Mark(*match.span(2), "link")
    for match in CODE.finditer(text):
        yield Mark(*match.span(1), "markup")
        yield Mark(*match.span(2), "markup")


def without_marks(
    text: SourceText, found: list[Mark]
) -> tuple[SourceText, list[tuple[int, int, str]]]:
    """The text without these marks, and the parts of the source that they are."""
    removed = [(*text.span(mark.first, mark.last), mark.kind) for mark in found]
    return text.without([(mark.first, mark.last) for mark in found]), removed
