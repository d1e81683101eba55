"""The lines of a source, each with what it is at first sight: blank, break, heading, comment, text.

What is the same in a dialogue and in prose is decided here, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from higgs_cli.errors import ScriptError
from higgs_cli.script.document import Lines, Unspoken
from higgs_cli.script.source_text import SourceText
from higgs_cli.script.titles import title_level

COMMENT = ("<!--", "-->")
COMMENT_LINE = re.compile(r"\s*//")
HEADING = re.compile(r"\s{0,3}(#{1,6})[ \t]++(?=\S)")
UNDERLINE = re.compile(r"\s{0,3}(={3,}|-{3,})\s*$")
BREAK = re.compile(r"\s*(?:(?:([*_~=—–-])\s*)(?:\1\s*){2,}|⁂\s*|\*\s*|#\s*)$")

TABLE_RULE = re.compile(r"[ \t]*-{2,}[ \t]+(?P<second>-{2,})(?:[ \t]+-{2,})*[ \t]*")
"""The line below the heads of a table of pandoc's, which shows its columns."""

Kind = Literal["blank", "break", "heading", "underline", "comment", "text"]


@dataclass(frozen=True)
class SourceLine:
    """One line without its comments."""

    number: int
    kind: Kind
    text: SourceText
    level: int = 0
    """Of a heading: 1 is the highest."""


def source_lines(
    path: str, source: str, begin: int, *, finds_titles: bool, is_markdown: bool
) -> tuple[list[SourceLine], list[Unspoken]]:
    """All lines from `begin` on, and the comments that are none of their text.

    With `finds_titles`, a line such as `Chapter 3` between blank lines is a heading, and so is a
    line that is underlined (with `---` in Markdown alone: elsewhere that parts scenes).
    """
    comments = list(_comments(path, source, begin))
    if is_markdown:
        comments = _united([*comments, *_programs(source, begin)])
    unspoken = [Unspoken(start, end, "comment") for start, end in comments]
    texts = list(_texts(source, begin, comments))
    found: list[SourceLine] = []
    for index, (number, text) in enumerate(texts):
        before = texts[index - 1][1].text if index else ""
        after = texts[index + 1][1].text if index + 1 < len(texts) else ""
        line = _classified(number, text)
        if finds_titles and line.kind == "text" and not before.strip():
            line = _as_title(line, after, is_markdown)
        if line.kind == "break" and found and found[-1].kind == "heading" and before.strip():
            line = SourceLine(number, "underline", text) if UNDERLINE.match(text.text) else line
        if line.kind == "break" and TABLE_RULE.fullmatch(text.text) and (before + after).strip():
            line = SourceLine(number, "underline", text)
        if line.kind == "comment":
            unspoken.append(Unspoken(text.start, text.end, "comment"))
        found.append(line)
    return found, unspoken


def _classified(number: int, text: SourceText) -> SourceLine:
    written = text.text
    if not written.strip():
        return SourceLine(number, "blank", text)
    if COMMENT_LINE.match(written):
        return SourceLine(number, "comment", text)
    if BREAK.match(written):
        return SourceLine(number, "break", text)
    heading = HEADING.match(written)
    if heading:
        first, last = heading.end(), _heading_end(written, heading.end())
        return SourceLine(number, "heading", text.slice(first, last), len(heading[1]))
    return SourceLine(number, "text", text)


def _heading_end(written: str, first: int) -> int:
    """Where a heading's words end: the `#` that close it, and the space around them, are none."""
    closed = written.rstrip(" \t").rstrip("#").rstrip(" \t")
    return max(len(closed), first + 1)


def _as_title(line: SourceLine, after: str, is_markdown: bool) -> SourceLine:
    """The same line as a heading, if it stands like one."""
    underline = UNDERLINE.match(after)
    level = 1 if underline and underline[1][0] == "=" else 2
    if underline and len(line.text.text) <= 120 and (level == 1 or is_markdown):
        return SourceLine(line.number, "heading", line.text.stripped(), level)
    title = title_level(line.text.text) if not after.strip() else None
    if title is not None:
        return SourceLine(line.number, "heading", line.text.stripped(), title)
    return line


def _texts(
    source: str, begin: int, comments: list[tuple[int, int]]
) -> Iterator[tuple[int, SourceText]]:
    lines = Lines(source)
    number = lines.number_at(begin)
    start, waiting = begin, list(reversed(comments))
    while start <= len(source):
        end = source.find("\n", start)
        end = len(source) if end < 0 else end
        holes = []
        while waiting and waiting[-1][0] < end:
            first, last = waiting[-1]
            holes.append((max(first, start) - start, min(last, end) - start))
            if last > end:
                break
            waiting.pop()
        yield number, SourceText.of(source, start, end).without(holes)
        number, start = number + 1, end + 1


def _programs(source: str, begin: int) -> Iterator[tuple[int, int]]:
    """What a Markdown text holds for a browser alone, with the words in it."""
    small = source[begin:].lower()
    for tag in ("script", "style"):
        opening, closing = f"<{tag}", f"</{tag}>"
        start = small.find(opening)
        while start >= 0:
            end = small.find(closing, start)
            if end < 0:
                break
            begins_its_line = not small[max(0, start - 4) : start].rpartition("\n")[2].strip()
            if begins_its_line and small[start + len(opening)] in " >\n\t":
                yield begin + start, begin + end + len(closing)
            start = small.find(opening, end)


def _united(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order; one that lies in another is a part of it."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if not found or start >= found[-1][1]:
            found.append((start, end))
        elif end > found[-1][1]:
            found[-1] = (found[-1][0], end)
    return found


def _comments(path: str, source: str, begin: int) -> Iterator[tuple[int, int]]:
    """Where the comments stand; one that is never closed is a mistake."""
    opening, closing = COMMENT
    start = source.find(opening, begin)
    while start >= 0:
        end = source.find(closing, start + len(opening))
        if end < 0:
            raise ScriptError(
                "this comment is never closed",
                spot=Lines(source).spot(path, start, start + len(opening)),
                hint=f"end it with {closing}",
            )
        yield start, end + len(closing)
        start = source.find(opening, end + len(closing))
