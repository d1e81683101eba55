"""Gives every speaker of a script a voice, or says precisely who has none.

In this order: `--cast`, `--ref-audio`, the script's header, a voice of the same name in the user's
library. Where nobody is cast, voices of the user's library are chosen by what is known of voices
and speakers, and without a library the model chooses (and keeps its choice). A cast in part is
never filled up in silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from functools import reduce

from higgs_cli.casting.cast import Cast, CastMember, Voice
from higgs_cli.casting.roles import in_order, roles_of
from higgs_cli.casting.sheet import Sheet, is_sheet
from higgs_cli.casting.suggestion import suggested
from higgs_cli.casting.voice_library import VoiceLibrary
from higgs_cli.errors import CastError, SourceSpot, UsageError, VoiceError
from higgs_cli.script.document import Script, Turn
from higgs_cli.script.given_names import words_of
from higgs_cli.script.names import plain_name, speaker_name
from higgs_cli.script.pacing import AS_USUAL, Pacing
from higgs_cli.settings.views import Casting

SHEET = "cast sheet"
ENDING = re.compile(r"(?:ily|ly|ing|ered|ed|y|s|e)$")


def assign_voices(
    script: Script, library: VoiceLibrary, casting: Casting, sheet: Sheet | None = None
) -> Cast:
    """The complete cast of a script."""
    speakers = in_order(script.speakers)
    sheet = sheet or Sheet()
    asked = asked_for(script, speakers, casting, sheet) if speakers else {}
    for speaker in speakers:
        if speaker not in asked and plain_name(speaker) in library.own_names:
            asked[speaker] = (speaker, "same name")
    cast = (
        _cast_as_asked(script, speakers, library, asked)
        if asked
        else _nobody_cast(script, speakers, library)
    )
    _check_moods(script, cast)
    return Cast(
        tuple(
            replace(member, own_pacing=_pacing(script, sheet, member.speaker))
            for member in cast.members
        )
    )


def _cast_as_asked(
    script: Script,
    speakers: list[str],
    library: VoiceLibrary,
    asked: Mapping[str, tuple[str, str]],
) -> Cast:
    missing = [speaker for speaker in speakers if speaker not in asked]
    if missing:
        raise _no_voice(script, missing, library)
    return Cast(
        tuple(
            CastMember(
                speaker, _voice(library, asked[speaker], script, speaker), i, asked[speaker][1]
            )
            for i, speaker in enumerate(speakers)
        )
    )


def _pacing(script: Script, sheet: Sheet, speaker: str) -> Pacing:
    """What is said of a speaker: in the sheet, else in the header."""
    in_header = [each.pacing for each in script.header.cast if each.speaker == speaker]
    in_sheet = [sheet.members[speaker].pacing] if speaker in sheet.members else []
    return reduce(Pacing.or_else, [*in_sheet, *in_header], AS_USUAL)


def known_speakers(
    library: VoiceLibrary, casting: Casting, sheet: Sheet | None = None
) -> list[str]:
    """Names that are speakers before a colon: those of `--cast` and of the user's profile."""
    names = [pair.partition("=")[0].strip() for pair in casting.cast if not is_sheet(pair)]
    names += sheet.names if sheet else []
    for entry in library.own.values():
        names += [entry.name, *entry.aliases]
    return [name for name in names if name]


def asked_for(
    script: Script, speakers: list[str], casting: Casting, sheet: Sheet
) -> dict[str, tuple[str, str]]:
    """Speaker → the voice that was asked for, and where."""
    asked: dict[str, tuple[str, str]] = {}
    speaking = set(speakers)
    for entry in script.header.cast:
        if entry.voice and entry.speaker in speaking:
            asked[entry.speaker] = (entry.voice, "header")
    positions = [part.strip() for part in (casting.ref_audio or "").split(",") if part.strip()]
    if len(positions) > len(speakers):
        raise UsageError(
            f"--ref-audio: {len(positions)} voices for {len(speakers)} speakers",
            hint=f"the speakers, in order: {', '.join(speakers)}",
        )
    asked |= {who: (each.voice, SHEET) for who, each in sheet.members.items() if who in speaking}
    asked |= {who: (voice, "--ref-audio") for who, voice in zip(speakers, positions, strict=False)}
    aliases = {
        plain_name(alias): entry.speaker for entry in script.header.cast for alias in entry.aliases
    }
    known = aliases | {plain_name(speaker): speaker for speaker in speakers}
    for pair in casting.cast:
        if is_sheet(pair):
            continue
        name, equals, voice = (part.strip() for part in pair.partition("="))
        if not (name and equals and voice):
            raise UsageError(f'--cast: "{pair}" is not NAME=voice')
        name = speaker_name(name)
        if plain_name(name) not in known:
            near = get_close_matches(plain_name(name), known, n=1)
            meant = known[near[0]] if near else None
            hint = f"did you mean {meant}?" if meant else f"who speaks: {', '.join(speakers)}"
            raise CastError(f'--cast: nobody called "{name}" speaks in {script.path}', hint=hint)
        asked[known[plain_name(name)]] = (voice, "--cast")
    return asked


