"""HTML and the chapters of EPUB: the blocks of a page, in order.

A walk over block elements; what stands between them is text of a paragraph too, and two blocks
never run together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from higgs_cli.script.archive import inner_path
from higgs_cli.script.extraction import Extraction
from higgs_cli.script.html_meaning import (
    BLOCKS,
    SKIPPED,
    is_verse,
    mark_kind,
    tag_of,
    type_names,
    why_left_out,
)
from higgs_cli.script.manuscript import Facts, Kind, Manuscript
from higgs_cli.script.note_marks import as_a_power
from higgs_cli.script.xml_tree import Element, html_tree, words_of

LINE_CLASS = re.compile(r"\bline\b|\bi\d\b")
NOTE_ITEMS = {"li", "aside", "dd", "p", "div"}


@dataclass(frozen=True)
class _Around:
    """What the elements around say of the text in them."""

    kind: Kind = "paragraph"
    level: int = 0
    left_out: str | None = None
    note: str | None = None
    keeps_lines: bool = False


def read_html(data: bytes, path: str, encoding: str | None = None) -> Manuscript:
    """A page by itself."""
    root = html_tree(data, path, encoding)
    extraction = Extraction(path)
    walk_page(root, extraction, "")
    return extraction.manuscript("HTML", _facts(root))


def walk_page(
    root: Element, extraction: Extraction, file: str, left_out: str | None = None
) -> None:
    """Write all blocks of a page; `file` is its name within an archive."""
    _Walk(extraction, file, left_out).page(root)


class _Walk:
    """A page on its way into an extraction."""

    def __init__(self, extraction: Extraction, file: str, left_out: str | None) -> None:
        self.extraction = extraction
        self.file = file
        self._around = [_Around(left_out=left_out)]
        self._marks: list[tuple[int, str, str | None] | None] = []
        self._count = 0

    def page(self, root: Element) -> None:
        self.extraction.end()
        self.extraction.anchor(f"{self.file}#")
        for event, element, tag in _events(root):
            if event == "start":
                self._enter(element, tag)
            else:
                self._leave(element, tag)
        self.extraction.end()

    def _enter(self, element: Element, tag: str) -> None:
        name = element.get("id") or (element.get("name") if tag == "a" else None)
        if name and tag not in BLOCKS:
            self.extraction.anchor(f"{self.file}#{name}")
        if tag in ("td", "th"):
            self.extraction.cell()
        elif tag in BLOCKS:
            self._enter_block(element, tag, name)
        elif tag == "hr":
            self.extraction.scene_break(self._place())
            self._begin()
        elif tag == "br":
            self.extraction.line()
            if self._around[-1].kind == "paragraph":
                self.extraction.rename("verse")
        elif tag == "img":
            self._image(element)
        else:
            self._enter_inline(element, tag)
        text = element.text
        if tag == "sup" and text and self._marks[-1:] == [None]:
            text = as_a_power(text, self.extraction.last_word())
        self._write(text, (element, False))

    def _enter_block(self, element: Element, tag: str, name: str | None) -> None:
        around = self._around[-1]
        why = around.left_out or why_left_out(element)
        if why == "note-mark":
            why = None
        if tag in ("body", "html") and why == "hidden":
            why = None
        note = around.note
        if why == "note" and name and tag in NOTE_ITEMS:
            note = f"{self.file}#{name}"
        self._around.append(
            replace(
                around,
                kind=self._kind(element, tag),
                level=self._level(element, tag),
                left_out=why,
                note=note,
                keeps_lines=around.keeps_lines or tag == "pre",
            )
        )
        self._begin()
        if name:
            self.extraction.anchor(f"{self.file}#{name}")

    def _kind(self, element: Element, tag: str) -> Kind:
        around, kind = self._around[-1], BLOCKS[tag]
        if around.kind == "heading" or tag == "hgroup":
            return "heading"
        if is_verse(element):
            return "verse"
        if "bridgehead" in type_names(element):
            return "paragraph"
        if kind == "paragraph":
            return around.kind
        return "verse" if around.kind == "verse" and kind == "quote" else kind

    def _level(self, element: Element, tag: str) -> int:
        around = self._around[-1]
        if BLOCKS[tag] == "heading":
            level = int(tag[1])
            return level if around.level == 0 else around.level
        if tag == "hgroup":
            return next((int(tag_of(each)[1]) for each in element if _is_heading(each)), 2)
        return around.level

    def _enter_inline(self, element: Element, tag: str) -> None:
        kind = mark_kind(element, tag, self.extraction.last_word())
        if kind is None:
            if tag == "span" and self._around[-1].kind == "verse" and _is_line(element):
                self.extraction.line()
            self._marks.append(None)
            return
        target = None
        if kind == "note-mark":
            target = self._target(element)
        self._marks.append((self.extraction.open_mark(), kind, target))

    def _target(self, element: Element) -> str | None:
        link = element if element.get("href") else next(element.iter("{*}a"), None)
        href = link.get("href") if link is not None else None
        found = inner_path(self.file, href) if href else None
        return f"{found[0]}#{found[1]}" if found else None

    def _image(self, element: Element) -> None:
        words = element.get("alt") or ""
        if words.strip():
            start = self.extraction.open_mark()
            self.extraction.write(words)
            self.extraction.close_mark(start, "illustration")

    def _leave(self, element: Element, tag: str) -> None:
        if tag in ("td", "th", "hr", "br", "img"):
            pass
        elif tag in BLOCKS:
            self._around.pop()
            self._begin()
        else:
            mark = self._marks.pop()
            if mark is not None:
                self.extraction.close_mark(*mark)
        self._write(element.tail, (element, True))

    def _begin(self) -> None:
        around = self._around[-1]
        self.extraction.begin(
            around.kind,
            self._place(),
            level=around.level,
            left_out=around.left_out,
            note=around.note,
        )

    def _write(self, text: str | None, origin: tuple[Element, bool]) -> None:
        if text:
            if self.extraction.is_empty and text.strip():
                self._count += 1
                self._begin()
            keeps_lines = self._around[-1].keeps_lines
            self.extraction.write(text, keeps_lines=keeps_lines, origin=origin)

    def _place(self) -> str:
        where = f"paragraph {self._count}"
        return f"{self.file}, {where}" if self.file else where


def _events(root: Element) -> Iterator[tuple[str, Element, str]]:
    """Start and end of each element that has words, without recursion."""
    from lxml import etree

    walk = etree.iterwalk(root, events=("start", "end"))
    hidden: Element | None = None
    for event, element in walk:
        if hidden is not None:
            if event == "end" and element is hidden:
                hidden = None
                if element.tail:
                    holder = _tail_holder(element)
                    yield "start", holder, "span"
                    yield "end", holder, "span"
            continue
        tag = tag_of(element)
        if tag in SKIPPED:
            if event == "start":
                hidden = element
            continue
        yield event, element, tag


def _tail_holder(element: Element) -> Element:
    """A stand-in for an element whose own words are skipped: only what follows it is read."""
    from lxml import etree

    holder: Element = etree.Element("span")
    holder.text = element.tail
    return holder


def _is_heading(element: Element) -> bool:
    return BLOCKS.get(tag_of(element)) == "heading"


def _is_line(element: Element) -> bool:
    return bool(LINE_CLASS.search(element.get("class") or "")) or element.getprevious() is not None


def _facts(root: Element) -> Facts:
    named: dict[str, str] = {}
    for meta in root.iter("meta"):
        name, content = meta.get("name"), meta.get("content")
        if name and content:
            named.setdefault(name.lower(), " ".join(content.split()))
    title = next(root.iter("title"), None)
    return Facts(
        title=(words_of(title) or None) if title is not None else None,
        author=named.get("author"),
        language=root.get("lang"),
        description=named.get("description"),
    )
