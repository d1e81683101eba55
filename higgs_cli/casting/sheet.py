"""The cast sheet, `cast.yaml`: who speaks with which voice, to be read and corrected by a person.

read: dialogue                # how the script is understood: auto, dialogue, play, prose
quotations: narrator          # of prose: read by the narrator, or by who says them (attributed)
unsure: narrator              # who reads quotations that end in `?` below: narrator, or the guess
cast:
  "Ann":
    voice: juniper            # a voice, profile:NAME or smart
    aliases: [Annie]          # other names of the same speaker
    pause_scale: 1.2          # their pauses, longer or shorter
    pace: 0.95                # what they say, faster or slower, at its pitch
lines:                        # quotations by a hash of their words
  3f2a90c1d5e4:
    who: Ann?                 # without `?` it is decided
    words: I never said so    # by them it is found again when they were edited

What a person wrote stays when the sheet is made again, also after the text was edited: speakers
are found by their names, quotations by their words. `3f2a90c1d5e4: Ann` is a line too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from higgs_cli.casting.roles import Role
from higgs_cli.errors import UsageError
from higgs_cli.files.strict_yaml import Node, read_yaml
from higgs_cli.script.names import plain_name, speaker_name
from higgs_cli.script.pacing import AS_USUAL, Pacing, pacing_in
from higgs_cli.script.pacing import KEYS as PACING_KEYS

SUFFIXES = (".yaml", ".yml")
KEYS = ("read", "quotations", "unsure", "cast", "lines")
LINE_KEYS = ("who", "words")
MEMBER_KEYS = ("voice", "aliases", *PACING_KEYS, "why", "turns", "minutes", "first")
READ_AS = ("auto", "dialogue", "play", "prose")
QUOTATIONS = ("narrator", "attributed")
UNSURE = ("narrator", "guess")
MOST_BYTES = 4 << 20
HEAD = """\
# Who speaks in {script}, and with which voice: a sheet to be corrected, then
#   higgs render {script} --cast THIS_FILE
# Made again, it keeps the voices, names and lines that stand here.
"""
ABOUT_LINES = """\
# Quotations whose speaker is not sure, with the guess and its reason. Put the right name, or take
# the question mark away: then it is decided, and stays when the text is edited. NARRATOR is a name.
"""


@dataclass(frozen=True)
class Member:
    """What the sheet says of one speaker."""

    speaker: str
    voice: str
    aliases: tuple[str, ...] = ()
    pacing: Pacing = AS_USUAL


@dataclass(frozen=True)
class Line:
    """Who says a quotation."""

    key: str
    who: str
    is_decided: bool
    comment: str = ""
    words: str = ""
    """Its words, or the first of them and `…`."""


@dataclass(frozen=True)
class Sheet:
    """A cast sheet as it was read."""

    read_as: str = "auto"
    quotations: str = "narrator"
    unsure: str = "narrator"
    members: Mapping[str, Member] = field(default_factory=dict)
    lines: Mapping[str, Line] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Everybody, with all their names."""
        members = self.members.values()
        return [name for each in members for name in (each.speaker, *each.aliases)]

    def speaker_of(self, name: str) -> str:
        """Who is called so here; the name itself where nobody is."""
        wanted = plain_name(name)
        for member in self.members.values():
            if wanted in map(plain_name, (member.speaker, *member.aliases)):
                return member.speaker
        return name


def is_sheet(written: str) -> bool:
    """Does `--cast` name a sheet, and not NAME=VOICE?"""
    return "=" not in written and Path(written).suffix.lower() in SUFFIXES


