"""FLAC, streamed through libsndfile; 16 or 24 bits."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import Samples
from higgs_cli.errors import DiskFullError
from higgs_cli.files.atomic_file import Note, written_aside
from higgs_cli.output.formats.whole_numbers import whole_numbers

SUBTYPES = {"pcm16": "PCM_16", "pcm24": "PCM_24"}


def write_flac(
    path: Path,
    pieces: Iterable[NDArray[np.integer]],
    sample_rate: int,
    sample_format: str,
    note: Note | None = None,
) -> str:
    """Write mono samples that are `flac_numbers`; returns the SHA-256 of the file.

    It appears under its name only when all of them are in it.
    """
    import soundfile

    digests: list[str] = []

    def noted(digest: str) -> None:
        digests.append(digest)
        if note is not None:
            note(digest)

    with written_aside(path, note=noted) as aside:
        # By its handle: libsndfile opens no name, so nobody can put another file there.
        form = {"subtype": SUBTYPES[sample_format], "format": "FLAC", "closefd": False}
        try:
            with soundfile.SoundFile(aside.fileno(), "w", sample_rate, 1, **form) as file:
                for piece in pieces:
                    file.write(piece)
        except soundfile.LibsndfileError as error:
            raise DiskFullError(
                f"cannot write {path}: {error}",
                hint="is the disk full? The same command goes on where it stopped",
            ) from error
    return digests[0]


def flac_numbers(samples: Samples, sample_format: str) -> NDArray[np.integer]:
    """Samples as libsndfile takes them: what is not in the file is in the lowest bits."""
    numbers = whole_numbers(samples, sample_format)
    return numbers << 8 if sample_format == "pcm24" else numbers
