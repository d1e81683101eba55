"""Opens a script file or stdin, decides what it is, and reads it into a Script.

bytes ─► format ─► text ─► lines ─► dialogue ───────────────► Script
               │            └────► blocks ─┐
               └─► EPUB, DOCX, HTML, PDF ──┴─► Manuscript ──► Script
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePath

from higgs_cli.errors import ScriptError, UsageError
from higgs_cli.script.assembly import Assembly
from higgs_cli.script.book import filled, read_book
from higgs_cli.script.decoding import decoded_text, read_bytes
from higgs_cli.script.dialogue import DialogueParser, looks_like_dialogue, names_left_unread
from higgs_cli.script.document import NARRATOR, Form, Header, Script, Unspoken
from higgs_cli.script.formats import MARKDOWN, Format, format_of
from higgs_cli.script.fountain import is_fountain, title_page
from higgs_cli.script.header import read_header
from higgs_cli.script.left_out import is_framed, text_facts, with_left_out
from higgs_cli.script.manuscript import EMPHASIS, LEFT_OUT, Facts, Manuscript, Places
from higgs_cli.script.markdown import markdown_blocks
from higgs_cli.script.names import KnownNames
from higgs_cli.script.persons import persons_in
from higgs_cli.script.plain_blocks import plain_blocks, with_comments
from higgs_cli.script.play import read_play
from higgs_cli.script.sound_tags import refuse_near_sounds
from higgs_cli.script.source_lines import SourceLine, source_lines
from higgs_cli.script.source_text import SourceText
from higgs_cli.script.speeches import cues_of, is_play
from higgs_cli.settings.views import Reading

WRITTEN_BY_HAND: tuple[Format, ...] = ("docx", "html")
"""Formats in which somebody may write a dialogue."""


def read_script(path: str, reading: Reading, known_names: Iterable[str] = ()) -> Script:
    """Read a file, or stdin as `-`; `known_names` are speakers beyond those of its header."""
    reading = _checked(reading)
    shown, data = read_bytes(path)
    kind = format_of(data, shown)
    if kind in ("text", "markdown"):
        source, encoding = decoded_text(data, shown, reading.encoding)
        return parse_script(shown, source, reading, known_names, encoding)
    manuscript = _extracted(kind, data, shown, reading)
    names = KnownNames(known_names, Header())
    may_be_dialogue = reading.read_as == "auto" and kind in WRITTEN_BY_HAND
    if may_be_dialogue or reading.read_as == "dialogue":
        lines = _spoken_lines(manuscript)
        if _is_dialogue(reading, Header(), lines, names):
            return _dialogue(manuscript, lines, reading, names)
    if _is_play(manuscript, reading):
        return read_play(manuscript, reading, Header(), names)
    if reading.brackets == "auto" and not is_framed(manuscript.source):
        refuse_near_sounds(manuscript.source, shown, manuscript.places)
    return read_book(manuscript, reading, Header())


def parse_script(
    path: str,
    source: str,
    reading: Reading | None = None,
    known_names: Iterable[str] = (),
    encoding: str = "UTF-8",
) -> Script:
    """Read a text; `path` is only shown."""
    reading = _checked(reading or Reading())
    header, begin, warnings = read_header(path, source)
    if is_fountain(path) and not begin:
        header, begin = title_page(source)
    names = KnownNames(known_names, header)
    is_markdown = PurePath(path).suffix.lower() in MARKDOWN
    is_dialogue = reading.read_as == "dialogue"
    lines, comments = source_lines(
        path, source, begin, finds_titles=not is_dialogue, is_markdown=is_markdown
    )
    is_book = is_framed(source)
    form: Form = "prose"
    if is_dialogue or not (is_book or is_fountain(path)):
        form = "dialogue" if _is_dialogue(reading, header, lines, names) else "prose"
    if form == "dialogue" and reading.read_as == "auto":
        lines, comments = source_lines(
            path, source, begin, finds_titles=False, is_markdown=is_markdown
        )
    if begin:
        comments.append(Unspoken(0, begin, "header"))
    bare = Manuscript(path, source, encoding, (), warnings=warnings)
    if form == "dialogue":
        return _dialogue(bare, lines, reading, names, header, comments)
    blocks = list(markdown_blocks(lines, source) if is_markdown else plain_blocks(lines))
    blocks, outside = with_comments(blocks, comments)
    facts = text_facts(source) if is_book else Facts()
    manuscript = Manuscript(
        path, source, encoding, tuple(blocks), facts, has_entities=is_markdown, warnings=warnings
    )
    if _is_play(manuscript, reading):
        return read_play(manuscript, reading, header, names, tuple(outside))
    may_be_dialogue = reading.read_as == "auto" and not is_book
    if may_be_dialogue and looks_like_dialogue(lines, names, ("colon", "stop", "alone")):
        return _dialogue(bare, lines, reading, names, header, comments)
    if reading.brackets == "auto" and not is_book:
        refuse_near_sounds(source, path)
    left = tuple(names_left_unread(lines)) if not is_book else ()
    return read_book(manuscript, reading, header, tuple(outside), left, is_strict=not is_book)


def _checked(reading: Reading) -> Reading:
    for kind in reading.keep:
        if kind not in LEFT_OUT:
            raise UsageError(
                f'--keep: nothing is left out as "{kind}"',
                hint=f"it is one of {', '.join(LEFT_OUT)}",
            )
    return reading


def _extracted(kind: Format, data: bytes, shown: str, reading: Reading) -> Manuscript:
    """What is no plain text; each library is loaded where it is needed."""
    if kind == "epub":
        from higgs_cli.script.epub import read_epub

        return read_epub(data, shown)
    if kind == "docx":
        from higgs_cli.script.docx import read_docx

        return read_docx(data, shown)
    if kind == "pdf":
        from higgs_cli.script.pdf import read_pdf

        return read_pdf(data, shown)
    from higgs_cli.script.html import read_html

    return read_html(data, shown, reading.encoding)


def _dialogue(
    manuscript: Manuscript,
    lines: list[SourceLine],
    reading: Reading,
    names: KnownNames,
    header: Header | None = None,
    unspoken: Iterable[Unspoken] = (),
) -> Script:
    """Turns of speakers; what is known not to be read stands in `unspoken`."""
    header = header or filled(Header(), manuscript)
    places = manuscript.places if manuscript.is_extracted else Places()
    assembly = Assembly(manuscript.path, manuscript.source, places)
    assembly.unspoken += unspoken
    assembly.unspoken += [
        Unspoken(block.start, block.end, block.left_out)
        for block in manuscript.blocks
        if block.left_out is not None
    ]
    parser = DialogueParser(
        assembly,
        names,
        names_anyone=reading.read_as == "dialogue",
        brackets_are_text=reading.brackets == "text",
        drops_brackets=reading.brackets == "silent",
    )
    parser.parse(lines)
    chapters = assembly.chapters(header.title or "", speaks_headings=reading.headings == "spoken")
    if not chapters:
        raise ScriptError(f"{manuscript.path}: nothing in it is spoken")
    return Script(
        manuscript.path,
        manuscript.source,
        manuscript.encoding,
        "dialogue",
        chapters,
        header,
        tuple(sorted(assembly.unspoken, key=_place)),
        facts=manuscript.facts,
        places=places,
        brackets_are_text=reading.brackets == "text",
        emphasis=tuple(sorted((*_stressed(manuscript), *parser.emphasis))),
        warnings=(*manuscript.warnings, *parser.warnings),
    )


def _stressed(manuscript: Manuscript) -> Iterator[tuple[int, int]]:
    """What a file sets in italics or bold, in the order of its marks."""
    for block in manuscript.blocks:
        if block.left_out is None:
            yield from ((m.start, m.end) for m in block.marks if m.kind in EMPHASIS)


def _spoken_lines(manuscript: Manuscript) -> list[SourceLine]:
    """The blocks that are read, as the lines of a script."""
    lines: list[SourceLine] = []
    for number, block in enumerate(manuscript.blocks, start=1):
        text = SourceText.of(manuscript.source, block.start, block.end)
        if block.left_out is not None:
            continue
        if block.kind == "heading":
            lines.append(SourceLine(number, "heading", text, block.level))
        elif block.kind == "break":
            lines.append(SourceLine(number, "blank", text))
        else:
            lines += [SourceLine(number, "text", text), SourceLine(number, "blank", SourceText())]
    return lines


def _is_play(manuscript: Manuscript, reading: Reading) -> bool:
    if reading.read_as != "auto":
        return reading.read_as == "play"
    cues = cues_of(with_left_out(manuscript))
    if is_fountain(manuscript.path) and not manuscript.is_extracted:
        return any(cue.head is not None for cue in cues)
    return is_play(cues, is_announced=bool(persons_in(manuscript)))


def _is_dialogue(
    reading: Reading, header: Header, lines: list[SourceLine], names: KnownNames
) -> bool:
    if reading.read_as != "auto":
        return reading.read_as == "dialogue"
    has_cast = any(entry.speaker != NARRATOR for entry in header.cast)
    return has_cast or looks_like_dialogue(lines, names)


def _place(part: Unspoken) -> tuple[int, int]:
    return part.start, part.end
