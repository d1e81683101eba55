"""Where named data is kept: a few verbs, behind which a folder stands; an object store could.

Names are relative, with `/` between their parts. A folder that comes from elsewhere may hold links,
pipes and devices: nothing is read, written or removed through them, at any level.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from higgs_cli.errors import FormatError, HiggsError, UsageError
from higgs_cli.files.atomic_file import disk_errors, is_aside, sweep, written_in
from higgs_cli.files.file_lock import locked
from higgs_cli.files.plain_file import read_plain

MOST_BYTES = 64 << 20
"""Of one piece of data; it is held in memory."""
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@dataclass(frozen=True)
class Entry:
    """A piece of data that is kept, without what is in it."""

    name: str
    size: int
    written_at: float
    """Seconds since 1970, by the clock of the place."""


class Place(Protocol):
    """What a store asks of the place it lies in."""

    def read(self, name: str) -> bytes | None:
        """All of it, or None; a `FormatError` where something lies that is no data."""

    def write_whole(self, name: str, data: bytes) -> None:
        """Readers see the old, or all of the new; it survives a power failure."""

    def write_passing(self, name: str, *parts: bytes | memoryview) -> None:
        """The same without waiting for the disk: after a power failure a part of it may lie
        there, so a reader must be able to tell."""

    def free_bytes(self) -> int:
        """How much more can be written."""

    def entries(self, folder: str) -> list[Entry]:
        """The pieces of data directly in a folder, in order."""

    def names(self, folder: str = "") -> list[str]:
        """What lies directly in a folder, in order; the names of folders end in `/`."""

    def remove(self, name: str) -> None:
        """If it is there."""

    def set_aside(self, name: str) -> None:
        """Keep what is damaged out of the way, under a name that ends in `.damaged`."""

    def lock(
        self, name: str, doing: str, *, hint: str | None = None, seconds: float = 0.0
    ) -> AbstractContextManager[None]:
        """Hold it alone, or say that another higgs is `doing` that; free when a holder dies."""

    def sweep(self, folder: str = "") -> None:
        """Remove what killed processes left of their writes directly in a folder."""


class LocalPlace:
    """A folder of this machine, which need not be there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._checked: set[str] = set()

    def read(self, name: str) -> bytes | None:
        try:
            self._check_folder("/".join(_parts(name)[:-1]))
            return read_plain(f"{self.path}/{name}", MOST_BYTES, follows_links=False)
        except FileNotFoundError:
            return None
        except OSError as problem:
            if problem.errno in (errno.EINVAL, errno.EISDIR, errno.ELOOP):
                raise FormatError(f"{name}: not a plain file") from None
            if problem.errno == errno.EFBIG:
                raise FormatError(f"{name}: {problem.strerror}") from None
            raise HiggsError(f"cannot read {self.path / name}: {problem.strerror}") from problem

    def write_whole(self, name: str, data: bytes) -> None:
        with (
            disk_errors(self.path / name, len(data)),
            self._holder(name, makes=True) as (folder, last),
            written_in(folder, last) as file,
        ):
            file.write(data)

    def write_passing(self, name: str, *parts: bytes | memoryview) -> None:
        with (
            disk_errors(self.path / name, sum(map(len, parts))),
            self._holder(name, makes=True) as (folder, last),
            written_in(folder, last, lasting=False) as file,
        ):
            file.writelines(parts)

    def free_bytes(self) -> int:
        with disk_errors(self.path, 0):
            status = os.statvfs(self.path)
        return status.f_bavail * status.f_frsize

    def entries(self, folder: str) -> list[Entry]:
        found = []
        for name in self.names(folder):
            with suppress(OSError), self._holder(f"{folder}/{name.rstrip('/')}") as (opened, last):
                status = os.stat(last, dir_fd=opened, follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    found.append(Entry(f"{folder}/{name}", status.st_size, status.st_mtime))
        return found

    def names(self, folder: str = "") -> list[str]:
        try:
            with self._folder(_parts(folder)) as opened, os.scandir(opened) as entries:
                return sorted(
                    entry.name + "/" * entry.is_dir(follow_symlinks=False)
                    for entry in entries
                    if not is_aside(entry.name)
                )
        except FileNotFoundError:
            return []
        except OSError as problem:
            raise HiggsError(f"cannot read {self.path / folder}: {problem.strerror}") from problem

    def remove(self, name: str) -> None:
        with (
            disk_errors(self.path / name, 0),
            suppress(FileNotFoundError),
            self._holder(name) as (folder, last),
        ):
            os.unlink(last, dir_fd=folder)

    def set_aside(self, name: str) -> None:
        damaged = PurePosixPath(name).with_suffix(".damaged").name
        with suppress(OSError), self._holder(name) as (folder, last):
            os.rename(last, damaged, src_dir_fd=folder, dst_dir_fd=folder)

    @contextmanager
    def lock(
        self, name: str, doing: str, *, hint: str | None = None, seconds: float = 0.0
    ) -> Iterator[None]:
        path = self.path / name
        with ExitStack() as held:
            with disk_errors(path, 0):
                folder, _ = held.enter_context(self._holder(name, makes=True))
                held.enter_context(locked(folder, path, doing, hint=hint, seconds=seconds))
            yield

    def sweep(self, folder: str = "") -> None:
        with (
            disk_errors(self.path / folder, 0),
            suppress(FileNotFoundError),
            self._folder(_parts(folder)) as opened,
        ):
            sweep(opened)

    def _check_folder(self, folder: str) -> None:
        """No link leads to it. Asked once: who could put one there later could change what is read
        as well; whatever is written asks each time."""
        if folder not in self._checked:
            with self._folder(_parts(folder)):
                self._checked.add(folder)

    @contextmanager
    def _holder(self, name: str, *, makes: bool = False) -> Iterator[tuple[int, str]]:
        """The open folder in which a name's last part lies, and that part."""
        *folders, last = _parts(name)
        with self._folder(folders, makes=makes) as folder:
            yield folder, last

    @contextmanager
    def _folder(self, parts: Sequence[str], *, makes: bool = False) -> Iterator[int]:
        """A handle of a folder inside; each on the way is opened from the one above it."""
        if makes:
            with suppress(FileExistsError):
                self.path.mkdir(parents=True)
        path = self.path
        handle = _opened(path, str(path), None)
        try:
            for part in parts:
                path = path / part
                if makes:
                    with suppress(FileExistsError):
                        os.mkdir(part, dir_fd=handle)
                deeper = _opened(path, part, handle)
                os.close(handle)
                handle = deeper
            yield handle
        finally:
            os.close(handle)


def _parts(name: str) -> list[str]:
    """Of a relative name that leads nowhere else."""
    parts = name.split("/") if name else []
    if any(part in ("", ".", "..") or "\x00" in part for part in parts):
        raise FormatError(f"{name!r} is not a name in a store")
    return parts


def _opened(path: Path, name: str, above: int | None) -> int:
    try:
        return os.open(name, FOLDER, dir_fd=above)
    except OSError as problem:
        if problem.errno not in (errno.ENOTDIR, errno.ELOOP):
            raise
        if not path.is_symlink():
            raise UsageError(f"{path} is not a folder", hint="move it away") from None
        hint = f"name the folder itself: {path.resolve()}" if above is None else "remove it"
        raise UsageError(f"{path} is a link, and links are not followed here", hint=hint) from None
