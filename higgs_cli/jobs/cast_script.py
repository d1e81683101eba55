"""A script as its cast sheet has it: read so, with the sheet's names for those who speak."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from higgs_cli.attribution.attributed import QuotationDecisions, Quoted, attributed, quotations_of
from higgs_cli.attribution.edited import found_again
from higgs_cli.casting.assignment import assign_voices, known_speakers, with_manners
from higgs_cli.casting.cast import Cast
from higgs_cli.casting.sheet import Line, Sheet, is_sheet, read_sheet
from higgs_cli.casting.voice_library import VoiceLibrary, open_library
from higgs_cli.errors import UsageError
from higgs_cli.script.document import NARRATOR, Script, Turn
from higgs_cli.script.reader import parse_script, read_script
from higgs_cli.settings.views import Casting, Choices, Reading

SHOWN = 3
"""Lost quotations, and speakers without a line, that a warning names."""


def cast_script(
    path: str,
    choices: Choices,
    completed: Callable[[Script], Script],
    text: str | None = None,
) -> tuple[Script, Cast]:
    """The script, with what is said besides its own words, and its complete cast. `text`: what is
    to stand in the file, if that is not what stands there."""
    casting = choices.casting
    sheet = sheet_of(casting)
    library = open_library(casting.voices, allow_outside=casting.allow_outside)
    script = completed(script_of(path, choices.reading, casting, library, sheet, text))
    cast = assign_voices(script, library, casting, sheet)
    silent = silent_members(script, sheet) if sheet is not None else []
    if silent:
        script = replace(script, warnings=(*script.warnings, _silent(silent)))
    return with_manners(script, cast), cast


def silent_members(script: Script, sheet: Sheet) -> list[str]:
    """Who stands in the sheet and says nothing: a name that is misspelled, or is gone."""
    speaking = {NARRATOR, *script.speakers}
    return [speaker for speaker in sheet.members if speaker not in speaking]


def _silent(speakers: Sequence[str]) -> str:
    shown = ", ".join(speakers[:SHOWN]) + (" …" if speakers[SHOWN:] else "")
    who = "one who says" if len(speakers) == 1 else f"{len(speakers)} who say"
    return f"the cast sheet names {who} nothing in this script: {shown}"


def sheet_path(casting: Casting) -> Path | None:
    """The sheet that `--cast` names, if it names one."""
    named = [written for written in casting.cast if is_sheet(written)]
    if len(named) > 1:
        raise UsageError(f"--cast: {named[0]} and {named[1]} are two sheets", hint="name one")
    return Path(named[0]) if named else None


def sheet_of(casting: Casting) -> Sheet | None:
    path = sheet_path(casting)
    return read_sheet(path) if path is not None else None


def script_of(
    path: str,
    reading: Reading,
    casting: Casting,
    library: VoiceLibrary,
    sheet: Sheet | None,
    text: str | None = None,
) -> Script:
    """The script, read as the sheet says where the settings do not."""
    if sheet is not None and reading.read_as == "auto":
        reading = replace(reading, read_as=sheet.read_as)
    names = known_speakers(library, casting, sheet)
    if text is None:
        script = read_script(path, reading, names)
    else:
        script = parse_script(path, text, reading, names)
    if sheet is None:
        return script
    if sheet.quotations == "attributed" and script.form == "prose":
        quotations = quotations_of(script)
        script, sheet = with_kept_lines(script, sheet, quotations)
        return attributed(script, quotations, decisions_in(sheet))
    return with_names(script, sheet)


def with_kept_lines(
    script: Script, sheet: Sheet, quotations: Sequence[Quoted]
) -> tuple[Script, Sheet]:
    """The sheet with its lines as the text is now; the script warns of those that are lost."""
    again = found_again({key: line.words for key, line in sheet.lines.items()}, quotations)
    there = {each.key for each in quotations}
    lines = [replace(line, key=again.get(key, key)) for key, line in sheet.lines.items()]
    lost = [line for line in lines if line.is_decided and line.key not in there]
    sheet = replace(sheet, lines={line.key: line for line in lines})
    if lost:
        script = replace(script, warnings=(*script.warnings, _lost(lost)))
    return script, sheet


def _lost(lines: Sequence[Line]) -> str:
    shown = ", ".join(f"“{line.words or line.key}” ({line.who})" for line in lines[:SHOWN])
    more = f", and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    said = "quotation is" if len(lines) == 1 else "quotations are"
    return f"{len(lines)} decided {said} no longer in the text: {shown}{more}"


def decisions_in(sheet: Sheet) -> QuotationDecisions:
    """What the sheet says of quotations."""
    guesses = sheet.unsure == "guess"
    by_key = {key: line.who for key, line in sheet.lines.items() if line.is_decided or guesses}
    return QuotationDecisions(by_key, sheet.speaker_of, guesses)


def with_names(script: Script, sheet: Sheet) -> Script:
    """The same script, where whoever has several names is one speaker."""
    names = {name: sheet.speaker_of(name) for name in script.speakers}
    if all(name == speaker for name, speaker in names.items()):
        return script

    def renamed(turn: Turn) -> Turn:
        return replace(turn, speaker=names[turn.speaker])

    chapters = tuple(
        replace(chapter, turns=tuple(map(renamed, chapter.turns))) for chapter in script.chapters
    )
    return replace(script, chapters=chapters)
