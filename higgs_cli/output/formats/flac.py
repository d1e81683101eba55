"""FLAC, streamed through libsndfile; 16 or 24 bits."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from higgs_cli.audio.clip import Samples
from higgs_cli.errors import DiskFullError
from higgs_cli.files.atomic_file import Note, written_aside

SUBTYPES = {"pcm16": "PCM_16", "pcm24": "PCM_24"}


def write_flac(
    path: Path,
    pieces: Iterable[Samples],
    sample_rate: int,
    sample_format: str,
    note: Note | None = None,
) -> None:
    """Write mono samples; the file appears under its name only when all of them are in it."""
    import soundfile

    with written_aside(path, note=note) as aside:
        # By its handle: libsndfile opens no name, so nobody can put another file there.
        form = {"subtype": SUBTYPES[sample_format], "format": "FLAC", "closefd": False}
        try:
            with soundfile.SoundFile(aside.fileno(), "w", sample_rate, 1, **form) as file:
                for piece in pieces:
                    file.write(np.clip(piece, -1.0, 1.0))
        except soundfile.LibsndfileError as error:
            raise DiskFullError(
                f"cannot write {path}: {error}",
                hint="is the disk full? The same command goes on where it stopped",
            ) from error
