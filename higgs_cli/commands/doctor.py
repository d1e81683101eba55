"""`higgs doctor`: what is here, what works, and what to do about the rest."""

from __future__ import annotations

from typing import Annotated

import typer

from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, QuietOption

EPILOG = """Examples: higgs doctor · higgs doctor --json · higgs doctor --verify. Nothing is changed
and the network is not asked. Exit codes: 0 no problem, 1 something is to be mended."""


def doctor(
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every byte of downloaded weights; takes minutes.")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Examine device, memory, packages, checkpoints, folders and terminal."""
    from higgs_cli.terminal.doctor_view import show_symptoms
    from higgs_cli.tools.doctor import examine

    out.mode = "json" if as_json else "quiet" if quiet else "human"
    raise typer.Exit(show_symptoms(examine(verifies=verify), out))
