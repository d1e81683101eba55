"""`higgs batch`: many books through one open model, in one night."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from higgs_cli.settings.table import SECTIONS, Settings
from higgs_cli.terminal.batch_options import (
    FolderOption,
    FormatOption,
    OneBookOption,
    PagesOption,
    PlanOption,
    SheetsOption,
    SourceArgument,
)
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, OverwriteOption, QuietOption, with_settings
from higgs_cli.terminal.until import UntilOption, stopping_in_time

if TYPE_CHECKING:
    from higgs_cli.jobs.render_job import RenderJob
    from higgs_cli.output.beside import AskedCompanions

EPILOG = """Examples: higgs batch books/ -o audio/ · higgs batch books/ -o audio/ --plan ·
higgs batch books.yaml -o audio/ --until 07:00 · higgs batch chapters/ --one-book -o audio/.
A book is a script, or a folder of chapters. The same command goes on where it was stopped; a book
that fails does not stop the others. Exit codes: 0 every book is whole, 1 some are not, 2 a mistake
in the command or in all books, 124 stopped by --until, 130 stopped (129 and 143 by other
signals)."""


@with_settings(*SECTIONS)
def batch(
    settings: Callable[..., Settings],
    given: Callable[[], Mapping[str, object]],
    settings_file: Path | None,
    source: SourceArgument,
    output: FolderOption,
    one_book: OneBookOption = False,
    ending: FormatOption = "wav",
    plans: PlanOption = False,
    findings: SheetsOption = False,
    report: PagesOption = False,
    until: UntilOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Render many books, each with its own cast, settings and takes; run it again to continue."""
    from dataclasses import replace

    from higgs_cli import pipeline
    from higgs_cli.jobs.batch_books import books_of, destination_of, skipped_in
    from higgs_cli.jobs.batch_outlook import outlook
    from higgs_cli.jobs.batch_run import render_batch
    from higgs_cli.terminal.batch_progress import batch_progress_for
    from higgs_cli.terminal.batch_view import show_outlook, show_results

    out.mode = "json" if as_json else "quiet" if quiet else "human"
    to = destination_of(output, ending)
    books = books_of(source, to, lambda own: settings(own=own), one_book=one_book)
    for line in skipped_in(source, books):
        out.warn(line)
    read = (*([settings_file] if settings_file else []), *([source] if source.is_file() else []))

    def asked(job: RenderJob) -> RenderJob:
        beside = _companions(job, findings=findings, report=report)
        return replace(job, inputs=(*job.inputs, *read), overwrites=overwrite, asked=beside)

    books = [replace(book, jobs=tuple(map(asked, book.jobs))) for book in books]
    if plans:
        raise typer.Exit(show_outlook(outlook(books), out))
    with stopping_in_time(until):
        results = render_batch(books, pipeline.open_higgs, batch_progress_for(out))
    raise typer.Exit(show_results(results, out))


def _companions(job: RenderJob, *, findings: bool, report: bool) -> AskedCompanions:
    """Named after the audio, like all that lies beside it."""
    from higgs_cli.jobs.render_job import named_output
    from higgs_cli.output.beside import AskedCompanions

    output = named_output(job)
    return AskedCompanions(
        findings=output.with_suffix(".csv") if findings else None,
        report=output.with_suffix(".html") if report else None,
    )
