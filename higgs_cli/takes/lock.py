"""One process at a time on one take store; a dead holder's lock is free at once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from higgs_cli.errors import LockedError
from higgs_cli.files.atomic_file import disk_errors

LOCK_NAME = "lock"


@contextmanager
def held_alone(store_folder: Path) -> Iterator[None]:
    """Hold the store, or say who does (exit code 75). Never waits."""
    path = store_folder / LOCK_NAME
    with disk_errors(path, 0):
        store_folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _take(handle, store_folder)
        yield
    finally:
        os.close(handle)


def _take(handle: int, store_folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
        who = f" (process {holder})" if holder else ""
        raise LockedError(
            f"another higgs{who} is rendering into {store_folder}",
            hint="wait until it has finished, or name another output with -o",
        ) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
