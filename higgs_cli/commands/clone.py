"""`higgs clone`: a reference recording and a text become a file in that voice."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, QuietOption, with_settings

EPILOG = """Examples: higgs clone ann.wav "Good evening." ·
higgs clone ann.wav "Good evening." -o evening.wav --ref-text "What Ann says in the recording." ·
higgs clone ann.wav --lines prompts.txt -o prompts/. The words of ann.wav are read from
ann.txt when it lies beside it."""

SETTINGS_GROUPS = ("model", "sampling", "reading", "planning", "pauses", "rendering", "mastering")


@with_settings(*SETTINGS_GROUPS)
def clone(
    settings: Settings,
    recording: Annotated[Path, typer.Argument(help="5 to 30 seconds of one clear voice.")],
    texts: Annotated[
        list[str] | None, typer.Argument(help="What to say; - for stdin, or a .txt file.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="A .wav or .flac file, or a folder; named after the text else."
        ),
    ] = None,
    ref_text: Annotated[
        str | None, typer.Option("--ref-text", help="What is said in the recording.")
    ] = None,
    lines: Annotated[
        str | None, typer.Option("--lines", help="A file with a text on each line, or -.")
    ] = None,
    scene: Annotated[
        str | None, typer.Option("--scene", help="Name of a scene, a file, or `none`.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say a text in the voice of a recording."""
    from dataclasses import replace

    from higgs_cli import pipeline
    from higgs_cli.jobs.clone_jobs import clone_orders, clone_reference, read_texts
    from higgs_cli.terminal.interruption import stoppable
    from higgs_cli.terminal.progress_view import progress_for
    from higgs_cli.terminal.render_view import show_report
    from higgs_cli.terminal.resume_command import resume_command

    out.mode = "json" if as_json else "quiet" if quiet else "human"
    reference = clone_reference(recording, ref_text)
    if reference.text is None:
        out.warn(
            f"no words for {recording}: the voice will be less like it. "
            f"Write them into {recording.with_suffix('.txt')}, or give --ref-text"
        )
    said = read_texts(texts or [], lines)
    orders = clone_orders(reference, said, output, replace(settings, scene=scene))
    with stoppable(resume_command(sys.argv[1:])):
        reports = pipeline.render_all(orders, pipeline.open_higgs, progress_for(out))
    raise typer.Exit(max(show_report(report, out) for report in reports))