def _nobody_cast(script: Script, speakers: list[str], library: VoiceLibrary) -> Cast:
    entries = list(library.own.values())
    if entries and len(entries) < len(speakers):
        raise _no_voice(script, speakers[len(entries) :], library)
    if entries:
        return _suggested(script, speakers, library)
    # As the model was trained: with several speakers, feminine and masculine by turns.
    kinds = ("feminine", "masculine") if len(speakers) > 1 else (None,)
    voices = [Voice("smart", description=kinds[i % len(kinds)]) for i in range(len(speakers))]
    why = "the model's choice"
    parts = zip(speakers, voices, strict=True)
    return Cast(tuple(CastMember(who, voice, i, why) for i, (who, voice) in enumerate(parts)))


def _suggested(script: Script, speakers: list[str], library: VoiceLibrary) -> Cast:
    """By what is known of the voices and of the speakers."""
    found = suggested(roles_of(script), library.own.values())
    return Cast(
        tuple(
            CastMember(
                speaker,
                library.voice(found[speaker].voice),
                number,
                found[speaker].why,
                is_suggested=True,
            )
            for number, speaker in enumerate(speakers)
        )
    )


def _voice(library: VoiceLibrary, asked: tuple[str, str], script: Script, speaker: str) -> Voice:
    """The voice that was asked for; an unknown one is shown where it was asked for."""
    name, why = asked
    if why == "header" and library.find(name) is None:
        try:
            return library.voice(name)
        except VoiceError as error:
            spot = _header_spot(script, speaker, name)
            raise CastError(error.message, spot=spot, hint=error.hint) from None
    try:
        return library.voice(name)
    except VoiceError as error:
        raise VoiceError(f"{why}: {error.message}", hint=error.hint) from None


def _header_spot(script: Script, speaker: str, name: str) -> SourceSpot:
    entry = next(entry for entry in script.header.cast if entry.speaker == speaker)
    line = script.source.split("\n")[entry.line_number - 1]
    start = max(line.find(name), 0)
    return SourceSpot(script.path, entry.line_number, line, start, start + len(name))


def _no_voice(script: Script, missing: list[str], library: VoiceLibrary) -> CastError:
    speaker = missing[0]
    turn = next(turn for turn in script.turns if turn.speaker == speaker)
    others = f" (nor for {', '.join(missing[1:])})" if missing[1:] else ""
    names = [entry.name for entry in library.entries()]
    near = get_close_matches(plain_name(speaker), names, n=1) or names[:1] or ["VOICE"]
    return CastError(
        f'no voice for "{speaker}"{others}',
        spot=_tag_spot(script, turn),
        hint=f'--cast "{speaker}={near[0]}", or {speaker}=smart     (see: higgs voices list; '
        "higgs cast suggests a voice for everybody)",
    )


def _tag_spot(script: Script, turn: Turn) -> SourceSpot:
    """Where the speaker is named; the turn's own words where nobody is."""
    line_start = script.lines.starts[turn.line_number - 1]
    for part in script.unspoken:
        if part.kind == "speaker" and line_start <= part.start < turn.text.start:
            end = part.start + len(script.source[part.start : part.end].rstrip())
            return script.spot(part.start, end)
    return script.spot(turn.text.start, turn.text.end)


def with_manners(script: Script, cast: Cast) -> Script:
    """The same script, where a stage direction is a mood that the speaker's voice has."""
    if all(turn.manner is None for turn in script.turns):
        return script

    def told(turn: Turn) -> Turn:
        moods = cast.member(turn.speaker).voice.moods
        said = {_stem(word) for word in words_of(turn.manner or "")}
        mood = next((mood for mood in sorted(moods) if _stem(mood) in said), turn.mood)
        return replace(turn, mood=mood)

    chapters = tuple(
        replace(chapter, turns=tuple(map(told, chapter.turns))) for chapter in script.chapters
    )
    return replace(script, chapters=chapters)


def _stem(word: str) -> str:
    """`angry` and `angrily`, `whisper` and `whispering` are one."""
    return ENDING.sub("", ENDING.sub("", word.casefold()))


def _check_moods(script: Script, cast: Cast) -> None:
    for turn in script.turns:
        if turn.mood is None:
            continue
        voice = cast.member(turn.speaker).voice
        if turn.mood in voice.moods:
            continue
        near = get_close_matches(turn.mood, voice.moods, n=1)
        has = ", ".join(voice.moods) or "none"
        hint = f"did you mean {near[0]}?" if near else f"its moods: {has}"
        raise CastError(
            f'the voice "{voice.name}" has no mood "{turn.mood}"',
            spot=_tag_spot(script, turn),
            hint=hint,
        )


def cast_warnings(cast: Cast, language: str) -> list[str]:
    """What a person should know of a complete cast."""
    found = []
    dealt = [member for member in cast.members if member.is_suggested]
    if dealt:
        told = "; ".join(f"{each.speaker} = {each.voice.name} ({each.why})" for each in dealt)
        found.append(f"nobody was cast, so voices were chosen: {told}")
    for name, speakers in cast.shared_voices().items():
        found.append(f'{" and ".join(speakers)} speak with one voice, "{name}"')
    for member in cast.members:
        voice = member.voice
        if voice.reference is not None and voice.reference.text is None:
            found.append(f'"{voice.name}" has no transcript: the clone will be less like it')
        if voice.language and voice.language.split("-")[0] != language:
            found.append(f'"{voice.name}" was recorded in {voice.language}, not in {language}')
    return found
