"""`higgs cast`: who speaks in a script, with a voice suggested for each, as a sheet to correct."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.files.atomic_file import write_whole
from higgs_cli.files.writable import check_file_place
from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, ScriptArgument, with_settings

EPILOG = """Examples: higgs cast talk.txt · higgs cast talk.txt -o cast.yaml, then
higgs render talk.txt --cast cast.yaml · higgs cast play.md --voices my_voices -o cast.yaml.
A sheet that is there is brought up to date: what stands in it stays. Nothing is rendered and no
model is opened."""


@with_settings("reading", "casting")
def cast(
    script: ScriptArgument,
    settings: Settings,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Cast sheet to write, .yaml.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List who speaks, with turns, minutes, first line and a suggested voice."""
    from higgs_cli.casting.sheet import check_sheet_name
    from higgs_cli.jobs.cast_proposal import cast_proposal
    from higgs_cli.jobs.render_job import job_from_script
    from higgs_cli.terminal.cast_view import show_proposal

    out.mode = "json" if as_json else "human"
    job = job_from_script(script, None, settings)
    if output is not None:
        check_sheet_name(output)
        inputs = [path for path in job.inputs if path != output]
        check_file_place(output, inputs=inputs)
    proposal = cast_proposal(script, job.choices, output)
    show_proposal(proposal, out)
    if output is not None:
        write_whole(output, proposal.text.encode())
        out.say(f"written: {output}; after a look: higgs render {script} --cast {output}")
