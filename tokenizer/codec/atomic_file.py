"""A file that takes its name only when it is whole and on the disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_aside(final: Path) -> Iterator[Path]:
    """Write to the path this gives; leaving without an error renames it to `final`.

    It lies in the same folder, so that the renaming is one step; after an error nothing is left.
    """
    handle, name = tempfile.mkstemp(prefix=f".{final.stem}.", suffix=final.suffix, dir=final.parent)
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        # mkstemp gives files to their owner alone; the final one is as any other.
        umask = os.umask(0)
        os.umask(umask)
        aside.chmod(0o666 & ~umask)
        aside.replace(final)
    finally:
        aside.unlink(missing_ok=True)
