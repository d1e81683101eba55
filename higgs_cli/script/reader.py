"""Opens a script file or stdin, decides what it is, and reads it into a Script."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from higgs_cli.errors import ScriptError
from higgs_cli.script.assembly import Assembly
from higgs_cli.script.decoding import read_text
from higgs_cli.script.dialogue import DialogueParser, looks_like_dialogue, names_left_unread
from higgs_cli.script.document import NARRATOR, Form, Header, Script, Unspoken
from higgs_cli.script.header import read_header
from higgs_cli.script.names import KnownNames
from higgs_cli.script.prose import ProseParser
from higgs_cli.script.source_lines import SourceLine, source_lines
from higgs_cli.settings.views import Reading

MARKDOWN_SUFFIXES = {".md", ".markdown", ".mdown"}


def read_script(path: str, reading: Reading, known_names: Iterable[str] = ()) -> Script:
    """Read a file, or stdin as `-`; `known_names` are speakers beyond those of its header."""
    shown, source, encoding = read_text(path, reading.encoding)
    return parse_script(shown, source, reading, known_names, encoding)


def parse_script(
    path: str,
    source: str,
    reading: Reading | None = None,
    known_names: Iterable[str] = (),
    encoding: str = "UTF-8",
) -> Script:
    """Read a text; `path` is only shown."""
    reading = reading or Reading()
    header, begin = read_header(path, source)
    names = KnownNames(known_names, header)
    is_markdown = PurePath(path).suffix.lower() in MARKDOWN_SUFFIXES
    lines, comments = source_lines(
        path, source, begin, finds_titles=reading.read_as != "dialogue", is_markdown=is_markdown
    )
    form: Form = "dialogue" if _is_dialogue(reading, header, lines, names) else "prose"
    if form == "dialogue" and reading.read_as == "auto":
        lines, comments = source_lines(
            path, source, begin, finds_titles=False, is_markdown=is_markdown
        )
    assembly = Assembly(path, source)
    assembly.unspoken += comments
    if begin:
        assembly.leave(0, begin, "header")
    if form == "dialogue":
        DialogueParser(
            assembly,
            names,
            names_anyone=reading.read_as == "dialogue",
            brackets_are_text=reading.brackets == "text",
        ).parse(lines)
    else:
        ProseParser(assembly, is_markdown=is_markdown).parse(lines)
    speaks = form == "prose" if reading.headings == "auto" else reading.headings == "spoken"
    chapters = assembly.chapters(header.title or "", speaks_headings=speaks)
    if not chapters:
        raise ScriptError(f"{path}: nothing in it is spoken")
    unspoken = tuple(sorted(assembly.unspoken, key=_place))
    left = tuple(names_left_unread(lines)) if form == "prose" else ()
    return Script(path, source, encoding, form, chapters, header, unspoken, left)


def _is_dialogue(
    reading: Reading, header: Header, lines: list[SourceLine], names: KnownNames
) -> bool:
    if reading.read_as != "auto":
        return reading.read_as == "dialogue"
    has_cast = any(entry.speaker != NARRATOR for entry in header.cast)
    return has_cast or looks_like_dialogue(lines, names)


def _place(part: Unspoken) -> tuple[int, int]:
    return part.start, part.end
