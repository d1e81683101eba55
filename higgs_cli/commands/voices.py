"""`higgs voices`: list, show, add and check the voices of a library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.errors import UsageError, VoiceError
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import ConsentOption, JsonOption

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
    bool,
    typer.Option(
        "--allow-outside", help="Allow a voice library to use recordings outside its folder."
    ),
]


@voices_app.command("list", epilog="Example: higgs voices list --voices my_voices")
def list_voices(voices: PlaceOption = None, as_json: JsonOption = False) -> None:
    """The voices that a script can be cast with."""
    from higgs_cli.casting.voice_library import open_library
    from higgs_cli.terminal.voices_view import show_voices

    show_voices(open_library(voices), out, as_json=as_json)


@voices_app.command("show", epilog="Example: higgs voices show marigold")
def show(
    name: Annotated[str, typer.Argument(help="Name of a voice, or a recording.")],
    voices: PlaceOption = None,
    allow_outside: OutsideOption = False,
    as_json: JsonOption = False,
) -> None:
    """Everything that is known of one voice."""
    from higgs_cli.casting.voice_library import open_library
    from higgs_cli.terminal.voices_view import show_voice

    voice = open_library(voices, allow_outside=allow_outside).voice(name)
    show_voice(voice, out, as_json=as_json)


@voices_app.command("check", epilog="Example: higgs voices check marigold juniper my.wav")
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Voices or recordings to check (default: all voices)."),
    ] = None,
    voices: PlaceOption = None,
    allow_outside: OutsideOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure recordings and name what would spoil a clone; exit code 1 if one is unusable."""
    from higgs_cli.casting.reference_check import check_voice
    from higgs_cli.casting.voice_library import open_library
    from higgs_cli.terminal.voices_view import show_reports

    library = open_library(voices, allow_outside=allow_outside)
    wanted = names or [entry.name for entry in library.entries() if entry.audio is not None]
    reports = [report for name in wanted for report in check_voice(library.voice(name))]
    show_reports(reports, out, as_json=as_json)
    if not all(report.is_usable for _, report in reports):
        raise typer.Exit(1)


@voices_app.command(
    "add", epilog='Example: higgs voices add belinda take3.wav --text "What she says." --to voices'
)
def add(
    name: Annotated[str, typer.Argument(help="Name for the voice.")],
    recording: Annotated[Path, typer.Argument(help="5 to 30 seconds of speech.")],
    to: Annotated[Path, typer.Option("--to", help="Folder to add it to.")] = Path("voices"),
    text: Annotated[
        str | None,
        typer.Option("--text", help="Transcript (default: the .txt file beside the recording)."),
    ] = None,
    description: Annotated[
        str | None, typer.Option("--description", help="Description of the voice.")
    ] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", help="Language code of the recording, such as en or zh."),
    ] = None,
    gain_db: Annotated[
        float | None, typer.Option("--gain-db", help="Gain for this voice, in dB.")
    ] = None,
    consent: ConsentOption = None,
) -> None:
    """Check a recording, make it one channel at 24 kHz, and put it into a folder of voices."""
    from higgs_cli.casting.reference_check import check_reference
    from higgs_cli.casting.references import reference_of
    from higgs_cli.casting.voice_adding import NewVoice, add_voice
    from higgs_cli.terminal.consent_question import consent_to
    from higgs_cli.terminal.voices_view import show_reports

    text = " ".join(text.split()) if text is not None else None
    if text == "":
        raise UsageError("--text is empty", hint="leave it out if there is no transcript")
    reference = reference_of(recording, text)
    report = check_reference(reference)
    show_reports([(name, report)], out, as_json=False)
    if not report.is_usable:
        raise VoiceError(f"{recording}: not usable as a voice", hint=report.findings[0].mend)
    given = {"description": description, "language": language, "gain_db": gain_db}
    details = {key: value for key, value in given.items() if value is not None}
    given_by = consent_to(recording, consent, out)
    audio = add_voice(to, NewVoice(name, recording, reference.text, details, given_by))
    out.say(f"added {audio}")
    out.hint(f'higgs render script.txt --voices {to} --cast "SPEAKER0={name}"')
