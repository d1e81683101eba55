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
    epilog="Examples: higgs store list audio/ · higgs store copy s3://audio/emma.higgs emma.higgs "
    "· higgs store clear emma.higgs --dry-run · higgs store clear-sound chapter.wav",
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


@store_app.command(
    "list",
    epilog="Examples: higgs store list audio/ · higgs store list s3://audio/ --json.",
)
def show(
    folders: Annotated[list[Path], typer.Argument(help="Folders with take stores in them.")],
    as_json: JsonOption = False,
) -> None:
    """List the take stores of folders: takes, sizes, and what no manifest names any more."""
    from higgs_cli.jobs.store_care import all_facts

    out.mode = "json" if as_json else "human"
    found = list(all_facts(folders))
    if as_json:
        out.document(
            [
                {
                    "store": str(each.folder),
                    "takes": each.take_count,
                    "take_bytes": each.take_bytes,
                    "sound_bytes": each.sound_bytes,
                    "unnamed_takes": each.unnamed_count,
                }
                for each in found
            ]
        )
        return
    rows = [
        (
            str(each.folder),
            f"{each.take_count:,}",
            f"{each.take_bytes / 1e6:,.1f} MB",
            f"{each.sound_bytes / 1e6:,.1f} MB",
            "no manifest" if each.unnamed_count is None else f"{each.unnamed_count:,}",
        )
        for each in found
    ]
    out.table(("store", "takes", "size", "sound", "named by none"), rows)


@store_app.command(
    "copy",
    epilog="Examples: higgs store copy book.higgs s3://audio/book.higgs · "
    "higgs store copy s3://audio/book.higgs book.higgs. What is there already is not copied again.",
)
def copy(
    source: Annotated[Path, typer.Argument(help="A take store.")],
    target: Annotated[Path, typer.Argument(help="Where all of it is to be, too.")],
) -> None:
    """Copy a take store, between folders and object stores, each take checked on its way."""
    from higgs_cli.jobs.store_care import copy_store

    def say(number: int, count: int) -> None:
        if number % 1000 == 0:
            out.say(f"{number:,} of {count:,} files")

    copied = copy_store(source, target, say)
    out.say(f"{copied:,} files copied")


@store_app.command(
    "clear",
    epilog="Examples: higgs store clear book.higgs --dry-run · "
    "higgs store clear takes.higgs --manifest one.json --manifest two.json. "
    "Locked takes stay, and all takes of a line that a manifest names.",
)
def clear(
    store: Annotated[Path, typer.Argument(help="A take store.")],
    manifests: Annotated[
        list[Path] | None,
        typer.Option("--manifest", help="A manifest of this store that does not lie beside it."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
) -> None:
    """Remove takes that no manifest names any more: of lines that were edited or taken out."""
    from higgs_cli.jobs.store_care import clear_unnamed

    count, size = clear_unnamed(store, manifests or [], dry=dry_run)
    done = "would be removed" if dry_run else "removed"
    out.say(f"{count:,} takes {done}, {size / 1e6:,.1f} MB")
