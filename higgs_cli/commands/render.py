"""`higgs render`: a script file becomes an audiobook or a dialogue."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, QuietOption, with_settings

if TYPE_CHECKING:
    from higgs_cli.jobs.render_job import RenderOrder

EPILOG = """Examples: higgs render chapter.txt -o chapter.wav ·
higgs render talk.txt --cast ANN=marigold --cast BEN=tobias --subtitles srt ·
higgs render chapter.txt --retake 14,20-22 ·
higgs render --from chapter.json. Exit codes: 0 all good, 1 something failed (the audio is written,
with silence where nothing could be kept), 2 a mistake in the command or the script, 75 another
process is rendering this output, 130 stopped."""

SETTINGS_GROUPS = (
    "model",
    "sampling",
    "reading",
    "casting",
    "planning",
    "pauses",
    "rendering",
    "mastering",
)

OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="A .wav or .flac file; named after the script else."),
]


@with_settings(*SETTINGS_GROUPS)
def render(
    settings: Settings,
    script: Annotated[
        str | None, typer.Argument(help="A text or Markdown file, or - for stdin.")
    ] = None,
    output: OutputOption = None,
    manifest: Annotated[
        Path | None,
        typer.Option("--from", help="Render again what this manifest describes."),
    ] = None,
    retake: Annotated[
        str | None,
        typer.Option(metavar="LINES", help="Speak these lines again: 14,20-22."),
    ] = None,
    lock: Annotated[
        str | None, typer.Option(metavar="LINES", help="Keep the takes of these lines for good.")
    ] = None,
    unlock: Annotated[
        str | None, typer.Option(metavar="LINES", help="Let these lines be spoken again.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and stop, like higgs plan.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Render a script to finished audio; run it again to go on, or after an edit."""
    out.mode = "json" if as_json else "quiet" if quiet else "human"
    order = _order(script, manifest, output, settings)
    if dry_run:
        from higgs_cli.commands.plan import show_plan

        show_plan(order.plan, order.settings, order.output, shows_all=False)
        return
    for warning in order.plan.warnings:
        out.warn(warning)
    raise typer.Exit(_rendered(order, retake, lock, unlock))


def _rendered(order: RenderOrder, *lines: str | None) -> int:
    from dataclasses import replace

    from higgs_cli import pipeline
    from higgs_cli.takes.decisions import Decisions, line_numbers
    from higgs_cli.terminal.interruption import stoppable
    from higgs_cli.terminal.progress_view import progress_for
    from higgs_cli.terminal.render_view import show_report
    from higgs_cli.terminal.resume_command import resume_command

    options = ("--retake", "--lock", "--unlock")
    numbers = [
        line_numbers(text, option) if text else frozenset()
        for text, option in zip(lines, options, strict=True)
    ]
    order = replace(order, decisions=Decisions(*numbers))
    with stoppable(resume_command(sys.argv[1:])):
        report = pipeline.render(order, pipeline.open_higgs, progress_for(out))
    return show_report(report, out)


def _order(
    script: str | None, manifest: Path | None, output: Path | None, settings: Settings
) -> RenderOrder:
    from higgs_cli.jobs.render_job import order_from_manifest, order_from_script

    if manifest is not None:
        if script is not None:
            raise UsageError("a script and --from say two different things", hint="name one")
        return order_from_manifest(manifest, output, settings)
    if script is None:
        raise UsageError("which script?", hint="higgs render chapter.txt -o chapter.wav")
    return order_from_script(script, output, settings)
