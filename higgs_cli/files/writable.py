"""Can a result be written where it was asked for? Asked before hours of work, not after.

Asked of the file system itself, by making an aside there and removing it: permissions, read-only
disks, quotas and lengths of names are for it to decide.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.files.atomic_file import disk_errors, try_writing

FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
OF_THE_DEVICE = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.ESTALE, errno.EMFILE, errno.ENFILE)
"""Nobody's mistake: another name would meet it as well."""
OVERWRITE_HINT = "move it away, name another output with -o, or let it be replaced with --overwrite"


def check_file_place(
    path: Path, *, inputs: Iterable[Path] = (), beside: Iterable[str] = ()
) -> None:
    """A file can be written, or written over, in a folder that is there; and it is no input.

    The same for files of the same name with the endings `beside`: they may be longer than its own.
    """
    with _places_named(path):
        if not path.parent.is_dir():
            hint = f"mkdir -p {path.parent}"
            raise UsageError(f"{path}: there is no folder {path.parent}", hint=hint)
        for each in (path, *(path.with_suffix(ending) for ending in beside)):
            if _is_there(each):
                _check_what_is_there(each, inputs)
        _check_writable(path, path)


def check_new_file(
    path: Path, *, overwrites: bool, inputs: Iterable[Path] = (), hint: str = OVERWRITE_HINT
) -> None:
    """The same for a file that takes the place of no other, unless that was said."""
    check_file_place(path, inputs=inputs)
    if not overwrites and _is_there(path):
        raise UsageError(f"{path} is there already", hint=hint)


def check_folder_place(folder: Path) -> None:
    """A folder can be written to, or made, with those above it."""
    with _places_named(folder):
        whole = folder.absolute()
        missing = []
        while not _is_there(whole):
            missing.append(whole.name)
            whole = whole.parent
        if not whole.is_dir():
            raise UsageError(f"{folder}: {whole} is not a folder")
        for name in missing:
            _is_there(whole / name)  # raises if the name is too long here
        _check_writable(folder, whole / (folder.name or "any"))


def check_empty_folder(folder: Path, *, hint: str) -> None:
    """The same for a folder that is not there yet, or has nothing in it."""
    check_folder_place(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} exists already, and is not empty", hint=hint)


def check_new_folder(folder: Path) -> None:
    """A folder that is not there can be made; one that is there is not touched."""
    with _places_named(folder):
        if not _is_there(folder):
            check_folder_place(folder)


def check_current_folder() -> None:
    """It may have been deleted under us, and libraries do not say so when they are loaded."""
    try:
        Path.cwd()
    except FileNotFoundError:
        hint = "go to a folder that is there"
        raise UsageError("the current folder has been deleted", hint=hint) from None


def _check_what_is_there(path: Path, inputs: Iterable[Path]) -> None:
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="name a file in it")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file", hint="name a file in a folder")
    if any(_is_same(path, given) for given in inputs):
        raise UsageError(f"{path} is an input: it is not overwritten", hint="name another file")


def _is_same(path: Path, given: Path) -> bool:
    try:
        return path.samefile(given)
    except (OSError, ValueError):  # not there, or no name at all
        return False


def _is_there(path: Path) -> bool:
    """Also a link that leads nowhere; a name that is too long is an error."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _check_writable(asked: Path, tried: Path) -> None:
    try:
        try_writing(tried)
    except OSError as problem:
        if problem.errno not in FORBIDDEN:
            raise
        raise UsageError(f"{asked}: the folder {tried.parent} cannot be written to") from None


@contextmanager
def _places_named(path: Path) -> Iterator[None]:
    """A name may be too long even to be asked about: a mistake, unlike a disk that fails."""
    with disk_errors(path, 0):
        try:
            yield
        except OSError as problem:
            if problem.errno in OF_THE_DEVICE:
                raise
            raise UsageError(f"{path} cannot be written: {problem.strerror}") from None
