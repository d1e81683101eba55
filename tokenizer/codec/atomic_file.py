"""A file that takes its name only when it is whole and on the disk.

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
    """Write to the path this gives; leaving without an error moves it to `final`."""
    prefix = f".higgs-{hashlib.sha256(os.fsencode(final.name)).hexdigest()[:8]}-"
    for left in final.parent.glob(f"{prefix}*.partial"):
        shutil.rmtree(left, ignore_errors=True)
    room = Path(tempfile.mkdtemp(".partial", prefix, final.parent))
    try:
        yield room / final.name
        _flush(room / final.name)
        (room / final.name).replace(final)
        _flush(final.parent)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
