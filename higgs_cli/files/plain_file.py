"""Files that a person or a record names: plain ones alone are opened, and never read without end.

A pipe would be waited for, a device has no end: neither is even opened. What stands in the way is
an `OSError`, as with any other file that cannot be read.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

HANDED_OVER = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""Pipes that a shell has opened for us: `higgs render <(…)`."""
BLOCK_BYTES = 1 << 16


def read_plain(
    path: str | Path, most_bytes: int, *, follows_links: bool = True, takes_pipes: bool = False
) -> bytes:
    """All of a file, if it is no larger than that; `takes_pipes`: also of one handed over."""
    if takes_pipes and str(path).startswith(HANDED_OVER):
        handle = os.open(path, os.O_RDONLY)
    else:
        handle = _opened(path, follows_links)
    try:
        return _all_of(handle, path, most_bytes)
    finally:
        os.close(handle)


@contextmanager
def opened_plain(path: str | Path) -> Iterator[BinaryIO]:
    """A file to be read in blocks, however large it is."""
    with os.fdopen(_opened(path, follows_links=True), "rb") as file:
        yield file


def _opened(path: str | Path, follows_links: bool) -> int:
    """Asked before, since to open a device may be to use it, and after, of what was opened."""
    _check(path, os.stat(path, follow_symlinks=follows_links))  # noqa: PTH116
    flags = os.O_RDONLY | os.O_NONBLOCK | (0 if follows_links else os.O_NOFOLLOW)
    handle = os.open(path, flags)
    try:
        _check(path, os.fstat(handle))
    except BaseException:
        os.close(handle)
        raise
    return handle


def _check(path: str | Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a plain file", str(path))


def _all_of(handle: int, path: str | Path, most_bytes: int) -> bytes:
    """What a file says of its size is a guess: it may grow, and some say nothing."""
    size = os.fstat(handle).st_size
    data = os.read(handle, min(size, most_bytes) + 1)
    while len(data) <= most_bytes and (more := os.read(handle, BLOCK_BYTES)):
        data += more
    if max(size, len(data)) > most_bytes:
        limit = f"{most_bytes >> 20} MiB" if most_bytes >= 1 << 20 else f"{most_bytes:,} bytes"
        raise OSError(errno.EFBIG, f"larger than {limit}", str(path))
    return data
