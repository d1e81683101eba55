"""`higgs store`: what may be done with a take store."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption

store_app = typer.Typer(
    name="store",
    help="Look after take stores.",
    no_args_is_help=True,
    rich_markup_mode=None,
    epilog="Example: higgs store clear-sound chapter.wav",
)


@store_app.callback()
def store() -> None:
    """Look after take stores."""


@store_app.command(
    "clear-sound",
    epilog="Examples: higgs store clear-sound chapter.wav · higgs store clear-sound chapter.higgs. "
    "Takes are left as they are: the next render decodes them again.",
)
def clear_sound(
    outputs: Annotated[
        list[Path], typer.Argument(help="Rendered audio files, or their .higgs folders.")
    ],
    store: Annotated[
        Path | None, typer.Option("--store", help="Where the takes lie, if not beside the audio.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Remove the decoded sound that is kept beside takes, and say how much that freed."""
    from higgs_cli.output.manifest.read import store_beside
    from higgs_cli.takes.lock import existing_store_held

    out.mode = "json" if as_json else "human"
    folders = {store_beside(output, store).resolve(): output for output in outputs}
    with ExitStack() as held:  # all of them are there before any is touched
        stores = [
            held.enter_context(
                existing_store_held(store_beside(output, store), "clearing the sound of")
            )
            for output in folders.values()
        ]
        freed = sum(opened.sounds.trim(0) for opened in stores)
    if as_json:
        out.document({"freed_bytes": freed})
    out.say(f"{freed / 1e6:,.1f} MB freed")
