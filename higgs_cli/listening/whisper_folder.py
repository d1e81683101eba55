"""A folder with a Whisper model as CTranslate2 has it: what must lie in it."""

from __future__ import annotations

from pathlib import Path

from higgs_cli.errors import UsageError
from higgs_cli.files.plain_file import opened_plain

WEIGHTS = "model.bin"
WHISPER_FILES = (WEIGHTS, "config.json", "tokenizer.json")
KIND, HEAD_BYTES = b"WhisperSpec", 32
"""CTranslate2 writes the kind of a model at the beginning of its weights."""


def check_whisper_folder(folder: Path) -> None:
    """Refuse what is none; of the weights no more than their beginning is read."""
    for file in WHISPER_FILES:
        if not (folder / file).is_file():
            raise UsageError(f"{folder}: no faster-whisper model: it has no {file}")
    try:
        with opened_plain(folder / WEIGHTS) as weights:
            head = weights.read(HEAD_BYTES)
    except OSError as problem:
        raise UsageError(f"{folder / WEIGHTS} cannot be read: {problem.strerror}") from None
    if KIND not in head:
        raise UsageError(f"{folder}: no faster-whisper model: {WEIGHTS} is something else")


def whisper_files(folder: Path) -> list[Path]:
    """All of it that decides what is heard."""
    return [*(folder / name for name in WHISPER_FILES), *sorted(folder.glob("vocabulary.*"))]
