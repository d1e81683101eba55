"""Plain text and Markdown books: paragraphs of the narrator, chapters from headings.

A paragraph ends at a blank line, and where the next line is indented or begins a list. What nobody
would read aloud is left out and kept on record: addresses of links, images, footnotes, code.
"""

from __future__ import annotations

import re

from higgs_cli.script.assembly import Assembly
from higgs_cli.script.document import NARRATOR
from higgs_cli.script.markdown import (
    FENCE,
    FOOTNOTE_TEXT,
    LIST_ITEM,
    QUOTE,
    marks,
    without_marks,
)
from higgs_cli.script.paragraphs import as_paragraph
from higgs_cli.script.source_lines import SourceLine
from higgs_cli.script.source_text import SourceText

INDENTED = re.compile(r"(?:\t| {2,}|\u3000)")


class ProseParser:
    """Feeds the paragraphs of a book to an Assembly."""

    def __init__(self, assembly: Assembly, *, is_markdown: bool) -> None:
        self.assembly = assembly
        self.is_markdown = is_markdown
        self._paragraph: list[SourceText] = []
        self._is_in_code = False
        self._is_in_footnote = False

    def parse(self, lines: list[SourceLine]) -> None:
        for line in lines:
            if self.is_markdown and self._is_code(line):
                continue
            self._take(line)
        self._end_paragraph()

    def _is_code(self, line: SourceLine) -> bool:
        """Is the line part of a fenced block? Such blocks are not read out."""
        is_fence = FENCE.match(line.text.text) is not None
        if not (is_fence or self._is_in_code):
            return False
        self._end_paragraph()
        if is_fence:
            self._is_in_code = not self._is_in_code
        if line.text:
            self.assembly.leave(line.text.start, line.text.end, "code")
        return True

    def _take(self, line: SourceLine) -> None:
        if line.kind in ("blank", "comment", "underline"):
            self._is_in_footnote = self._is_in_footnote and line.kind != "blank"
            if line.kind == "blank":
                self._end_paragraph()
            return
        if line.kind in ("break", "heading"):
            self._end_paragraph()
            if line.kind == "break":
                self.assembly.leave(line.text.start, line.text.end, "break")
                self.assembly.scene_break()
            else:
                self.assembly.heading(line.level, self._words(line.text), line.number)
            return
        self._take_text(line.text)

    def _take_text(self, text: SourceText) -> None:
        if self.is_markdown and (self._is_in_footnote or FOOTNOTE_TEXT.match(text.text)):
            self._is_in_footnote = True
            self.assembly.leave(text.start, text.end, "footnote")
            return
        opening = self._opening(text.text)
        if opening:
            self._end_paragraph()
            self.assembly.leave(*text.span(0, opening), "markup")
            text = text.slice(opening, len(text.text))
        elif not self.is_markdown and INDENTED.match(text.text):
            self._end_paragraph()
        quote = QUOTE.match(text.text) if self.is_markdown else None
        if quote:
            self.assembly.leave(*text.span(*quote.span()), "markup")
            text = text.slice(quote.end(), len(text.text))
        self._paragraph.append(text)

    def _opening(self, text: str) -> int:
        """How long the mark of a list item is that begins here."""
        item = LIST_ITEM.match(text) if self.is_markdown else None
        # A number is a word of the text: `1. Go home` is read with its number.
        return item.end() if item and not any(char.isdigit() for char in item[0]) else 0

    def _end_paragraph(self) -> None:
        text = as_paragraph(self._paragraph)
        self._paragraph = []
        if text:
            self.assembly.say(NARRATOR, None, self._words(text))

    def _words(self, text: SourceText) -> SourceText:
        words, removed = without_marks(text, marks(text.text, is_markdown=self.is_markdown))
        for start, end, kind in removed:
            self.assembly.leave(start, end, kind)
        return words
