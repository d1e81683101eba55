"""Who could speak a script: everybody found, a voice suggested for each, as a sheet to correct."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from higgs_cli.attribution.asking import Address, ask, questions
from higgs_cli.attribution.attributed import Quoted, attributed, quotations_of
from higgs_cli.attribution.edited import CUT
from higgs_cli.casting.assignment import asked_for
from higgs_cli.casting.roles import Role, in_order, roles_of
from higgs_cli.casting.sheet import Line, Member, Sheet, read_sheet, sheet_text
from higgs_cli.casting.suggestion import suggested
from higgs_cli.casting.voice_library import VoiceLibrary, open_library
from higgs_cli.errors import CastError, ScriptError
from higgs_cli.jobs.cast_script import decisions_in, script_of, sheet_of, with_kept_lines
from higgs_cli.script.decoding import STDIN
from higgs_cli.script.document import NARRATOR, Script
from higgs_cli.settings.views import Choices

LEAST_QUOTATIONS = 6
"""Fewer are no conversation."""
SHOWN = 120
KEPT = "stands in the sheet"


@dataclass(frozen=True)
class Asking:
    """A language model that may propose speakers, and whom to tell what is sent to it."""

    address: Address
    say: Callable[[str], None]


@dataclass(frozen=True)
class CastProposal:
    """A sheet for a script, and what it is based on."""

    script: Script
    sheet: Sheet
    roles: tuple[Role, ...]
    why: Mapping[str, str]
    """Why each speaker has their voice."""

    @property
    def text(self) -> str:
        is_prose = self.script.form == "prose"
        return sheet_text(self.script.path, self.sheet, self.roles, self.why, is_prose)

    def document(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "script": self.script.path,
            "form": self.script.form,
            "quotations": self.sheet.quotations,
            "cast": [
                {
                    "speaker": role.speaker,
                    "voice": self.sheet.members[role.speaker].voice,
                    "why": self.why.get(role.speaker, ""),
                    "turns": role.turns,
                    "words": role.words,
                    "minutes": round(role.minutes, 2),
                    "first": role.first,
                }
                for role in self.roles
            ],
            "lines": [
                {"key": line.key, "who": line.who, "is_decided": line.is_decided}
                for line in self.sheet.lines.values()
            ],
        }


def cast_proposal(
    path: str, choices: Choices, there: Path | None, asking: Asking | None = None
) -> CastProposal:
    """Everybody of a script, with the voices of the sheet `there` where it has them."""
    casting = choices.casting
    is_old = there is not None and there.is_file()
    sheet = read_sheet(there) if there is not None and is_old else sheet_of(casting)
    library = open_library(casting.voices, allow_outside=casting.allow_outside)
    # quotations are found anew, in the script as it is written
    told = replace(sheet, quotations="narrator") if sheet else None
    script = _everybody(path, choices, library, told)
    sheet = sheet or Sheet(read_as=script.form, quotations="attributed")
    if script.form == "prose" and sheet.quotations == "attributed":
        script, sheet = _with_quotations(script, sheet, asking)
    return _with_voices(script, choices, library, sheet)


def _with_quotations(script: Script, sheet: Sheet, asking: Asking | None) -> tuple[Script, Sheet]:
    """The script by those who say its quotations; the sheet with those that are not sure."""
    quotations = quotations_of(script)
    if len(quotations) < LEAST_QUOTATIONS:
        return script, replace(sheet, quotations="narrator")
    script, sheet = with_kept_lines(script, sheet, quotations)
    decided = {key for key, line in sheet.lines.items() if line.is_decided}
    unsure = [each for each in quotations if each.key not in decided and not each.said.is_sure]
    proposed = _asked(script, quotations, unsure, asking) if asking and unsure else {}
    lines: dict[str, Line] = {}
    for each in quotations:
        old, comment, words = sheet.lines.get(each.key), _comment(script, each), _words(each)
        if each.key in decided and old is not None:
            lines[each.key] = replace(old, comment=comment, words=words)
        elif each.key in proposed:
            told = f"{comment} (proposed by {asking.address.model})" if asking else comment
            lines[each.key] = Line(each.key, proposed[each.key], False, told, words)
        elif not each.said.is_sure:
            who = old.who if old is not None else each.said.who or NARRATOR
            lines[each.key] = Line(each.key, who, False, comment, words)
    for key, old in sheet.lines.items():
        if old.is_decided and key not in lines:
            lines[key] = replace(old, comment="not in the text as it is now")
    sheet = replace(sheet, lines=lines)
    return attributed(script, quotations, decisions_in(sheet)), sheet


def _asked(
    script: Script, quotations: Sequence[Quoted], unsure: Sequence[Quoted], asking: Asking
) -> dict[str, str]:
    """What a language model proposes, by key."""
    names = list(dict.fromkeys(each.said.who for each in quotations if each.said.who))
    asked = questions(script, unsure, names)
    characters = sum(len(question.text) for question in asked)
    asking.say(
        f"asking {asking.address.host} about {len(unsure)} quotations: {len(asked)} questions, "
        f"{characters:,} characters of {script.path} and {len(names)} names of speakers are sent"
    )
    return {key: who for part in ask(asking.address, asked, names) for key, who in part.items()}


def _comment(script: Script, each: Quoted) -> str:
    reason = " ".join((each.said.reason or "nobody is named near").split())
    return f"{script.place_of_turn(each.turn)} ({reason}, {each.said.confidence:.0%})"


def _words(each: Quoted) -> str:
    words = " ".join(each.said.quotation.text.split())
    return words if len(words) <= SHOWN else words[:SHOWN].rpartition(" ")[0] + CUT


def _everybody(path: str, choices: Choices, library: VoiceLibrary, sheet: Sheet | None) -> Script:
    """The script, in which whoever is named in front of a line may speak."""
    reading, casting = choices.reading, choices.casting
    if reading.read_as != "auto" or (sheet and sheet.read_as != "auto") or path == STDIN:
        return script_of(path, reading, casting, library, sheet)
    anybody = replace(reading, read_as="dialogue")
    try:
        script = script_of(path, reading, casting, library, sheet)
    except CastError:  # somebody is named who is not known yet
        return script_of(path, anybody, casting, library, sheet)
    if script.form == "dialogue":
        return script_of(path, anybody, casting, library, sheet)
    try:
        told = script_of(path, anybody, casting, library, sheet)
    except ScriptError:
        return script  # brackets of a book are no tags
    return told if _mostly_named(told) else script


def _mostly_named(script: Script) -> bool:
    heads = sum(part.kind == "speaker" for part in script.unspoken)
    return heads * 3 >= 2 * sum(1 for _ in script.turns)


def _with_voices(
    script: Script, choices: Choices, library: VoiceLibrary, sheet: Sheet
) -> CastProposal:
    roles = roles_of(script)
    asked = asked_for(script, in_order(script.speakers), choices.casting, sheet)
    for role in roles:
        own = library.own_names.get(role.speaker.casefold())
        if own is not None and role.speaker not in asked:
            asked[role.speaker] = (own.name, "same name")
    taken = {speaker: voice for speaker, (voice, _) in asked.items()}
    voices = list(library.own.values()) or list(library.bundled.values())
    found = suggested(roles, voices, taken)
    why = {speaker: f"by {where}" for speaker, (_, where) in asked.items()}
    why |= {speaker: suggestion.why for speaker, suggestion in found.items()}
    why |= {speaker: KEPT for speaker in sheet.members}
    members = {}
    for role in roles:
        voice = taken[role.speaker] if role.speaker in taken else found[role.speaker].voice
        old = sheet.members.get(role.speaker, Member(role.speaker, voice))
        members[role.speaker] = replace(old, voice=voice)
    return CastProposal(script, replace(sheet, members=members), roles, why)