def check_sheet_name(path: Path) -> None:
    """Only a name that `--cast` takes for a sheet."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: a cast sheet ends in .yaml", hint="higgs cast … -o cast.yaml")


def read_sheet(path: Path) -> Sheet:
    """A sheet; a mistake in it is shown with its line."""
    root = read_yaml(path, MOST_BYTES).known_entries("a cast sheet", KEYS)
    if "cast" not in root:
        raise UsageError(f"{path}: has no `cast:` table", hint=f"higgs cast SCRIPT -o {path}")
    members = [_member(name, node) for name, node in root["cast"].entries("cast").items()]
    owners: dict[str, str] = {}
    for member in members:
        for name in (member.speaker, *member.aliases):
            owner = owners.setdefault(plain_name(name), member.speaker)
            if owner != member.speaker:
                raise root["cast"].refusal(f'"{name}" is a name of {owner} and of {member.speaker}')
    has_lines = "lines" in root and root["lines"].value is not None
    lines = root["lines"].entries("lines") if has_lines else {}
    return Sheet(
        _choice(root, "read", READ_AS),
        _choice(root, "quotations", QUOTATIONS),
        _choice(root, "unsure", UNSURE),
        {member.speaker: member for member in members},
        {key: _line(key, node) for key, node in lines.items()},
    )


def _choice(root: Mapping[str, Node], key: str, choices: tuple[str, ...]) -> str:
    if key not in root:
        return choices[0]
    written = root[key].text(key)
    if written not in choices:
        raise root[key].refusal(f"`{key}` is one of {', '.join(choices)}")
    return written


def _member(written: str, node: Node) -> Member:
    speaker = speaker_name(written)
    if not isinstance(node.value, dict):
        return Member(speaker, node.text(f"the voice of {speaker}"))
    parts = node.known_entries(f"the cast entry of {speaker}", MEMBER_KEYS)
    if "voice" not in parts:
        raise node.refusal(f"{speaker} has no voice")
    aliases = parts["aliases"].items("aliases") if "aliases" in parts else []
    names = tuple(" ".join(alias.text("an alias").split()) for alias in aliases)
    return Member(speaker, parts["voice"].text("voice").strip(), names, pacing_in(parts))


def _line(key: str, node: Node) -> Line:
    words = ""
    if isinstance(node.value, dict):
        parts = node.known_entries("a quotation", LINE_KEYS)
        if "who" not in parts:
            raise node.refusal("a name is missing here")
        words = parts["words"].text("words") if "words" in parts else ""
        node = parts["who"]
    written = node.text("a name").strip()
    who = written.rstrip("?").rstrip()
    if not who:
        raise node.refusal("a name is missing here")
    return Line(key, who, not written.endswith("?"), words=words)


def sheet_text(
    script: str, sheet: Sheet, roles: Iterable[Role], why: Mapping[str, str], is_prose: bool
) -> str:
    """The sheet as a file."""
    shown = script if " " not in script else json.dumps(script)
    parts = [HEAD.format(script=" ".join(shown.split())), f"read: {sheet.read_as}\n"]
    if is_prose:
        parts.append(f"quotations: {sheet.quotations}    # narrator | attributed\n")
        parts.append(f"unsure: {sheet.unsure}    # narrator | guess\n")
    parts.append("cast:\n")
    for role in roles:
        parts.append(_member_text(sheet.members[role.speaker], role, why.get(role.speaker, "")))
    if sheet.lines:
        parts.append(ABOUT_LINES + "lines:\n")
    for line in sheet.lines.values():
        parts.append(_line_text(line))
    return "".join(parts)


def _line_text(line: Line) -> str:
    who = _quoted(line.who + ("" if line.is_decided else "?"))
    comment = "".join(f"  # {each}\n" for each in line.comment.split("\n") if each)
    if not line.words:
        return f"{comment}  {line.key}: {who}\n"
    return f"{comment}  {line.key}:\n    who: {who}\n    words: {_quoted(line.words)}\n"


def _member_text(member: Member, role: Role, why: str) -> str:
    lines = [f"  {_quoted(member.speaker)}:", f"    voice: {_quoted(member.voice)}"]
    if member.aliases:
        lines.append(f"    aliases: [{', '.join(map(_quoted, member.aliases))}]")
    lines += [f"    {name}: {value:g}" for name, value in member.pacing.said.items()]
    lines += [
        f"    why: {_quoted(why)}",
        f"    turns: {role.turns}",
        f"    minutes: {role.minutes:.1f}",
        f"    first: {_quoted(role.first)}",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A text as YAML reads it, whatever is in it."""
    return json.dumps(text, ensure_ascii=False)
