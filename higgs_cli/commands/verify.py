"""`higgs verify`: every byte of a take store and of its audio; or of what came with the package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption

EPILOG = """Examples: higgs verify chapter.wav · higgs verify chapter.higgs · higgs verify *.wav ·
higgs verify. Exit code 0: everything is intact; 1: something is damaged, and named. The next render
speaks a damaged take again."""


def verify(
    outputs: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Rendered audio files, manifests or .higgs folders; none: what is installed."
        ),
    ] = None,
    store: Annotated[
        Path | None, typer.Option("--store", help="Where the takes lie, if not beside the audio.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check that takes and audio, or the installed model and voices, are what was written."""
    from higgs_cli.files.installation import damaged_installation
    from higgs_cli.output.verify import damage_of, stale_beside

    out.mode = "json" if as_json else "human"
    damaged = [] if outputs else damaged_installation()
    for output in outputs or ():
        damaged += damage_of(output, store)
    stale = sorted({name for output in outputs or () for name in stale_beside(output)})
    if as_json:
        out.document({"damaged": damaged, "stale": stale})
    for name in damaged if not as_json else ():
        out.result(name)
    for name in stale:
        out.say(
            f"{name} is as it was written, but of other takes, settings or chapters than the rest"
        )
    out.say(f"{len(damaged)} damaged" if damaged else "everything is intact")
    raise typer.Exit(1 if damaged else 0)
