"""The folder that measured clips are kept in: writable, and over no recording."""

from __future__ import annotations

from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.files.writable import check_empty_folder, check_folder_place


def check_clips_folder(audio: Path, teacher: Path | None, *, overwrites: bool) -> None:
    """What is measured for minutes can be kept in the end, and over no recording."""
    check_folder_place(audio)
    if teacher is not None and audio.resolve() == teacher.resolve():
        raise UsageError(
            f"{audio} is the folder of reference recordings: the clips would overwrite them"
        )
    if not overwrites:
        check_empty_folder(
            audio, hint="name another folder, or let clips be replaced with --overwrite"
        )
