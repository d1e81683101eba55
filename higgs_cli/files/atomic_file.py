"""Files that appear under their final names only when whole.

Written aside in the same folder, flushed to the disk, renamed, and the folder flushed too. A full
disk is reported with the path and the bytes that were wanted, and is never tried again.

    .higgs-3f09c2d1-9b1e6a0c44d7f852.partial      the final name's hash, then chance

An aside is made exclusively, never opened where something lies already, and written through its
own handle, so that no link can lead it elsewhere; its name fits wherever the final one does. Its
writer holds a lock on it for as long as it lives: what nobody holds was left by a killed process,
and the next write of the same file, or render into the folder, removes it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from higgs_cli.errors import DiskFullError, HiggsError
from higgs_cli.stopping import checkpoint

ASIDE = re.compile(r"\.higgs-[0-9a-f]{8}-[0-9a-f]{16}\.partial")

READ_BYTES = 1 << 20

Note = Callable[[str], None]


def write_whole(path: Path, data: bytes, note: Note | None = None) -> None:
    """Write a small file so that a reader sees all of it or nothing."""
    with written_aside(path, len(data), note) as file:
        file.write(data)


@contextmanager
def written_aside(
    path: Path, wanted_bytes: int = 0, note: Note | None = None
) -> Iterator[BinaryIO]:
    """Yield the file to write to; on success it takes the final name, else it is removed.

    `note` is told its SHA-256 before it has the name.
    """
    with disk_errors(path, wanted_bytes), opened_folder(path.parent) as folder:
        sweep(folder, of=path.name)
        with written_in(folder, path.name) as file:
            yield file
            if note is not None:
                note(_digest(file))


@contextmanager
def folder_written_aside(path: Path) -> Iterator[Path]:
    """The same for a folder that is not there yet, or is empty."""
    with ExitStack() as opened:
        with disk_errors(path, 0):
            path.parent.mkdir(parents=True, exist_ok=True)
            parent = opened.enter_context(opened_folder(path.parent))
            sweep(parent, of=path.name)
            aside, _ = opened.enter_context(_made(parent, path.name, _new_folder))
        yield path.with_name(aside)
        with disk_errors(path, 0):
            _take_name(parent, aside, path.name)


@contextmanager
def written_in(folder: int, name: str, *, lasting: bool = True) -> Iterator[BinaryIO]:
    """A file of a folder that is open; raises what the operating system says.

    Not `lasting`: nothing waits for the disk, and a power failure may leave a part of it.
    """
    with (
        _made(folder, name, _new_file) as (aside, handle),
        os.fdopen(os.dup(handle), "w+b") as file,
    ):
        yield file
        file.flush()
        if lasting:
            os.fsync(handle)
        _take_name(folder, aside, name, lasting=lasting)


def try_writing(path: Path) -> None:
    """Make an aside and remove it: raises what would stand in the way of this file."""
    with opened_folder(path.parent) as folder:
        sweep(folder, of=path.name)
        with _made(folder, path.name, _new_file) as (aside, _):
            os.unlink(aside, dir_fd=folder)


def sweep(folder: int, of: str | None = None) -> None:
    """Remove the asides of an open folder (of one final name) that no living process holds."""
    for name in os.listdir(folder):
        if is_aside(name, of):
            with suppress(OSError):
                _remove_if_dead(folder, name)


def sweep_folder(folder: Path) -> None:
    """The same by its path; what cannot be listed is left as it is."""
    with suppress(OSError), opened_folder(folder) as handle:
        sweep(handle)


def is_aside(name: str, of: str | None = None) -> bool:
    """Whether a name is one that we give (to what is to become `of`)."""
    return bool(ASIDE.fullmatch(name)) and (of is None or name.startswith(_beginning(of)))


@contextmanager
def opened_folder(folder: Path) -> Iterator[int]:
    """A handle of a folder: what is done by it is done there, whatever the path comes to mean."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def disk_errors(path: Path, wanted_bytes: int) -> Iterator[None]:
    """Turn what the operating system says about a write into an error a person can act on."""
    try:
        yield
    except OSError as error:
        raise _explained(error, path, wanted_bytes) from error


@contextmanager
def _made(folder: int, name: str, make: Callable[[str, int], int]) -> Iterator[tuple[str, int]]:
    """An aside of our own making and its handle; nothing of it is left after an error."""
    handle = -1
    while handle < 0:
        aside = f"{_beginning(name)}{os.urandom(8).hex()}.partial"
        handle = make(aside, folder)
        with suppress(OSError):  # not every file system has locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        if not os.fstat(handle).st_nlink:  # swept by another process, before the lock was ours
            os.close(handle)
            handle = -1
    try:
        yield aside, handle
    except BaseException:
        with suppress(OSError):
            _remove(folder, aside, handle)
        raise
    finally:
        os.close(handle)


def _new_file(aside: str, folder: int) -> int:
    return os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666, dir_fd=folder)


def _new_folder(aside: str, parent: int) -> int:
    os.mkdir(aside, dir_fd=parent)
    return os.open(aside, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)


def _take_name(folder: int, aside: str, name: str, *, lasting: bool = True) -> None:
    os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
    if lasting:
        os.fsync(folder)


def _remove_if_dead(folder: int, name: str) -> None:
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(folder, name, handle)
    finally:
        os.close(handle)


def _remove(folder: int, name: str, handle: int) -> None:
    if stat.S_ISDIR(os.fstat(handle).st_mode):
        shutil.rmtree(name, dir_fd=folder)
    else:
        os.unlink(name, dir_fd=folder)


def _digest(file: BinaryIO) -> str:
    """Of all that was written into it."""
    file.flush()
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(READ_BYTES):
        checkpoint()
        digest.update(block)
    return digest.hexdigest()


def _beginning(name: str) -> str:
    return f".higgs-{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}-"


def _explained(error: OSError, path: Path, wanted_bytes: int) -> HiggsError:
    again = "free some space and run the same command again; finished takes are kept"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        size = f" ({wanted_bytes:,} bytes wanted)" if wanted_bytes else ""
        return DiskFullError(f"the disk is full: cannot write {path}{size}", hint=again)
    if error.errno == errno.EROFS:
        return HiggsError(f"cannot write {path}: the file system is read-only")
    if error.errno in (errno.EACCES, errno.EPERM):
        return HiggsError(f"cannot write {path}: permission denied")
    return HiggsError(f"cannot write {path}: {error.strerror or error}")
