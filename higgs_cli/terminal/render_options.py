"""The options that only `higgs render` has: what it writes, and what of it is spoken again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ScriptOrNoneArgument = Annotated[
    str | None,
    typer.Argument(help="Text, Markdown, EPUB, DOCX, HTML or PDF file, or - for stdin."),
]
FromOption = Annotated[
    Path | None,
    typer.Option("--from", help="Render again from this manifest, without the script."),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show the plan and stop, like higgs plan.")
]
OutputOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        help="File to write: .wav, .flac, .mp3, .opus, .m4b, .m4a, or .epub to read along "
        "(default: what was rendered of the script here, else a .wav named after it). May be "
        "repeated: all else has the first's name.",
    ),
]

PickupsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.csv",
        help="Speak again what this list (place, remark) remarks; `WORD = how it is said` goes "
        "into the file of --lexicon.",
    ),
]
FindingsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.csv",
        help="Also write the table of findings, beside the audio: a proof sheet.",
    ),
]
ReportOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.html",
        help="Also write the findings as a page, beside the audio, that plays it.",
    ),
]
RetakeOption = Annotated[
    str | None,
    typer.Option(
        metavar="PLACES",
        help="Speak these again: lines 14,20-22, chunks '#14', paragraphs 3:14, times 0:26:23, "
        "credits.",
    ),
]
LockOption = Annotated[
    str | None, typer.Option(metavar="PLACES", help="Keep the takes that are used there.")
]
UnlockOption = Annotated[
    str | None, typer.Option(metavar="PLACES", help="Allow these to be spoken again.")
]
ChooseOption = Annotated[
    str | None,
    typer.Option(metavar="PLACE=TAKE", help="Use, and keep, this take: 14=2, the second."),
]
