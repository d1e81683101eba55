"""The options that only `higgs batch` has: where books come from, and what is written of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SourceArgument = Annotated[
    Path, typer.Argument(metavar="FOLDER|BOOKS.YAML", help="A folder of books, or a list.")
]
FolderOption = Annotated[
    Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where the audio goes.")
]
OneBookOption = Annotated[
    bool, typer.Option("--one-book", help="The scripts of the folder are chapters of one book.")
]
FormatOption = Annotated[
    str,
    typer.Option("--format", metavar="ENDING", help="Audio files to write: wav, flac, mp3, …"),
]
PlanOption = Annotated[
    bool,
    typer.Option("--plan", help="Show hours of audio, device time, disk and what is stored."),
]
SheetsOption = Annotated[
    bool, typer.Option("--findings", help="Also write a proof sheet (.csv) beside each audio.")
]
PagesOption = Annotated[
    bool,
    typer.Option("--report", help="Also write a page (.html) beside each audio that plays it."),
]
