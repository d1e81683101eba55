"""PDF with a text layer: pages become paragraphs, without running heads and page numbers.

A PDF knows places on paper, not paragraphs: what comes out is as good as its text layer, and says
so. The library runs in a process of its own, bounded in memory and time.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.plain_text import is_whole
from higgs_cli.script.extraction import Extraction
from higgs_cli.script.manuscript import Facts, Manuscript
from higgs_cli.script.plain_headings import LONGEST
from higgs_cli.script.titles import title_level

TIME_LIMIT_SECONDS = 150
MOST_ANSWER_BYTES = 256 * 1024 * 1024
PAGE_NUMBER = re.compile(r"(?:page )?(?:\d{1,4}|[ivxlc]{1,7})", re.IGNORECASE)
FIGURES = re.compile(r"\d+")
ENDED = re.compile(r"[.!?…:][\"'”’»)]*$")
EDGE_LINES = 2
"""How many lines at the top and the bottom of a page may be running heads."""
ENOUGH_PAGES = 3
WARNING = "a PDF knows no paragraphs: look through `higgs plan --all` before you render"


def read_pdf(data: bytes, path: str) -> Manuscript:
    """All pages that have text."""
    answer = _pages(data, path)
    for number, page in enumerate(answer["pages"], start=1):
        if not is_whole(page):
            raise FormatError(
                f"{path}: its text layer is damaged on page {number} (halves of surrogate pairs)",
                hint="make its text layer anew by OCR, or take the text out with another program",
            )
    pages = [_lines(page) for page in answer["pages"]]
    if not any(pages):
        raise FormatError(
            f"{path}: its pages have no text", hint="it is scanned: run it through OCR first"
        )
    extraction = Extraction(path)
    walk = _Walk(extraction, _running_heads(pages), _width(pages))
    for number, lines in enumerate(pages, start=1):
        walk.page(number, lines)
    return extraction.manuscript("PDF", _facts(answer["facts"]), warnings=(WARNING,))


def _pages(data: bytes, path: str) -> dict[str, Any]:
    child = Path(__file__).with_name("pdf_pages.py")
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(child)],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIME_LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FormatError(f"{path}: takes too long to read") from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout[:MOST_ANSWER_BYTES])
    except ValueError:
        raise FormatError(f"{path}: a damaged PDF, or too large to read") from None
    error = answer.get("error")
    if error == "missing":
        hint = 'pip install "higgs[books]", or pip install pypdf'
        raise UsageError("books in PDF need the package pypdf", hint=hint)
    if error == "long":
        hint = "take it apart into volumes"
        raise FormatError(f"{path}: {answer['count']:,} pages are more than a book has", hint=hint)
    if error == "locked":
        raise FormatError(f"{path}: protected by a password, so that it cannot be read")
    if error:
        raise FormatError(f"{path}: a damaged PDF ({' '.join(str(error).split())[:120]})")
    return answer


def _lines(page: str) -> list[str]:
    return [line.rstrip() for line in page.replace("\x00", "").split("\n") if line.strip()]


def _running_heads(pages: Sequence[Sequence[str]]) -> frozenset[str]:
    """Lines that stand at the edge of many pages, their figures aside."""
    seen: Counter[str] = Counter()
    for lines in pages:
        edges = [*lines[:EDGE_LINES], *lines[-EDGE_LINES:]] if len(lines) > EDGE_LINES else []
        seen.update({_bare(line) for line in edges})
    most = max(ENOUGH_PAGES, len(pages) // 10)
    return frozenset(line for line, count in seen.items() if count >= most and len(line) > 1)


def _bare(line: str) -> str:
    """A line without its figures, but for titles: `Chapter 3` is another than `Chapter 4`."""
    if title_level(line) is not None:
        return " ".join(line.split()).casefold()
    return FIGURES.sub("#", " ".join(line.split()).casefold())


def _width(pages: Sequence[Sequence[str]]) -> int:
    """How long a full line is."""
    lengths = sorted(len(line) for lines in pages for line in lines)
    return lengths[len(lengths) * 3 // 4]


class _Walk:
    """Pages on their way into an extraction; a paragraph may go on over heads and numbers."""

    def __init__(self, extraction: Extraction, heads: frozenset[str], width: int) -> None:
        self.extraction = extraction
        self.heads = heads
        self.width = width
        self._before = ""

    def page(self, number: int, lines: Sequence[str]) -> None:
        place = f"page {number}"
        for index, line in enumerate(lines):
            is_edge = min(index, len(lines) - 1 - index) < EDGE_LINES
            why = self._why_left_out(line) if is_edge else None
            level = title_level(line) if len(line) <= LONGEST else None
            if why:
                self._leave(place, line, why)
            elif level is not None:
                self._heading(place, line, level)
            else:
                self._text(place, line)

    def _why_left_out(self, line: str) -> str | None:
        if PAGE_NUMBER.fullmatch(line.strip(" -–—|")):
            return "page-number"
        return "running-head" if _bare(line) in self.heads else None

    def _leave(self, place: str, line: str, why: str) -> None:
        """A line that is no words: within a paragraph that goes on behind it, or by itself."""
        if self._before and not ENDED.search(self._before):
            self.extraction.line()
            start = self.extraction.open_mark()
            self.extraction.write(line)
            self.extraction.close_mark(start, why)
            return
        self.extraction.begin("paragraph", place, left_out=why)
        self.extraction.write(line)
        self.extraction.end()
        self._before = ""

    def _heading(self, place: str, line: str, level: int) -> None:
        self.extraction.begin("heading", place, level=level)
        self.extraction.write(line)
        self.extraction.end()
        self._before = ""

    def _text(self, place: str, line: str) -> None:
        is_ended = len(self._before) < self.width * 0.85 and ENDED.search(self._before)
        if not self._before or is_ended:
            self.extraction.begin("paragraph", place)
        else:
            self.extraction.line()
        self.extraction.write(line)
        self._before = line


def _facts(named: dict[str, str]) -> Facts:
    return Facts(
        title=(named.get("/Title") or "").strip() or None,
        author=(named.get("/Author") or "").strip() or None,
        description=(named.get("/Subject") or "").strip() or None,
    )
