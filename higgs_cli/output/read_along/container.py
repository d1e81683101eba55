"""The archive of an EPUB: the mimetype first and as it is, no dates but one, names as given."""

from __future__ import annotations

import shutil
import zipfile
from typing import BinaryIO

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The first date that an archive can hold."""
MEDIA_TYPE = "application/epub+zip"
COPY_BYTES = 1 << 20


class Container:
    """Grows entry by entry."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w")
        self.add("mimetype", MEDIA_TYPE.encode(), packed=False)

    def add(self, name: str, data: bytes, *, packed: bool = True) -> None:
        self._zip.writestr(_entry(name, packed), data)

    def add_file(self, name: str, file: BinaryIO) -> None:
        """What is packed already, from its first byte."""
        file.seek(0)
        with self._zip.open(_entry(name, packed=False), "w", force_zip64=True) as entry:
            shutil.copyfileobj(file, entry, COPY_BYTES)

    def close(self) -> None:
        self._zip.close()


def _entry(name: str, packed: bool) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry
