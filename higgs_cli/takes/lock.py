"""One process at a time on a take store, and on an output; a dead holder's lock is free at once.

Both are held while takes are spoken and mastered, and for no longer. They are two locks because a
store may serve several outputs, and `--store` may give one output several stores. Never waits:
who comes second is told who was first (exit code 75).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.files.atomic_file import disk_errors, opened_folder
from higgs_cli.files.file_lock import locked
from higgs_cli.takes.store import TakeStore

HINT = "wait until it has finished, or choose another output with -o"


@contextmanager
def store_held(folder: Path) -> Iterator[TakeStore]:
    """The store in a folder, opened and held; a folder that is no store of ours is not touched."""
    store = TakeStore(folder)
    store.refuse_foreign()
    with store.hold(f"rendering into {folder}", HINT):
        store.open()
        yield store


@contextmanager
def existing_store_held(folder: Path, doing: str) -> Iterator[TakeStore]:
    """A store that is there already, held while something is done to it."""
    store = TakeStore(folder)
    if not store.exists:
        raise UsageError(f"{folder} is not a take store")
    store.refuse_foreign()
    with store.hold(f"{doing} {folder}", "wait until it has finished"):
        yield store


@contextmanager
def output_held(output: Path) -> Iterator[None]:
    """Hold an output with all that is written beside it under the same name."""
    path = output.with_name(_lock_name(output.stem))
    with ExitStack() as held:
        with disk_errors(output, 0):
            folder = held.enter_context(opened_folder(output.parent))
            held.enter_context(locked(folder, path, f"rendering {output}", hint=HINT))
        yield


@contextmanager
def outputs_held(outputs: Iterable[Path]) -> Iterator[None]:
    """Hold several, as one render writes them."""
    by_name = {(each.parent, each.stem): each for each in outputs}
    with ExitStack() as held:
        for _, output in sorted(by_name.items()):
            held.enter_context(output_held(output))
        yield


def _lock_name(stem: str) -> str:
    """Hidden, of one length, and gone when the lock is."""
    return f".higgs-{hashlib.sha256(os.fsencode(stem)).hexdigest()[:16]}.lock"
