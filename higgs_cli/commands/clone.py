"""`higgs clone`: a reference recording and a text become a file in that voice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import (
    ConsentOption,
    JsonOption,
    OverwriteOption,
    QuietOption,
    with_settings,
)

EPILOG = """Examples: higgs clone ann.wav "Good evening." ·
higgs clone ann.wav "Good evening." -o evening.wav --ref-text "What Ann says in the recording." ·
higgs clone ann.wav --lines prompts.txt -o prompts/. If ann.txt lies beside ann.wav, it is taken
as the transcript of the recording. Who gave the right to a voice is asked once for a recording; in
a script: --consent "Ann Lee, letter of 3 May 2026"."""

SETTINGS_GROUPS = (
    "model", "sampling", "reading", "planning", "pauses", "takes", "mastering", "delivery",
)  # fmt: skip


@with_settings(*SETTINGS_GROUPS)
def clone(
    settings: Settings,
    settings_file: Path | None,
    recording: Annotated[Path, typer.Argument(help="5 to 30 seconds of one clear voice.")],
    texts: Annotated[
        list[str] | None,
        typer.Argument(help="Texts to say; - for standard input, or a .txt file."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="A .wav or .flac file, or a folder to make (default: named after the text).",
        ),
    ] = None,
    ref_text: Annotated[
        str | None, typer.Option("--ref-text", help="Transcript of the recording.")
    ] = None,
    lines: Annotated[
        str | None,
        typer.Option("--lines", help="File with one text per line, or - for standard input."),
    ] = None,
    scene: Annotated[
        str | None, typer.Option("--scene", help="Name of a scene, a text file, or `none`.")
    ] = None,
    consent: ConsentOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say a text in the voice of a recording."""
    from dataclasses import replace

    from higgs_cli import pipeline
    from higgs_cli.jobs.clone_jobs import clone_jobs, clone_reference, read_texts
    from higgs_cli.terminal.consent_question import consent_to
    from higgs_cli.terminal.progress_view import progress_for
    from higgs_cli.terminal.render_view import show_report

    out.mode = "json" if as_json else "quiet" if quiet else "human"
    reference = clone_reference(recording, ref_text)
    if reference.text is None:
        out.warn(
            f"no transcript for {recording}: the clone will be less like the voice. "
            f"Write it to {recording.with_suffix('.txt')}, or give it with --ref-text"
        )
    said = read_texts(texts or [], lines)
    jobs = clone_jobs(reference, said, output, replace(settings, scene=scene))
    read = (settings_file,) if settings_file else ()
    jobs = [replace(job, inputs=(*job.inputs, *read), overwrites=overwrite) for job in jobs]
    consent_to(recording, consent, out)
    reports = pipeline.render_all(jobs, pipeline.open_higgs, progress_for(out))
    raise typer.Exit(max(show_report(report, out) for report in reports))
