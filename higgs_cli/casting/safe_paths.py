"""Files that a voice library names or holds: they never leave its folder."""

from __future__ import annotations

from pathlib import Path

from higgs_cli.errors import VoiceError
from higgs_cli.files.strict_yaml import Node

LONGEST_PATH = 1000
MEND = "copy the file into the library's folder, or say --allow-outside"


def file_inside(
    folder: Path, node: Node, what: str, *, allow_outside: bool, mend: str = MEND
) -> Path:
    """The file that a profile names, relative to the profile's own folder."""
    written = node.text(what)
    if "\x00" in written or "\n" in written or len(written) > LONGEST_PATH:
        raise node.refusal(f"{what} is not a path")
    if not allow_outside and (written.startswith("~") or Path(written).is_absolute()):
        raise node.refusal(f'{what} "{written}" is outside {folder}', mend)
    try:
        path = (folder / Path(written).expanduser()).resolve()
        is_outside = not path.is_relative_to(folder.resolve())
        if is_outside and not allow_outside:
            raise node.refusal(f'{what} "{written}" is outside {folder}', mend)
        if not path.is_file():
            raise node.refusal(f'{what} "{written}": no such file in {folder.resolve()}')
    except (OSError, RuntimeError, ValueError) as error:
        raise node.refusal(f'{what} "{written[:80]}" cannot be opened ({error})') from None
    return path


def refuse_link_out(folder: Path, path: Path, *, allow_outside: bool) -> None:
    """A file that a library's folder holds may not be a link that leads out of it."""
    if not allow_outside and not path.resolve().is_relative_to(folder.resolve()):
        raise VoiceError(f"{path}: is a link to a file outside {folder}", hint=MEND)
