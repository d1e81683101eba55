"""Paths that a profile names: they never leave its folder, and only files are opened."""

from __future__ import annotations

from pathlib import Path

from higgs_cli.files.strict_yaml import Node

LONGEST_PATH = 1000


def file_inside(folder: Path, node: Node, what: str, *, allow_outside: bool) -> Path:
    """The file that a profile names, relative to the profile's own folder."""
    written = node.text(what)
    if "\x00" in written or "\n" in written or len(written) > LONGEST_PATH:
        raise node.refusal(f"{what} is not a path")
    mend = "copy the file into the profile's folder, or say --allow-outside"
    if not allow_outside and (written.startswith("~") or Path(written).is_absolute()):
        raise node.refusal(f'{what} "{written}" is outside {folder}', mend)
    try:
        path = (folder / Path(written).expanduser()).resolve()
        is_outside = not path.is_relative_to(folder.resolve())
        if is_outside and not allow_outside:
            raise node.refusal(f'{what} "{written}" is outside {folder}', mend)
        if not path.is_file():
            raise node.refusal(f'{what} "{written}": no such file in {folder}')
    except (OSError, RuntimeError, ValueError) as error:
        raise node.refusal(f'{what} "{written[:80]}" cannot be opened ({error})') from None
    return path
