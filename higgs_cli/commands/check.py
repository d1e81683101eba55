"""`higgs check`: does a delivered file measure as it should, where it goes?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, QuietOption

EPILOG = """Examples: higgs check chapter.mp3 --delivery acx · higgs check *.mp3 --json ·
higgs check episode.m4b --delivery podcast. Exit code 0: everything passes; 1: something does not;
2: a file cannot be read."""


def check(
    files: Annotated[list[Path], typer.Argument(help="Delivered files, in any audio format.")],
    delivery: Annotated[
        str,
        typer.Option(
            metavar="audiobook|podcast|acx", help="Where they go, and so what is asked of them."
        ),
    ] = "audiobook",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Measure delivered files: levels, noise, head and tail, rates, length; pass or fail."""
    from higgs_cli.terminal.check_view import show_checked
    from higgs_cli.tools.delivery_check import check_files
    from higgs_cli.tools.delivery_rules import RULES

    out.mode = "json" if as_json else "quiet" if quiet else "human"
    if delivery not in RULES:
        raise UsageError(f"--delivery {delivery} is not known", hint=", ".join(RULES))
    raise typer.Exit(show_checked(check_files(files, RULES[delivery]), delivery, out))
