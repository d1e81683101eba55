"""Files that appear under their final names only when whole.

Written aside in the same folder, flushed to the disk, renamed, and the folder flushed too. A full
disk is reported with the path and the bytes that were wanted, and is never tried again.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from higgs_cli.errors import DiskFullError, HiggsError

PARTIAL_SUFFIX = ".partial"


def write_whole(path: Path, data: bytes) -> None:
    """Write a small file so that a reader sees all of it or nothing."""
    with written_aside(path) as aside, disk_errors(path, len(data)), aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Yield the name to write to; on success it takes the final name, else it is removed.

    The caller flushes what it writes. The name is fixed, so that what a killed process left is
    overwritten by the next one; locks keep two living ones apart.
    """
    aside = path.with_name(f".{path.name}{PARTIAL_SUFFIX}")
    try:
        yield aside
        with disk_errors(path, 0):
            aside.replace(path)
            flush_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


@contextmanager
def disk_errors(path: Path, wanted_bytes: int) -> Iterator[None]:
    """Turn what the operating system says about a write into an error a person can act on."""
    try:
        yield
    except OSError as error:
        raise _explained(error, path, wanted_bytes) from error


def flush_folder(folder: Path) -> None:
    """Make a rename survive a power failure."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _explained(error: OSError, path: Path, wanted_bytes: int) -> HiggsError:
    again = "free some space and start the same command again; finished takes are kept"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        size = f" ({wanted_bytes:,} bytes wanted)" if wanted_bytes else ""
        return DiskFullError(f"the disk is full: cannot write {path}{size}", hint=again)
    if error.errno == errno.EROFS:
        return HiggsError(f"cannot write {path}: the file system is read-only")
    if error.errno in (errno.EACCES, errno.EPERM):
        return HiggsError(f"cannot write {path}: permission denied")
    return HiggsError(f"cannot write {path}: {error.strerror or error}")
