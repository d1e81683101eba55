"""A lock between processes: a file that is there only while it is held; a dead holder's is free.

Nothing is ever written into a file that is not such a lock: links, devices and whatever else has
the name are refused.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from higgs_cli.errors import LockedError, UsageError
from higgs_cli.files.plain_file import read_plain

HOLDER = re.compile(rb"\d{0,19}\n?")
ASKED_AGAIN_SECONDS = 0.02


@contextmanager
def locked(
    folder: int, path: Path, doing: str, *, hint: str | None = None, seconds: float = 0.0
) -> Iterator[None]:
    """Hold the lock of this name in an open folder, or say which process is `doing` that.

    Waits so many seconds at most. `path` is the name as a person would write it.
    """
    handle = _taken(folder, path, doing, hint, time.monotonic() + seconds)
    try:
        yield
    finally:
        with suppress(OSError):
            if _is_named(folder, path, handle):
                os.unlink(path.name, dir_fd=folder)
        fcntl.flock(handle, fcntl.LOCK_UN)  # for processes forked meanwhile, too
        os.close(handle)


def holder_of(path: Path) -> int | None:
    """The process that holds the lock of this name, as far as can be seen without touching it."""
    try:
        written = read_plain(path, 21, follows_links=False)
    except OSError:
        return None
    if not HOLDER.fullmatch(written) or not written.strip():
        return None
    holder = int(written)
    try:
        os.kill(holder, 0)
    except PermissionError:  # of another user
        return holder
    except (OSError, OverflowError):
        return None
    return holder


def _taken(folder: int, path: Path, doing: str, hint: str | None, deadline: float) -> int:
    """Whoever had it removed the name as it went: what counts is the file that has it now."""
    while True:
        handle = _opened(folder, path)
        try:
            holder = _holder(handle, path)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_named(folder, path, handle):
                _sign(handle)
                return handle
            os.close(handle)
        except BlockingIOError:
            os.close(handle)
            if time.monotonic() >= deadline:
                who = f" (process {holder})" if holder else ""
                raise LockedError(f"another higgs{who} is {doing}", hint=hint) from None
            time.sleep(ASKED_AGAIN_SECONDS)
        except BaseException:
            os.close(handle)
            raise


def _opened(folder: int, path: Path) -> int:
    flags = os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        return os.open(path.name, flags | os.O_RDWR | os.O_CREAT, 0o666, dir_fd=folder)
    except PermissionError:  # of another user's process, which may hold it
        return os.open(path.name, flags | os.O_RDONLY, dir_fd=folder)
    except OSError as problem:
        if problem.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            raise _refused(path) from None
        raise


def _holder(handle: int, path: Path) -> str:
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        raise _refused(path)
    written = os.pread(handle, 21, 0)
    if not HOLDER.fullmatch(written):
        raise _refused(path)
    return written.decode().strip()


def _sign(handle: int) -> None:
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)


def _is_named(folder: int, path: Path, handle: int) -> bool:
    try:
        named = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(named, os.fstat(handle))


def _refused(path: Path) -> UsageError:
    return UsageError(f"{path} is not a lock file of higgs", hint="move it away and try again")
