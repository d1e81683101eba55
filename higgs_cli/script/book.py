"""A manuscript becomes a script: what is read are the narrator's paragraphs, the rest is noted."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from html import unescape
from operator import itemgetter

from higgs_cli.errors import ScriptError
from higgs_cli.script.assembly import Assembly
from higgs_cli.script.brackets import with_brackets
from higgs_cli.script.document import NARRATOR, Header, Script, Unspoken
from higgs_cli.script.hyphens import Hyphens
from higgs_cli.script.left_out import with_left_out
from higgs_cli.script.manuscript import EMPHASIS, SEPARATORS, Block, Manuscript, Mark
from higgs_cli.script.note_marks import with_raised_marks
from higgs_cli.script.notes import with_notes
from higgs_cli.script.paragraphs import as_lines, as_paragraph
from higgs_cli.script.sound_tags import unclosed_tag
from higgs_cli.script.source_lines import BREAK
from higgs_cli.script.source_text import SourceText
from higgs_cli.script.titles import bare_title
from higgs_cli.settings.views import Reading

LONGEST_BREAK = 40
OPENED = re.compile(r"\s*+([\[【［]\s*+[^\W\d_][^\s\[\]【】［］]*+)(?=[^\[\]【】［］]*+$)")
LANGUAGE = re.compile(r"([A-Za-z]{2,20})(?:[-_][A-Za-z0-9]{1,8}){0,4}")
NO_LANGUAGE = ("und", "mul", "zxx", "mis")
ENTITY = re.compile(r"&(?:[A-Za-z]{2,31}|#\d{1,7}|#x[0-9A-Fa-f]{1,6});")


def read_book(
    manuscript: Manuscript,
    reading: Reading,
    header: Header,
    unspoken: tuple[Unspoken, ...] = (),
    names_left_unread: tuple[str, ...] = (),
    *,
    is_strict: bool = False,
) -> Script:
    """The script of a book; `is_strict`: it is written for this program."""
    manuscript = as_it_is_read(manuscript, reading)
    places = manuscript.places if manuscript.is_extracted else None
    assembly = Assembly(manuscript.path, manuscript.source, places, pauses_are_strict=is_strict)
    if not manuscript.is_extracted:
        assembly.unspoken += unspoken
    refuses_open = is_strict and reading.brackets == "auto"
    narration = Narration(manuscript, assembly, frozenset(reading.keep), refuses_open)
    narration.tell()
    title = header.title or manuscript.facts.title or ""
    chapters = assembly.chapters(title, speaks_headings=reading.headings != "silent")
    if not chapters:
        raise ScriptError(f"{manuscript.path}: nothing in it is spoken")
    return Script(
        manuscript.path,
        manuscript.source,
        manuscript.encoding,
        "prose",
        chapters,
        filled(header, manuscript),
        tuple(sorted(assembly.unspoken, key=lambda part: (part.start, part.end))),
        names_left_unread,
        facts=manuscript.facts,
        places=assembly.lines.places,
        emphasis=tuple(narration.emphasis),
        brackets_are_text=reading.brackets != "tags",
        warnings=manuscript.warnings,
    )


def as_it_is_read(manuscript: Manuscript, reading: Reading) -> Manuscript:
    """With what nobody reads marked as such."""
    mode = "book" if reading.brackets == "auto" else reading.brackets
    manuscript = with_brackets(with_left_out(with_raised_marks(manuscript)), mode)
    return _kept(with_notes(manuscript, reading.notes), reading.keep)


def _kept(manuscript: Manuscript, keep: tuple[str, ...]) -> Manuscript:
    """Without the reasons that the user does not share."""
    if not keep:
        return manuscript
    blocks = tuple(
        replace(block, left_out=None) if block.left_out in keep else block
        for block in manuscript.blocks
    )
    return replace(manuscript, blocks=blocks)


def filled(header: Header, manuscript: Manuscript) -> Header:
    """What the header of a script says, and the file's own facts where it says nothing."""
    facts = manuscript.facts
    return replace(
        header,
        title=header.title or facts.title,
        author=header.author or facts.author,
        language=header.language or _language(facts.language),
    )


def _language(written: str | None) -> str | None:
    """A language that a file declares, with its country; what is none says nothing."""
    found = LANGUAGE.fullmatch((written or "").strip())
    return found[0] if found and found[1].lower() not in NO_LANGUAGE else None


