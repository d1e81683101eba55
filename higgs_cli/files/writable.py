"""Can a result be written where it was asked for? Asked before hours of work, not after."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from higgs_cli.errors import UsageError


def check_file_place(path: Path) -> None:
    """A file can be written, or written over, in a folder that is there."""
    with _places_named(path):
        if not path.parent.is_dir():
            hint = f"mkdir -p {path.parent}"
            raise UsageError(f"{path}: there is no folder {path.parent}", hint=hint)
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is not a file", hint="name a file in a folder")
        _check_writable(path, path.parent)


def check_folder_place(folder: Path) -> None:
    """A folder can be written to, or made, with those above it."""
    with _places_named(folder):
        whole = folder.absolute()
        lowest = next(one for one in (whole, *whole.parents) if one.exists())
        if not lowest.is_dir():
            raise UsageError(f"{folder}: {lowest} is not a folder")
        _check_writable(folder, lowest)


def _check_writable(asked: Path, folder: Path) -> None:
    if not os.access(folder, os.W_OK):
        raise UsageError(f"{asked}: the folder {folder} cannot be written to")


@contextmanager
def _places_named(path: Path) -> Iterator[None]:
    """A name may be too long even to be asked about."""
    try:
        yield
    except OSError as problem:
        raise UsageError(f"{path} cannot be written: {problem.strerror}") from None
