"""`higgs say`: hear a word or a line in some voices, before and after the lexicon."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, OverwriteOption, QuietOption, with_settings

EPILOG = """Examples: higgs say "Siobhan was here." --voice wren --lexicon names.yaml (writes
siobhan-was-here.before.wav and siobhan-was-here.after.wav) ·
higgs say 14 --of chapter.txt --voice wren,fergus --lexicon names.yaml -o line14 ·
higgs say 3:14 --of book.epub --voice wren · higgs say 0:26:23 --of chapter.txt --voice wren."""

SETTINGS_GROUPS = (
    "model", "sampling", "reading", "casting", "planning", "pauses", "takes", "mastering",
    "delivery",
)  # fmt: skip


@with_settings(*SETTINGS_GROUPS)
def say(
    settings: Settings,
    settings_file: Path | None,
    words: Annotated[
        str, typer.Argument(help="What to say; with --of, a place: 14, #14, 3:14, 0:26:23.")
    ],
    voice: Annotated[str, typer.Option("--voice", help="Voices, between commas.")],
    script: Annotated[
        str | None, typer.Option("--of", help="The script whose place it is.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="What the files are named after, or their folder."),
    ] = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say a word or a line in some voices, without the lexicon and with it."""
    from dataclasses import replace

    from higgs_cli import pipeline
    from higgs_cli.jobs.say_jobs import said_text, say_jobs
    from higgs_cli.terminal.progress_view import progress_for
    from higgs_cli.terminal.render_view import show_report

    out.mode = "json" if as_json else "quiet" if quiet else "human"
    said = said_text(words, script, settings)
    names = list(dict.fromkeys(name.strip() for name in voice.split(",") if name.strip()))
    if not names:
        raise UsageError("--voice names no voice", hint="higgs voices list shows them")
    jobs = say_jobs(said, names, output, settings)
    read = (settings_file,) if settings_file else ()
    jobs = [replace(job, inputs=(*job.inputs, *read), overwrites=overwrite) for job in jobs]
    reports = pipeline.render_all(jobs, pipeline.open_higgs, progress_for(out))
    raise typer.Exit(max(show_report(report, out) for report in reports))
