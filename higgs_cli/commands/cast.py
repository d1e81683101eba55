"""`higgs cast`: who speaks in a script, with a voice suggested for each, as a sheet to correct."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from higgs_cli.files.atomic_file import write_whole
from higgs_cli.files.writable import check_file_place, check_folder_place, check_new_file
from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, OverwriteOption, ScriptArgument, with_settings

if TYPE_CHECKING:
    from higgs_cli.jobs.cast_proposal import CastProposal

EPILOG = """Examples: higgs cast talk.txt · higgs cast talk.txt -o cast.yaml, then
higgs render talk.txt --cast cast.yaml · higgs cast play.md --voices my_voices -o cast.yaml ·
higgs cast talk.txt --audition heard/. A sheet that is there is brought up to date: what stands in
it stays. Without --audition nothing is rendered and no model is opened."""


SETTINGS_GROUPS = (
    "model", "sampling", "reading", "casting", "planning", "pauses", "takes", "mastering",
    "delivery",
)  # fmt: skip


@with_settings(*SETTINGS_GROUPS)
def cast(
    script: ScriptArgument,
    settings: Settings,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Cast sheet to write, .yaml.")
    ] = None,
    audition: Annotated[
        Path | None,
        typer.Option(
            "--audition", help="Speak a line of each speaker in three voices, into this folder."
        ),
    ] = None,
    asked: Annotated[
        str | None,
        typer.Option(
            "--ask",
            metavar="URL",
            help="Let a language model at this OpenAI-compatible address propose speakers.",
        ),
    ] = None,
    asked_model: Annotated[
        str | None, typer.Option("--ask-model", metavar="NAME", help="The model to ask there.")
    ] = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """List who speaks, with turns, minutes, first line and a suggested voice."""
    from higgs_cli.attribution.asking import TOKEN_VARIABLE, checked_address
    from higgs_cli.casting.sheet import check_sheet_name
    from higgs_cli.jobs.cast_proposal import Asking, cast_proposal
    from higgs_cli.jobs.render_job import job_from_script
    from higgs_cli.terminal.cast_view import show_proposal

    out.mode = "json" if as_json else "human"
    job = job_from_script(script, None, settings)
    if output is not None:
        check_sheet_name(output)
        inputs = [path for path in job.inputs if path != output]
        check_file_place(output, inputs=inputs)
    asking = None
    if asked is not None:
        token = os.environ.get(TOKEN_VARIABLE)
        asking = Asking(checked_address(asked, asked_model, token), out.say)
    proposal = cast_proposal(script, job.choices, output, asking)
    show_proposal(proposal, out)
    if output is not None:
        write_whole(output, proposal.text.encode())
        out.say(f"written: {output}; after a look: higgs render {script} --cast {output}")
    if audition is not None:
        raise typer.Exit(_audition(proposal, audition, settings, overwrites=overwrite))


def _audition(proposal: CastProposal, folder: Path, settings: Settings, *, overwrites: bool) -> int:
    """Speak the lines; the index appears when all are there."""
    from dataclasses import replace

    from higgs_cli import pipeline
    from higgs_cli.jobs.audition_jobs import audition_jobs, auditions, index_text, is_own_index
    from higgs_cli.terminal.progress_view import progress_for
    from higgs_cli.terminal.render_view import show_report

    index = folder / "index.html"
    check_folder_place(folder)
    if folder.is_dir():
        check_new_file(index, overwrites=overwrites or is_own_index(index))
    parts = auditions(proposal, folder, settings)
    jobs = audition_jobs(parts, folder, settings)
    jobs = [replace(job, overwrites=overwrites) for job in jobs]
    reports = pipeline.render_all(jobs, pipeline.open_higgs, progress_for(out))
    write_whole(index, index_text(parts).encode())
    code = max(show_report(report, out) for report in reports)
    out.result(str(index))
    return code
