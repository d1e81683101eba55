"""The marks inside a text or Markdown paragraph: emphasis, links, images, notes, code, entities."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from higgs_cli.script.manuscript import EMPHASIS as STRESSED
from higgs_cli.script.manuscript import LINE, Mark
from higgs_cli.script.note_marks import is_a_power, may_be_a_note
from higgs_cli.script.source_text import SourceText


class _Found(NamedTuple):
    """A part `[first, last)` of a text."""

    first: int
    last: int
    kind: str
    target: str | None = None


# Lengths are bounded so that a line full of openings is still read in linear time.
IMAGE = re.compile(r"!\[[^\[\]\n]{0,500}\]\([^()\n]{0,2000}\)")
NOTE_LINK = re.compile(
    r"(?<=[^\s\[(])\[(?P<number>\\?\[?(?:\d{1,4}|[*†‡§])\\?\]?)\]\([^()\n]{0,500}#(?P<name>[^()\s]{1,200})\)"
)
LINK = re.compile(r"(?<!!)(\[)(?!\^)[^\[\]\n]{1,500}(\]\([^()\n]{0,2000}\)|\]\[[^\[\]\n]{0,80}\])")
INLINE_NOTE = re.compile(r"(?<!\\)\^\[[^\[\]]{1,2000}\]")
FORMULA = re.compile(r"(?<!\\)\$\$[^$]{1,2000}\$\$")
FOOTNOTE = re.compile(r"\[\^([^\[\]\n]{1,80})\]")
RAISED = re.compile(r"<sup>\s*(?:<a\b[^<>\n]{0,500}>)?\[?[\d*†‡§]{1,4}\]?(?:</a>)?\s*</sup>")
RAISED_FIGURES = re.compile(r"<sup>(\d{1,3})</sup>")
LONGEST_BASE = 24
LINE_TAG = re.compile(r"<br\s*/?>")
HTML = re.compile(r"</?([A-Za-z][A-Za-z0-9]{0,15})\b[^<>\n]{0,500}>")
BLOCK_TAGS = {
    "p", "div", "section", "article", "aside", "header", "footer", "figure", "figcaption", "center",
    "details", "summary", "ul", "ol", "dl", "li", "dt", "dd", "blockquote", "table", "tr", "td",
    "th", "caption", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "address", "hr",
}  # fmt: skip
"""Before and behind them a line ends: their words never run together."""
CODE = re.compile(r"(?<!`)(`{1,3})(?!`)[^`\n]+(?<!`)(`{1,3})(?!`)")
ADDRESS = re.compile(r"(<)(?:https?://|mailto:)[^<>\s]{1,500}(>)")
ATTRIBUTES = re.compile(r"(?:(?<=[\])])|[ \t])\{[.#][^{}\n]{1,200}\}")
STRUCK = re.compile(r"(?<!~)(~~)(?=[^\s~])[^~\n]{1,500}(?<=[^\s~])(~~)(?!~)")
HIGHLIGHTED = re.compile(r"(?<!=)(==)(?=[^\s=])[^=\n]{1,500}(?<=[^\s=])(==)(?!=)")
LOWERED = re.compile(r"(?<=\w)(?<!~)(~)(?=[^\s~])[^\s~]{1,20}(?<=[^\s~])(~)(?!~)")
RAISED_WORDS = re.compile(r"(?<=[^\s^\[])(\^)[^\s^\[\]]{1,20}(\^)(?!\^)")
POWER = re.compile(r"(?:\d|(?<!\w)[A-Za-z])\Z")
"""What a raised number is a power of: its first caret is read with it."""
WIKI_PICTURE = re.compile(r"!\[\[[^\[\]\n]{1,500}\]\]")
WIKI_LINK = re.compile(r"(?<!!)(\[\[(?:[^\[\]|\n]{1,500}\|)?)[^\[\]|\n]{1,500}(\]\])")
BLOCK_NAME = re.compile(r"(?<=\s)\^[A-Za-z0-9-]{1,40}$")
BOLD = re.compile(r"(?<![\w=])(=)(?=[^\W\d])[^=\n]{1,300}(?<=[\w.,;:!?])(=)(?![\w=])")
"""`=bold=` in plain text of Project Gutenberg."""
ENDED_LINE = re.compile(r"\\(?= |$)")
STRAY = re.compile(r"(?<![\\\s*\d])\*{1,3}(?!\*)|(?<![\\*])\*{1,3}(?=[^\s*\d])")
"""Marks of emphasis in emphasis: no star that touches a word is a word."""
EMPHASIS = re.compile(r"(?<![\w*_\\])([*_]{1,3})(?=[^\s*_])[^*_\n]*?[^\s*_\\]([*_]{1,3})(?![\w*_])")


def inline_marks(text: SourceText, *, is_markdown: bool) -> list[Mark]:
    """The marks of a paragraph as parts of the source, in order."""
    return [
        Mark(*text.span(first, last), kind, target)
        for first, last, kind, target in _kept(text.text, is_markdown=is_markdown)
    ]


def without_emphasis(text: SourceText) -> tuple[SourceText, list[tuple[int, int, str]]]:
    """A text without the marks of emphasis; these marks and what they stress in the source."""
    kept = _kept(text.text, is_markdown=False)
    found = [each for each in kept if each.kind not in STRESSED]
    return text.without([(each.first, each.last) for each in found]), [
        (*text.span(each.first, each.last), each.kind) for each in kept
    ]


def _kept(text: str, *, is_markdown: bool) -> list[_Found]:
    """What is found, none inside another, emphasis aside; in code nothing is a mark."""
    found: list[_Found] = []
    if is_markdown:
        found += _tags_in_code(text) if "`<" in text else ()
        text = CODE.sub(_covered, text) if "`" in text else text
        found += _markdown(text)
    stressed: list[_Found] = []
    for match in BOLD.finditer(text) if "=" in text and not is_markdown else ():
        found += [_Found(*match.span(1), "markup"), _Found(*match.span(2), "markup")]
    is_marked = "*" in text or "_" in text
    for match in EMPHASIS.finditer(text) if is_marked else ():
        found += [_Found(*match.span(1), "markup"), _Found(*match.span(2), "markup")]
        kind = "strong" if len(match[1]) > 1 else "emphasis"
        stressed.append(_Found(match.end(1), match.start(2), kind))
    kept: list[_Found] = []
    for each in sorted(found, key=lambda mark: (mark.first, -mark.last)):
        if not kept or each.first >= kept[-1].last:
            kept.append(each)
    whole = {(each.first, each.last) for each in kept}
    kept += [
        each for each in stressed if (each.last, each.last + 1) in whole or _closes(each, whole)
    ]
    return sorted(kept, key=lambda mark: (mark.first, mark.last))


def _tags_in_code(text: str) -> Iterator[_Found]:
    """The brackets of `<script>`, whose name is a word of the text."""
    for code in CODE.finditer(text):
        for tag in HTML.finditer(text, code.end(1), code.start(2)):
            yield _Found(tag.start(), tag.start() + 1, "markup")
            yield _Found(tag.end() - 1, tag.end(), "markup")


def _covered(code: re.Match[str]) -> str:
    """Letters instead of what is written in it."""
    return code[1] + "x" * (code.start(2) - code.end(1)) + code[2]


def _closes(each: _Found, whole: set[tuple[int, int]]) -> bool:
    return any((each.last, each.last + length) in whole for length in (2, 3))


def _markdown(text: str) -> Iterator[_Found]:
    if "[" in text:
        yield from _brackets(text)
    if "<" in text:
        yield from _tags(text)
    for match in FORMULA.finditer(text) if "$$" in text else ():
        yield _Found(*match.span(), "formula")
    if "^" in text:
        yield from _carets(text)
    for pattern in (CODE, STRUCK, HIGHLIGHTED, LOWERED):
        for match in pattern.finditer(text):
            yield _Found(*match.span(1), "markup")
            yield _Found(*match.span(2), "markup")
    for match in STRAY.finditer(text):
        yield _Found(*match.span(), "markup")
    for match in ATTRIBUTES.finditer(text):
        yield _Found(*match.span(), "markup")
    for match in ENDED_LINE.finditer(text):
        yield _Found(*match.span(), LINE)


def _carets(text: str) -> Iterator[_Found]:
    """`x^2^`, `1^st^` of pandoc; `^name` of Obsidian behind a paragraph."""
    for match in RAISED_WORDS.finditer(text):
        written = text[match.end(1) : match.start(2)]
        before = text[max(match.start() - LONGEST_BASE, 0) : match.start()]
        is_raised = written.lstrip("-").isdecimal()
        if is_raised and not POWER.search(before) and may_be_a_note(before, written):
            yield _Found(*match.span(), "note-mark")
            continue
        if not is_raised:
            yield _Found(*match.span(1), "markup")
        yield _Found(*match.span(2), "markup")
    for match in BLOCK_NAME.finditer(text):
        yield _Found(*match.span(), "markup")


def _brackets(text: str) -> Iterator[_Found]:
    for match in WIKI_PICTURE.finditer(text) if "[[" in text else ():
        yield _Found(*match.span(), "illustration")
    for match in WIKI_LINK.finditer(text) if "[[" in text else ():
        yield _Found(*match.span(1), "link")
        yield _Found(*match.span(2), "markup")
    for match in IMAGE.finditer(text):
        yield _Found(*match.span(), "illustration")
    for match in INLINE_NOTE.finditer(text):
        yield _Found(*match.span(), "note")
    for match in FOOTNOTE.finditer(text):
        yield _Found(*match.span(), "note-mark", f"^{match[1]}")
    for match in NOTE_LINK.finditer(text):
        yield _Found(*match.span(), "note-mark", match["name"])
    for match in LINK.finditer(text):
        yield _Found(*match.span(1), "markup")
        yield _Found(*match.span(2), "link")


def _tags(text: str) -> Iterator[_Found]:
    powers = {
        at
        for match in RAISED_FIGURES.finditer(text)
        if is_a_power(text[max(match.start() - LONGEST_BASE, 0) : match.start()], match[1])
        for at in (match.start(), match.end(1))
    }
    for match in RAISED.finditer(text):
        if match.start() not in powers:
            yield _Found(*match.span(), "note-mark")
    for match in LINE_TAG.finditer(text):
        yield _Found(*match.span(), LINE)
    for match in HTML.finditer(text):
        if match.start() in powers:
            continue  # they make it a power: `10<sup>6</sup>`
        is_block = match[1].lower() in BLOCK_TAGS
        yield _Found(*match.span(), LINE if is_block else "markup")
    for match in ADDRESS.finditer(text):  # what the address says is a word of the text
        yield _Found(*match.span(1), "markup")
        yield _Found(*match.span(2), "markup")
