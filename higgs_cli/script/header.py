"""What a script says about itself: a YAML table between two `---` lines at its top.

---
title: The Lamp Room
language: en
scene: quiet_room
cast:
  Elena: juniper
  Mr. Hale: {voice: grimsby, aliases: [Hale, The Keeper]}
---
"""

from __future__ import annotations

import re

from higgs_cli.errors import ScriptError
from higgs_cli.files.strict_yaml import Node, YamlSource, parse_yaml
from higgs_cli.script.document import NARRATOR, CastEntry, Header
from higgs_cli.script.names import speaker_name

OPENING = re.compile(r"---[ \t]*\n")
CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
KEYS = ("title", "author", "language", "scene", "cast")
LOOKS_LIKE_A_TABLE = re.compile(r"^[A-Za-z_][\w -]*:(?:\s|$)", re.MULTILINE)


def read_header(path: str, source: str) -> tuple[Header, int]:
    """The header, and where the text after it begins (0 where there is none)."""
    opening = OPENING.match(source)
    closing = CLOSING.search(source, opening.end()) if opening else None
    if opening is None or closing is None:
        return Header(), 0
    table = source[opening.end() : closing.start()]
    if not LOOKS_LIKE_A_TABLE.search(table.split("\n\n", 1)[0]):
        return Header(), 0
    root = parse_yaml(YamlSource(path, table, first_line=2))
    entries = root.known_entries("the header", KEYS)
    texts = {
        key: entries[key].text(key) if key in entries else None
        for key in ("title", "author", "language", "scene")
    }
    cast = _cast(entries["cast"]) if "cast" in entries else ()
    return Header(**texts, cast=cast), closing.end()


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
    parts = node.known_entries(f"the cast entry of {speaker}", ("voice", "aliases"))
    voice = parts["voice"].text("voice") if "voice" in parts else None
    aliases = parts["aliases"].items("aliases") if "aliases" in parts else []
    names = tuple(" ".join(alias.text("an alias").split()) for alias in aliases)
    return CastEntry(speaker, voice, names, node.line_number)


def _twice(entry: Node, name: str, first: str, second: str) -> ScriptError:
    return entry.refusal(f'"{name}" is a name of {first} and of {second}')
