"""`higgs render`: a script file becomes an audiobook or a dialogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from higgs_cli.errors import UsageError
from higgs_cli.settings.table import SECTIONS, Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, OverwriteOption, QuietOption, with_settings
from higgs_cli.terminal.render_options import (
    ChooseOption,
    DryRunOption,
    FindingsOption,
    FromOption,
    LockOption,
    OutputOption,
    PickupsOption,
    ReportOption,
    RetakeOption,
    ScriptOrNoneArgument,
    UnlockOption,
)
from higgs_cli.terminal.until import UntilOption, stopping_in_time

if TYPE_CHECKING:
    from higgs_cli.jobs.render_job import RenderJob

EPILOG = """Examples: higgs render chapter.txt -o chapter.wav ·
higgs render talk.txt --cast ANN=marigold --cast BEN=tobias --subtitles srt ·
higgs render chapter.txt --retake 14,20-22 ·
higgs render book.epub -o book.m4b --delivery audiobook ·
higgs render --from chapter.json --loudness -18. Exit codes: 0 all good, 1 something failed (the
audio is written, with silence where nothing usable was spoken), 2 a mistake in the command or the
script, 75 another process is rendering this output, 124 stopped by --until, 130 stopped (129 and
143 by other signals)."""


@with_settings(*SECTIONS)
def render(
    settings: Callable[[], Settings],
    given: Callable[[], Mapping[str, object]],
    settings_file: Path | None,
    script: ScriptOrNoneArgument = None,
    output: OutputOption = None,
    manifest: FromOption = None,
    retake: RetakeOption = None,
    lock: LockOption = None,
    unlock: UnlockOption = None,
    choose: ChooseOption = None,
    pickups: PickupsOption = None,
    findings: FindingsOption = None,
    report: ReportOption = None,
    until: UntilOption = None,
    overwrite: OverwriteOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Render a script to finished audio; run it again to continue, or after an edit."""
    from dataclasses import replace

    from higgs_cli import pipeline
    from higgs_cli.output.beside import AskedCompanions
    from higgs_cli.takes.decisions import wishes_of
    from higgs_cli.terminal.pickups_view import carrying_out
    from higgs_cli.terminal.plan_view import show_plan
    from higgs_cli.terminal.progress_view import progress_for
    from higgs_cli.terminal.render_view import show_report

    out.mode = "json" if as_json else "quiet" if quiet else "human"
    job = _job(script, manifest, output or [], settings, given)
    read = tuple(each for each in (settings_file, pickups) if each)
    job = replace(
        job,
        wishes=wishes_of(retake, lock, unlock, choose),
        inputs=(*job.inputs, *read),
        asked=AskedCompanions(findings, report),
        overwrites=overwrite,
    )
    if pickups is not None:
        unwritten = "--dry-run" if dry_run else None
        job = carrying_out(pickups, job, retake, given().get("lexicon"), unwritten)
    if dry_run:
        show_plan(pipeline.preview(job), out, shows_all=False)
        return
    with stopping_in_time(until):
        done = pipeline.render(job, pipeline.open_higgs, progress_for(out))
    raise typer.Exit(show_report(done, out))


def _job(
    script: str | None,
    manifest: Path | None,
    outputs: Sequence[Path],
    settings: Callable[[], Settings],
    given: Callable[[], Mapping[str, object]],
) -> RenderJob:
    from higgs_cli.jobs.render_job import job_from_script
    from higgs_cli.jobs.repeated_job import job_from_manifest

    first, others = outputs[0] if outputs else None, outputs[1:]
    if manifest is not None:
        if script is not None:
            raise UsageError("give either a script or --from, not both")
        return job_from_manifest(manifest, first, given(), others)
    if script is None:
        raise UsageError("no script given", hint="higgs render chapter.txt -o chapter.wav")
    return job_from_script(script, first, settings(), others, given())
