"""`higgs plan`: show cast, reading, chunks and time before any is spent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, ScriptArgument, with_settings

EPILOG = """Examples: higgs plan chapter.txt --cast ANNA=juniper · higgs plan book.md --all ·
higgs plan talk.txt --json · cat talk.txt | higgs plan - --as dialogue. Nothing is rendered and no
model is opened; exit code 2 names the first mistake."""


@with_settings("model", "sampling", "reading", "casting", "planning", "pauses", "takes")
def plan(
    script: ScriptArgument,
    settings: Settings,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Audio file whose takes to look up (default: as for render)."
        ),
    ] = None,
    shows_all: Annotated[bool, typer.Option("--all", help="Show every chunk.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a render would speak, by whom, for how long, and what is already stored."""
    from higgs_cli import pipeline
    from higgs_cli.jobs.render_job import job_from_script
    from higgs_cli.terminal.plan_view import show_plan

    out.mode = "json" if as_json else "human"
    job = job_from_script(script, output, settings)
    show_plan(pipeline.preview(job), out, shows_all=shows_all)
