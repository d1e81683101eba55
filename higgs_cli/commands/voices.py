"""`higgs voices`: list, show, add and check the voices of a library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from higgs_cli.errors import UsageError, VoiceError
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption

if TYPE_CHECKING:
    from higgs_cli.casting.cast import Reference, Voice
    from higgs_cli.casting.profile import VoiceEntry
    from higgs_cli.casting.reference_check import ReferenceReport
    from higgs_cli.casting.voice_library import VoiceLibrary

voices_app = typer.Typer(
    name="voices",
    help="List, show, add and check voices.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="Example: higgs voices list · higgs voices check belinda.wav",
)

PlaceOption = Annotated[
    Path | None, typer.Option("--voices", "-v", help="A profile.yaml, or a folder of recordings.")
]
OutsideOption = Annotated[
    bool, typer.Option("--allow-outside", help="Follow paths out of the profile's folder.")
]


@voices_app.command("list", epilog="Example: higgs voices list --voices my_voices")
def list_voices(voices: PlaceOption = None, as_json: JsonOption = False) -> None:
    """The voices that a script can be cast with."""
    from higgs_cli.casting.voice_library import open_library

    library = open_library(voices)
    entries = library.entries()
    if as_json:
        out.document([_listed(library, entry) for entry in entries])
        return
    rows = [
        [entry.name, entry.kind, _origin(library, entry), entry.description or ""]
        for entry in entries
    ]
    out.table(["voice", "made from", "library", "description"], rows)


@voices_app.command("show", epilog="Example: higgs voices show marigold")
def show(
    name: Annotated[str, typer.Argument(help="A voice, or a recording.")],
    voices: PlaceOption = None,
    allow_outside: OutsideOption = False,
    as_json: JsonOption = False,
) -> None:
    """Everything that is known of one voice."""
    from higgs_cli.casting.voice_library import open_library

    voice = open_library(voices, allow_outside=allow_outside).voice(name)
    shown = _shown(voice)
    if as_json:
        out.document(shown)
        return
    for key, value in shown.items():
        if value not in (None, "", [], {}, 0.0):
            out.result(f"{key}: {value}")


@voices_app.command("check", epilog="Example: higgs voices check marigold juniper my.wav")
def check(
    names: Annotated[
        list[str] | None, typer.Argument(help="Voices or recordings; all else.")
    ] = None,
    voices: PlaceOption = None,
    allow_outside: OutsideOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure recordings and name what would spoil a clone; exit code 1 if one is unusable."""
    from higgs_cli.casting.reference_check import check_reference
    from higgs_cli.casting.voice_library import open_library

    library = open_library(voices, allow_outside=allow_outside)
    wanted = names or [entry.name for entry in library.entries() if entry.audio is not None]
    reports = []
    for name in wanted:
        for label, reference in _references(library.voice(name)):
            reports.append((label, check_reference(reference)))
    if as_json:
        out.document([_reported(label, report) for label, report in reports])
    else:
        for label, report in reports:
            _show_report(label, report)
    if not all(report.is_usable for _, report in reports):
        raise typer.Exit(1)


@voices_app.command(
    "add", epilog='Example: higgs voices add belinda take3.wav --text "What she says." --to voices'
)
def add(
    name: Annotated[str, typer.Argument(help="What the voice is to be called.")],
    recording: Annotated[Path, typer.Argument(help="5 to 30 seconds of speech.")],
    to: Annotated[Path, typer.Option("--to", help="The folder of voices.")] = Path("voices"),
    text: Annotated[
        str | None,
        typer.Option("--text", help="What is said in it; a .txt beside it is read else."),
    ] = None,
    description: Annotated[str | None, typer.Option("--description", help="In words.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="en, zh …")] = None,
    gain_db: Annotated[float | None, typer.Option("--gain-db", help="Louder or softer.")] = None,
) -> None:
    """Check a recording, make it one channel at 24 kHz, and put it into a folder of voices."""
    from higgs_cli.casting.reference_check import check_reference
    from higgs_cli.casting.references import reference_of
    from higgs_cli.casting.voice_adding import NewVoice, add_voice

    text = " ".join(text.split()) if text is not None else None
    if text == "":
        raise UsageError("--text is empty", hint="leave it out if nobody knows what is said")
    reference = reference_of(recording, text)
    report = check_reference(reference)
    _show_report(name, report)
    if not report.is_usable:
        raise VoiceError(f"{recording}: not usable as a voice", hint=report.findings[0].mend)
    given = {"description": description, "language": language, "gain_db": gain_db}
    details = {key: value for key, value in given.items() if value is not None}
    audio = add_voice(to, NewVoice(name, recording, reference.text, details))
    out.say(f"added {audio}")
    out.hint(f'higgs render script.txt --voices {to} --cast "SPEAKER0={name}"')


def _references(voice: Voice) -> list[tuple[str, Reference]]:
    if voice.reference is None:
        raise VoiceError(f'the voice "{voice.name}" has no recording to check')
    moods = [(f"{voice.name} ({mood})", reference) for mood, reference in voice.moods.items()]
    return [(voice.name, voice.reference), *moods]


def _origin(library: VoiceLibrary, entry: VoiceEntry) -> str:
    return "yours" if entry.name in library.own else "bundled"


def _listed(library: VoiceLibrary, entry: VoiceEntry) -> dict[str, object]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "library": _origin(library, entry),
        "description": entry.description,
        "language": entry.language,
        "aliases": list(entry.aliases),
        "moods": sorted(entry.moods),
    }


def _shown(voice: Voice) -> dict[str, object]:
    reference = voice.reference
    return {
        "name": voice.name,
        "description": voice.description,
        "recording": str(reference.audio) if reference else None,
        "transcript": reference.text if reference else None,
        "content": reference.content if reference else None,
        "language": voice.language,
        "gain_db": voice.gain_db,
        "aliases": list(voice.aliases),
        "moods": {mood: str(part.audio) for mood, part in voice.moods.items()},
        "metadata": dict(voice.metadata),
        "from": voice.origin,
    }


def _show_report(label: str, report: ReferenceReport) -> None:
    verdict = "good" if not report.findings else "usable" if report.is_usable else "not usable"
    out.result(
        f"{label}: {verdict}; {report.seconds:.1f} s, {report.sample_rate} Hz, "
        f"speech {report.speech_db:.0f} dB, floor {report.noise_db:.0f} dB"
    )
    for finding in report.findings:
        out.result(f"  {finding.severity}: {finding.problem}; {finding.mend}")


def _reported(label: str, report: ReferenceReport) -> dict[str, object]:
    return {
        "voice": label,
        "path": str(report.path),
        "seconds": round(report.seconds, 3),
        "sample_rate": report.sample_rate,
        "channels": report.channel_count,
        "speech_db": round(report.speech_db, 1),
        "noise_db": round(report.noise_db, 1),
        "is_usable": report.is_usable,
        "findings": [
            {"severity": one.severity, "problem": one.problem, "mend": one.mend}
            for one in report.findings
        ],
    }
