"""Files that a user's file names, or that a voice library holds: they never leave its folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from higgs_cli.errors import HiggsError, VoiceError
from higgs_cli.files.strict_yaml import Node

LONGEST_PATH = 1000
MEND = "copy the file into the library's folder, or say --allow-outside"


Refuse = Callable[[str, str | None], HiggsError]
"""Makes the refusal of a message and a hint: it knows where the path was written."""


def file_inside(
    folder: Path, node: Node, what: str, *, allow_outside: bool, mend: str = MEND
) -> Path:
    """The file that a profile names, relative to the profile's own folder."""
    return named_inside(
        folder, node.text(what), what, node.refusal, allow_outside=allow_outside, mend=mend
    )


def named_inside(
    folder: Path, written: str, what: str, refuse: Refuse, *, allow_outside: bool, mend: str = MEND
) -> Path:
    """The file that a user's file names, relative to the folder of that file."""
    where = folder_shown(folder)
    if "\x00" in written or "\n" in written or len(written) > LONGEST_PATH:
        raise refuse(f"{what} is not a path", None)
    if not allow_outside and (written.startswith("~") or Path(written).is_absolute()):
        raise refuse(f'{what} "{written}" is outside {where}', mend)
    try:
        path = (folder / Path(written).expanduser()).resolve()
        is_outside = not path.is_relative_to(folder.resolve())
        if is_outside and not allow_outside:
            raise refuse(f'{what} "{written}" is outside {where}', mend)
        if not path.is_file():
            raise refuse(f'{what} "{written}": no such file in {where}', None)
    except (OSError, RuntimeError, ValueError) as error:
        raise refuse(f'{what} "{written[:80]}" cannot be opened ({error})', None) from None
    return path


def folder_shown(folder: Path) -> str:
    """As a sentence names it: the folder one stands in has no name."""
    return "the current folder" if folder == Path() else str(folder)


def refuse_link_out(folder: Path, path: Path, *, allow_outside: bool) -> None:
    """A file that a library's folder holds may not be a link that leads out of it."""
    if not allow_outside and not path.resolve().is_relative_to(folder.resolve()):
        raise VoiceError(f"{path}: is a link to a file outside {folder}", hint=MEND)
