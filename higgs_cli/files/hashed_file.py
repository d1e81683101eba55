"""A file that is hashed while it is written, from front to back: nobody reads it again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from higgs_cli.files.atomic_file import Note, written_aside


class KeptDigest:
    """A `Note` that keeps the SHA-256 of a file, and passes it on."""

    def __init__(self, note: Note | None = None) -> None:
        self._note = note
        self.sha256 = ""
        """Until it is known."""

    def __call__(self, digest: str) -> None:
        self.sha256 = digest
        if self._note is not None:
            self._note(digest)


class HashedFile:
    """Only ever written to at its end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._hash.update(data)

    @property
    def digest(self) -> str:
        """SHA-256 of what was written so far, in hex."""
        return self._hash.hexdigest()


@contextmanager
def hashed_aside(
    path: Path, wanted_bytes: int = 0, note: Note | None = None
) -> Iterator[HashedFile]:
    """As `written_aside`, for a file that is written from front to back."""
    with written_aside(path, wanted_bytes) as file:
        hashed = HashedFile(file)
        yield hashed
        if note is not None:
            note(hashed.digest)
