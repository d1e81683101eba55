"""A file or a folder that takes its name only when it is whole and on the disk.

It is made in a folder of its own beside its place, which nobody else can write to, and moved out of
it in one step. What a killed process left is known by its name, and goes with the next write.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_aside(final: Path) -> Iterator[Path]:
    """Make a file or a folder at the path this gives; leaving without an error moves it."""
    prefix = f".higgs-{hashlib.sha256(os.fsencode(final.name)).hexdigest()[:8]}-"
    remove_left_over(final.parent, prefix)
    room = Path(tempfile.mkdtemp(".partial", prefix, final.parent))
    aside = room / final.name
    try:
        yield aside
        for path in [aside, *aside.rglob("*")]:
            _flush(path)
        aside.replace(final)
        _flush(final.parent)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def remove_left_over(folder: Path, prefix: str = ".higgs-") -> None:
    """What killed processes left in a folder that one process alone writes to."""
    for left in folder.glob(f"{prefix}*.partial"):
        shutil.rmtree(left, ignore_errors=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
