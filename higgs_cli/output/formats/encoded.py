"""An encoded file: written aside stretch by stretch, whole under its name or not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.audio.clip import Samples
from higgs_cli.files.atomic_file import Note, written_aside
from higgs_cli.files.hashed_file import KeptDigest
from higgs_cli.output.formats.encoder import encoding_into
from higgs_cli.output.formats.encodings import Encoding
from higgs_cli.output.formats.labels import Labels


@dataclass(frozen=True)
class WrittenSound:
    """What came to lie on the disk."""

    sha256: str
    sample_rate: int
    sample_count: int


def write_encoded_file(
    path: Path,
    pieces: Iterable[Samples],
    sample_rate: int,
    encoding: Encoding,
    labels: Labels,
    note: Note,
) -> WrittenSound:
    """Encode all pieces; `note` is told the SHA-256 before the file has its name."""
    kept = KeptDigest(note)
    # Heads are written last: the file is hashed by reading it again.
    with (
        written_aside(path, note=kept) as file,
        encoding_into(file, encoding, sample_rate, labels) as encoder,
    ):
        for piece in pieces:
            encoder.write(piece)
    return WrittenSound(kept.sha256, encoder.sample_rate, encoder.sample_count)
