"""`higgs batch`: many books through one open model, in one night."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.settings.table import SECTIONS, Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, OverwriteOption, QuietOption, with_settings
from higgs_cli.terminal.until import UntilOption, stopping_in_time

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
    source: Annotated[
        Path, typer.Argument(metavar="FOLDER|BOOKS.YAML", help="A folder of books, or a list.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the audio goes.")
    ],
    one_book: Annotated[
        bool, typer.Option("--one-book", help="The scripts of the folder are chapters of one book.")
    ] = False,
    ending: Annotated[
        str,
        typer.Option("--format", metavar="ENDING", help="Audio files to write: wav, flac, mp3, …"),
    ] = "wav",
    plans: Annotated[
        bool,
        typer.Option("--plan", help="Show hours of audio, device time, disk and what is stored."),
    ] = False,
    until: UntilOption = None,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Render many books, each with its own cast, settings and takes; run it again to continue."""
    from dataclasses import replace

    from higgs_cli import pipeline
    from higgs_cli.jobs.batch_books import Destination, books_of, skipped_in
    from higgs_cli.jobs.batch_outlook import outlook
    from higgs_cli.jobs.batch_run import render_batch
    from higgs_cli.output.formats.write import ENDINGS
    from higgs_cli.terminal.batch_progress import batch_progress_for
    from higgs_cli.terminal.batch_view import show_outlook, show_results

    out.mode = "json" if as_json else "quiet" if quiet else "human"
    if output.exists() and not output.is_dir():
        raise UsageError(f"{output} is not a folder", hint="name a folder with -o")
    to = Destination(output, "." + ending.removeprefix(".").lower())
    if to.ending not in ENDINGS:
        formats = ", ".join(each[1:] for each in ENDINGS)
        raise UsageError(f"--format {ending}: no format of audio files", hint=f"one of {formats}")
    books = books_of(source, to, lambda own: settings(own=own), one_book=one_book)
    read = (*([settings_file] if settings_file else []), *([source] if source.is_file() else []))
    for line in skipped_in(source, books):
        out.warn(line)
    books = [
        replace(
            book,
            jobs=tuple(
                replace(job, inputs=(*job.inputs, *read), overwrites=overwrite) for job in book.jobs
            ),
        )
        for book in books
    ]
    if plans:
        raise typer.Exit(show_outlook(outlook(books), out))
    with stopping_in_time(until):
        results = render_batch(books, pipeline.open_higgs, batch_progress_for(out))
    raise typer.Exit(show_results(results, out))
