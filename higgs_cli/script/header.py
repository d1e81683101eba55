"""What a script says about itself: a YAML table between two `---` lines at its top.

---
title: The Lamp Room
author: Ann Hale              and what else describes a book: see `about.py`
language: en
scene: quiet_room
cast:
  Elena: juniper
  Mr. Hale: {voice: grimsby, aliases: [Hale, The Keeper], pace: 0.95}
---
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from higgs_cli.errors import ScriptError
from higgs_cli.files.strict_yaml import Node, YamlSource, parse_yaml
from higgs_cli.script import about
from higgs_cli.script.document import NARRATOR, CastEntry, Header, Lines
from higgs_cli.script.names import speaker_name
from higgs_cli.script.pacing import KEYS as PACING_KEYS
from higgs_cli.script.pacing import pacing_in

LONGEST_KEY = 40
OPENING = re.compile(r"---[ \t]*\n")
CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
TEXTS = ("title", "author", "language", "scene")
ENTRY_KEYS = ("voice", "aliases", *PACING_KEYS)
KEYS = (*dict.fromkeys((*TEXTS, *about.KEYS)), "cast")
FOREIGN = {"lang": "language", "authors": "author", "creator": "author"}
"""What pandoc and Obsidian call the same."""
LOOKS_LIKE_A_TABLE = re.compile(r"^[A-Za-z_][\w -]*:(?:\s|$)", re.MULTILINE)


def read_header(path: str, source: str) -> tuple[Header, int, tuple[str, ...]]:
    """The header, where the text after it begins (0 where there is none), and what to say of it."""
    opening = OPENING.match(source)
    closing = CLOSING.search(source, opening.end()) if opening else None
    if opening is not None and closing is None:
        _refuse_open(path, source, opening.end())
    if opening is None or closing is None:
        return Header(), 0, ()
    table = source[opening.end() : closing.start()]
    if not LOOKS_LIKE_A_TABLE.search(table.split("\n\n", 1)[0]):
        return Header(), 0, ()
    root = parse_yaml(YamlSource(path, table, first_line=2))
    entries = root.entries("the header")
    for foreign, own in FOREIGN.items():
        if foreign in entries and own not in entries:
            entries[own] = entries.pop(foreign)
    ignored = tuple(key for key in entries if key not in KEYS)
    for key in ignored:
        _refuse_near(key, entries[key])
    texts = {key: _text(entries[key], key) if key in entries else None for key in TEXTS}
    cast = _cast(entries["cast"]) if "cast" in entries else ()
    described = about.about_in(entries)
    return Header(**texts, cast=cast, about=described), closing.end(), _said_once(ignored)


def _refuse_open(path: str, source: str, begin: int) -> None:
    """A table that begins with a key of ours and never ends would be read aloud."""
    key = source[begin : begin + LONGEST_KEY].partition(":")[0].strip().casefold()
    if key in (*KEYS, *FOREIGN):
        raise ScriptError(
            "this header is never closed",
            spot=Lines(source).spot(path, 0, 3),
            hint="end it with a line `---`",
        )


def _refuse_near(key: str, node: Node) -> None:
    """A key of other programs is nothing to us; one of ours that is misspelled is a mistake."""
    near = get_close_matches(key, KEYS, n=1, cutoff=0.7)
    if near:
        raise node.refusal(f'unknown key "{key}" in the header', f"did you mean `{near[0]}`?")


def _text(node: Node, key: str) -> str:
    return about.people_in(node, key) if key in about.PEOPLE else node.text(key)


def _said_once(ignored: tuple[str, ...]) -> tuple[str, ...]:
    if not ignored:
        return ()
    return (f"the header says more than is used here: {', '.join(ignored[:6])}",)


def _cast(node: Node) -> tuple[CastEntry, ...]:
    members = tuple(_entry(name, entry) for name, entry in node.entries("cast").items())
    owners: dict[str, str] = {}
    for member in members:
        for name in (member.speaker, *member.aliases):
            other = owners.setdefault(name.casefold(), member.speaker)
            if other != member.speaker:
                raise _twice(node, name, other, member.speaker)
    return members


def _entry(written: str, node: Node) -> CastEntry:
    is_narrator = written.strip().casefold() == NARRATOR.casefold()
    speaker = NARRATOR if is_narrator else speaker_name(written)
    if not isinstance(node.value, dict):
        voice = None if node.value is None else node.text(f"the voice of {speaker}")
        return CastEntry(speaker, voice, line_number=node.line_number)
    parts = node.known_entries(f"the cast entry of {speaker}", ENTRY_KEYS)
    voice = parts["voice"].text("voice") if "voice" in parts else None
    aliases = parts["aliases"].items("aliases") if "aliases" in parts else []
    names = tuple(" ".join(alias.text("an alias").split()) for alias in aliases)
    return CastEntry(speaker, voice, names, node.line_number, pacing_in(parts))


def _twice(entry: Node, name: str, first: str, second: str) -> ScriptError:
    return entry.refusal(f'"{name}" is a name of {first} and of {second}')
