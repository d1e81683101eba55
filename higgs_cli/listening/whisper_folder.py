"""A folder with a Whisper model as CTranslate2 has it: what must lie in it."""

from __future__ import annotations

from pathlib import Path

from higgs_cli.errors import UsageError

WHISPER_FILES = ("model.bin", "config.json", "tokenizer.json")


def check_whisper_folder(folder: Path) -> None:
    """Refuse what is none; opens nothing."""
    for file in WHISPER_FILES:
        if not (folder / file).is_file():
            raise UsageError(f"{folder}: no faster-whisper model: it has no {file}")


def whisper_files(folder: Path) -> list[Path]:
    """All of it that decides what is heard."""
    return [*(folder / name for name in WHISPER_FILES), *sorted(folder.glob("vocabulary.*"))]