class Narration:
    """Feeds blocks to an assembly."""

    def __init__(
        self,
        manuscript: Manuscript,
        assembly: Assembly,
        keep: frozenset[str],
        refuses_open: bool,
    ) -> None:
        self.manuscript = manuscript
        self.assembly = assembly
        self.keep = keep
        self.refuses_open = refuses_open
        self._hyphens = Hyphens(manuscript.source, drops_unknown=manuscript.encoding == "PDF")
        self.emphasis: list[tuple[int, int]] = []
        self._last_heading: str | None = None
        self._said_titles: set[str] = set()

    def tell(self) -> None:
        entries = list(reversed(self.manuscript.contents))
        for index, block in enumerate(self.manuscript.blocks):
            while entries and entries[-1].block <= index:
                entry = entries.pop()
                is_read = self.manuscript.blocks[entry.block].left_out is None
                self.assembly.contents_line(entry.title, entry.depth, block.start, is_read=is_read)
            self.take(block)

    def take(self, block: Block) -> None:
        assembly = self.assembly
        if block.left_out is not None:
            assembly.leave(block.start, block.end, block.left_out)
        elif block.kind == "break" or self._is_break(block):
            if block.end > block.start:
                assembly.leave(block.start, block.end, "break")
            assembly.scene_break()
        elif block.kind == "heading":
            self._take_heading(block)
        else:
            words = self.words(block)
            if words:
                self._refuse_open(words)
                self._last_heading = None
                assembly.say(NARRATOR, None, words)

    def _is_break(self, block: Block) -> bool:
        """Three stars in a paragraph of their own?"""
        may_be = block.kind != "heading" and block.end - block.start < LONGEST_BREAK
        return may_be and BREAK.match(self.manuscript.text(block)) is not None

    def _refuse_open(self, words: SourceText) -> None:
        """A tag that is never closed, in a script of one's own."""
        opened = OPENED.match(words.text) if self.refuses_open else None
        if opened is not None:
            spot = self.assembly.lines.spot(self.manuscript.path, *words.span(*opened.span(1)))
            raise unclosed_tag(opened[1], spot)

    def _take_heading(self, block: Block) -> None:
        words = self.words(block)
        if not words:
            return
        plain = bare_title(words.text)
        title = self.manuscript.facts.title
        is_title = bool(title) and plain == bare_title(title or "")
        if self._is_repeated(plain, is_title):
            self.assembly.leave(block.start, block.end, "repeated")
            return
        self._last_heading = plain
        level = 0 if is_title else block.level
        self.assembly.heading(level, words, self.assembly.lines.number_at(words.start))

    def _is_repeated(self, plain: str, is_title: bool) -> bool:
        """A heading that was read just before, or the book's title that was read already."""
        was_said = is_title and plain in self._said_titles
        if is_title:
            self._said_titles.add(plain)
        is_again = bool(plain) and plain == self._last_heading
        return (was_said or is_again) and "repeated" not in self.keep

    def words(self, block: Block) -> SourceText:
        """What is said of a block, its lines put together as its kind asks."""
        source = self.manuscript.source
        removed = [mark for mark in block.marks if self._is_silent(mark)]
        holes = _united(removed)
        self.emphasis += [(m.start, m.end) for m in block.marks if m.kind in EMPHASIS]
        parts: list[SourceText] = []
        begin = block.start
        for mark in block.marks:
            if mark.kind in SEPARATORS:
                parts.append(_without(source, begin, mark.start, holes))
                self.assembly.leave(mark.start, mark.end, "markup")
                begin = mark.end
        parts.append(_without(source, begin, block.end, holes))
        for mark in removed:
            self.assembly.leave(mark.start, mark.end, mark.kind)
        lines = [list(_lines(part)) for part in parts]
        if block.kind in ("verse", "heading") and len(parts) == 1:
            return as_lines(lines[0])
        told = [as_paragraph(each, self._hyphens) for each in lines]
        words = as_lines(told) if len(parts) > 1 else told[0]
        if self.manuscript.has_entities:
            words = words.replace(ENTITY, lambda match: unescape(match[0]), "space")
        return words.stripped()

    def _is_silent(self, mark: Mark) -> bool:
        return mark.kind not in (*EMPHASIS, *SEPARATORS) and mark.kind not in self.keep


Span = tuple[int, int]


def _united(marks: Iterable[Mark]) -> list[Span]:
    """What the marks cover, in order; none touches the next."""
    spans: list[Span] = []
    for start, end in sorted((mark.start, mark.end) for mark in marks if mark.end > mark.start):
        if spans and start <= spans[-1][1]:
            start, end = spans[-1][0], max(end, spans.pop()[1])
        spans.append((start, end))
    return spans


def _without(source: str, begin: int, end: int, holes: Sequence[Span]) -> SourceText:
    """A part of the source, without what of the holes lies in it."""
    first = bisect_right(holes, begin, key=itemgetter(1))
    last = bisect_left(holes, end, key=itemgetter(0))
    inside = [
        (max(start, begin) - begin, min(stop, end) - begin) for start, stop in holes[first:last]
    ]
    return SourceText.of(source, begin, end).without(inside)


def _lines(text: SourceText) -> Iterator[SourceText]:
    if "\n" not in text.text:
        yield text
        return
    begin = 0
    for line in text.text.split("\n"):
        yield text.slice(begin, begin + len(line))
        begin += len(line) + 1
