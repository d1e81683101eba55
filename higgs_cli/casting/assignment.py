"""Gives every speaker of a script a voice, or says precisely who has none.

In this order: `--cast`, `--ref-audio`, the script's header, a voice of the same name in the user's
library. Where nobody is cast, the voices of the user's library are taken in their order, and
without one the model chooses (and keeps its choice). A cast in part is never filled up in silence.
"""

from __future__ import annotations

from difflib import get_close_matches

from higgs_cli.casting.cast import Cast, CastMember, Voice
from higgs_cli.casting.voice_library import VoiceLibrary
from higgs_cli.errors import CastError, SourceSpot, UsageError, VoiceError
from higgs_cli.script.document import Script, Turn
from higgs_cli.script.names import NUMBERED, plain_name, speaker_name
from higgs_cli.settings.views import Casting


def assign_voices(script: Script, library: VoiceLibrary, casting: Casting) -> Cast:
    """The complete cast of a script."""
    speakers = _in_order(script)
    asked = _asked_for(script, speakers, casting) if speakers else {}
    for speaker in speakers:
        if speaker not in asked and plain_name(speaker) in library.own_names:
            asked[speaker] = (speaker, "same name")
    if not asked:
        return _nobody_cast(script, speakers, library)
    missing = [speaker for speaker in speakers if speaker not in asked]
    if missing:
        raise _no_voice(script, missing, library)
    members = tuple(
        CastMember(speaker, _voice(library, asked[speaker], script, speaker), i, asked[speaker][1])
        for i, speaker in enumerate(speakers)
    )
    cast = Cast(members)
    _check_moods(script, cast)
    return cast


def known_speakers(library: VoiceLibrary, casting: Casting) -> list[str]:
    """Names that are speakers before a colon: those of `--cast` and of the user's profile."""
    names = [pair.partition("=")[0].strip() for pair in casting.cast]
    for entry in library.own.values():
        names += [entry.name, *entry.aliases]
    return [name for name in names if name]


def _in_order(script: Script) -> list[str]:
    """SPEAKER0, SPEAKER1 … by their numbers, everybody else by their first words."""
    numbered = [name for name in script.speakers if NUMBERED.fullmatch(name)]
    others = [name for name in script.speakers if not NUMBERED.fullmatch(name)]
    return sorted(numbered, key=lambda name: int(name.removeprefix("SPEAKER"))) + others


def _asked_for(script: Script, speakers: list[str], casting: Casting) -> dict[str, tuple[str, str]]:
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
    asked |= {who: (voice, "--ref-audio") for who, voice in zip(speakers, positions, strict=False)}
    aliases = {
        plain_name(alias): entry.speaker for entry in script.header.cast for alias in entry.aliases
    }
    known = aliases | {plain_name(speaker): speaker for speaker in speakers}
    for pair in casting.cast:
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
        voices = [entry.opened(allow_outside=library.allow_outside) for entry in entries]
        why = "order of the library"
    else:
        # As the model was trained: with several speakers, feminine and masculine by turns.
        kinds = ("feminine", "masculine") if len(speakers) > 1 else (None,)
        voices = [Voice("smart", description=kinds[i % len(kinds)]) for i in range(len(speakers))]
        why = "the model's choice"
    parts = zip(speakers, voices, strict=False)
    cast = Cast(tuple(CastMember(who, voice, i, why) for i, (who, voice) in enumerate(parts)))
    _check_moods(script, cast)
    return cast


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
        hint=f'--cast "{speaker}={near[0]}", or {speaker}=smart     (see: higgs voices list)',
    )


def _tag_spot(script: Script, turn: Turn) -> SourceSpot:
    """Where the speaker is named; the turn's own words where nobody is."""
    line_start = script.lines.starts[turn.line_number - 1]
    for part in script.unspoken:
        if part.kind == "speaker" and line_start <= part.start < turn.text.start:
            end = part.start + len(script.source[part.start : part.end].rstrip())
            return script.spot(part.start, end)
    return script.spot(turn.text.start, turn.text.end)


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
    for name, speakers in cast.shared_voices().items():
        found.append(f'{" and ".join(speakers)} speak with one voice, "{name}"')
    for member in cast.members:
        voice = member.voice
        if voice.reference is not None and voice.reference.text is None:
            found.append(f'"{voice.name}" has no transcript: the clone will be less like it')
        if voice.language and voice.language.split("-")[0] != language:
            found.append(f'"{voice.name}" was recorded in {voice.language}, not in {language}')
    return found
