"""DOCX: the body of a Word document, its tables, notes and numbers, as a manuscript.

Running heads and feet are files of their own and are never read. Deleted text is gone, inserted
text is there; hidden text is left out and said so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from higgs_cli.errors import FormatError
from higgs_cli.script.archive import Archive
from higgs_cli.script.docx_elements import W, list_place, value_of
from higgs_cli.script.docx_numbers import Numbers
from higgs_cli.script.docx_styles import Style, read_styles
from higgs_cli.script.extraction import Extraction
from higgs_cli.script.manuscript import Facts, Kind, Manuscript
from higgs_cli.script.note_marks import as_a_power, may_be_a_note
from higgs_cli.script.xml_tree import Element, words_of, xml_tree

DOCUMENT = "word/document.xml"
SKIPPED = {"del", "moveFrom", "pPr", "rPr", "instrText", "delText", "Fallback", "sectPr", "tblPr",
           "object", "pict"}  # fmt: skip
NOTE_FILES = (("footnote", "word/footnotes.xml"), ("endnote", "word/endnotes.xml"))
SYMBOLS = {"tab": " ", "noBreakHyphen": "\u2011", "softHyphen": "\u00ad", "cr": "\n"}
OFF = ("0", "false", "off", "none")


def read_docx(data: bytes, path: str) -> Manuscript:
    """The whole document, its notes behind it."""
    archive = Archive(data, path)
    if DOCUMENT not in archive:
        raise FormatError(f"{path}: not a DOCX ({DOCUMENT} is missing)")
    body = next(_tree(archive, DOCUMENT).iter(f"{W}body"), None)
    if body is None:
        raise FormatError(f"{path}: not a DOCX (it has no body)")
    extraction = Extraction(path)
    walk = _Walk(extraction, read_styles(_tree_or_none(archive, "word/styles.xml")),
                 Numbers(_tree_or_none(archive, "word/numbering.xml")))  # fmt: skip
    walk.body(body)
    for kind, name in NOTE_FILES:
        root = _tree_or_none(archive, name)
        if root is not None:
            walk.notes(root, kind)
    manuscript = extraction.manuscript("DOCX", _facts(archive))
    if manuscript.facts.title:
        return manuscript
    return replace(manuscript, facts=replace(manuscript.facts, title=_written_title(manuscript)))


def _tree(archive: Archive, name: str) -> Element:
    return xml_tree(archive.read(name), f"{archive.path}: {name}")


def _tree_or_none(archive: Archive, name: str) -> Element | None:
    return _tree(archive, name) if name in archive else None


@dataclass(frozen=True)
class _Run:
    """How some words are set."""

    is_hidden: bool = False
    emphasis: str | None = None
    is_raised: bool = False


class _Walk:
    """A document on its way into an extraction."""

    def __init__(self, extraction: Extraction, styles: dict[str, Style], numbers: Numbers) -> None:
        self.extraction = extraction
        self.styles = styles
        self.numbers = numbers
        self._count = 0
        self._left_out: str | None = None
        self._note: str | None = None
        self._where = ""

    def body(self, body: Element) -> None:
        for child in body:
            self._block(child)

    def notes(self, root: Element, kind: str) -> None:
        """The notes of one kind; separators are notes with a type."""
        self._where, self._left_out = f"{kind}s, ", "note"
        for note in root.iter(f"{W}{kind}"):
            if note.get(f"{W}type") in (None, "normal"):
                self._note = f"{kind} {note.get(f'{W}id')}"
                self.body(note)
        self._where, self._left_out, self._note = "", None, None

    def _block(self, element: Element) -> None:
        """A paragraph, a table, or what holds some of them."""
        held = [element]
        while held:
            element = held.pop()
            name = _name(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._table(element)
            elif name in ("sdt", "sdtContent", "ins", "customXml", "smartTag", "moveTo"):
                if name == "sdt" and _is_contents(element):
                    self._contents(element)
                else:
                    held += reversed(list(element))

    def _contents(self, element: Element) -> None:
        before, self._left_out = self._left_out, "contents"
        for paragraph in element.iter(f"{W}p"):
            self._paragraph(paragraph)
        self._left_out = before

    def _paragraph(self, paragraph: Element) -> None:
        properties = next(paragraph.iterchildren(f"{W}pPr"), None)
        style = self.styles.get(value_of(properties, "pStyle") or "", Style())
        kind, level, why = self._kind(properties, style)
        number = self.numbers.next(_number_of(properties) or style.number)
        self._begin(kind, level, why)
        if number:
            self.extraction.write(f"{number} ")
        self._words(paragraph)
        for line in paragraph.iter(f"{W}br"):
            if line.get(f"{W}type") in (None, "textWrapping") and kind == "paragraph":
                self.extraction.rename("verse")
                break
        self.extraction.end()

    def _kind(self, properties: Element | None, style: Style) -> tuple[Kind, int, str | None]:
        outline = value_of(properties, "outlineLvl")
        level = style.level
        if outline and outline.isdecimal() and int(outline) < 9:
            level = int(outline) + 1
        why = self._left_out or style.left_out
        if level is not None:
            return "heading", level, why
        is_listed = _number_of(properties) is not None or style.number is not None
        kind: Kind = "item" if is_listed and style.kind == "paragraph" else style.kind
        return ("note" if self._note else kind), 0, why

    def _begin(self, kind: Kind, level: int, why: str | None) -> None:
        self._count += 1
        where = self._where + f"paragraph {self._count}"
        self.extraction.begin(kind, where, level=level, left_out=why, note=self._note)

    def _table(self, table: Element) -> None:
        """Row by row; a table in a cell is words of the cell."""
        for row in table.iterchildren(f"{W}tr"):
            self._begin("row", 0, self._left_out)
            for cell in row.iterchildren(f"{W}tc"):
                self.extraction.cell()
                for paragraph in cell.iter(f"{W}p"):
                    self._words(paragraph)
                    self.extraction.write(" ")
            self.extraction.end()

    def _words(self, paragraph: Element) -> None:
        for run, setting in _runs(paragraph):
            start = self.extraction.open_mark() if setting != _Run() else 0
            before = self.extraction.last_word()
            words = self._run(run, before if setting.is_raised else "")
            if setting.is_hidden:
                self.extraction.close_mark(start, "hidden")
            elif setting.is_raised and may_be_a_note(before, words) and words.strip().isdecimal():
                self.extraction.close_mark(start, "note-mark")
            elif setting.emphasis:
                self.extraction.close_mark(start, setting.emphasis)

    def _run(self, run: Element, raised_behind: str) -> str:
        """Write the words of a run, and return them."""
        told: list[str] = []
        for part in run.iter():
            name = _name(part)
            if name == "t" and part.text and not _is_skipped(part):
                told.append(part.text)
                is_note = may_be_a_note(raised_behind, part.text)
                words = part.text if is_note else as_a_power(part.text, raised_behind)
                self.extraction.write(words)
            elif name in SYMBOLS:
                self.extraction.write(SYMBOLS[name])
            elif name == "br" and part.get(f"{W}type") in (None, "textWrapping"):
                self.extraction.line()
            elif name in ("footnoteReference", "endnoteReference"):
                self._note_mark(part, name.removesuffix("Reference"))
            elif name == "docPr" and part.get("descr"):
                start = self.extraction.open_mark()
                self.extraction.write(part.get("descr") or "")
                self.extraction.close_mark(start, "illustration")
        return "".join(told)

    def _note_mark(self, reference: Element, kind: str) -> None:
        identity = reference.get(f"{W}id") or ""
        start = self.extraction.open_mark()
        self.extraction.write(f"[{identity}]")
        self.extraction.close_mark(start, "note-mark", f"{kind} {identity}")


def _runs(paragraph: Element) -> Iterator[tuple[Element, _Run]]:
    """The runs of a paragraph that are read, each with how it is set."""
    held = list(reversed(list(paragraph)))
    while held:
        element = held.pop()
        name = _name(element)
        if name == "r":
            yield element, _setting(next(element.iterchildren(f"{W}rPr"), None))
        elif name not in SKIPPED:
            held += reversed(list(element))


def _setting(properties: Element | None) -> _Run:
    if properties is None:
        return _Run()
    emphasis = "strong" if _is_on(properties, "b") else None
    emphasis = "emphasis" if _is_on(properties, "i") else emphasis
    raised = value_of(properties, "vertAlign") == "superscript"
    return _Run(_is_on(properties, "vanish"), emphasis, raised)


def _is_on(properties: Element, name: str) -> bool:
    found = next(properties.iterchildren(f"{W}{name}"), None)
    return found is not None and found.get(f"{W}val") not in OFF


def _is_skipped(part: Element) -> bool:
    """Does a text stand in the copy that is kept for older programs?"""
    return any(_name(each) == "Fallback" for each in part.iterancestors())


def _number_of(properties: Element | None) -> tuple[str, int] | None:
    found = next(properties.iterchildren(f"{W}numPr"), None) if properties is not None else None
    return list_place(value_of(found, "numId"), value_of(found, "ilvl"))


def _is_contents(element: Element) -> bool:
    gallery = next(element.iter(f"{W}docPartGallery"), None)
    return gallery is not None and "contents" in (gallery.get(f"{W}val") or "").lower()


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _written_title(manuscript: Manuscript) -> str | None:
    """The first paragraph of the style Title, where the properties say none."""
    titles = (block for block in manuscript.blocks if block.kind == "heading" and not block.level)
    found = next((block for block in titles if block.left_out is None), None)
    return " ".join(manuscript.text(found).split()) or None if found else None


def _facts(archive: Archive) -> Facts:
    root = _tree_or_none(archive, "docProps/core.xml")
    named: dict[str, str] = {}
    for element in root if root is not None else ():
        words = words_of(element)
        if words:
            named.setdefault(_name(element), words)
    return Facts(
        title=named.get("title"),
        author=named.get("creator"),
        language=named.get("language"),
        description=named.get("description"),
    )
