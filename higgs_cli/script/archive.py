"""Archives of a book (EPUB, DOCX) read within bounds: nothing is unpacked to a disk.

Bounds hold for what is really unpacked, never for what the archive says of itself. A name that
leads out of the archive, a link, an encrypted or doubled entry is refused before any is read.
"""

from __future__ import annotations

import io
import posixpath
import stat
import zipfile
import zlib
from urllib.parse import unquote, urlsplit

from higgs_cli.errors import FormatError

MOST_ENTRIES = 20_000
MOST_BYTES = 64 * 1024 * 1024
"""Unpacked, all that is read of one book together."""
MOST_RATIO = 200
RATIO_COUNTS_FROM = 1024 * 1024
BLOCK_BYTES = 1 << 16
DAMAGED = (
    zipfile.BadZipFile,
    NotImplementedError,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    KeyError,
    IndexError,
)
"""All that `zipfile` raises for wrong bytes: a later version of the format is a
NotImplementedError, a wrong password a RuntimeError."""


class Archive:
    """The files of an archive, by their names."""

    def __init__(self, data: bytes, path: str) -> None:
        self.path = path
        self._left = MOST_BYTES
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self._zip.infolist()
        except DAMAGED as error:
            raise FormatError(f"{path}: a damaged archive ({_reason(error)})") from None
        self._entries = _checked(entries, path)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """All of a file, as long as it is within the bounds."""
        entry = self._entries.get(name)
        if entry is None:
            raise FormatError(f"{self.path}: {name} is not in it")
        most = self._left
        if entry.compress_size * MOST_RATIO > RATIO_COUNTS_FROM:
            most = min(most, entry.compress_size * MOST_RATIO)
        else:
            most = min(most, RATIO_COUNTS_FROM)
        try:
            data = self._unpacked(entry, most)
        except DAMAGED as error:
            raise FormatError(f"{self.path}: {name} is damaged ({_reason(error)})") from None
        self._left -= len(data)
        return data

    def _unpacked(self, entry: zipfile.ZipInfo, most: int) -> bytes:
        found = bytearray()
        with self._zip.open(entry) as file:
            while block := file.read(BLOCK_BYTES):
                found += block
                if len(found) > most:
                    raise FormatError(
                        f"{self.path}: {entry.filename} unpacks to too much "
                        f"(more than {most >> 20} MiB)",
                        hint="a book's text is never that large: the archive is not a book",
                    )
        return bytes(found)


def _checked(entries: list[zipfile.ZipInfo], path: str) -> dict[str, zipfile.ZipInfo]:
    if len(entries) > MOST_ENTRIES:
        raise FormatError(f"{path}: more than {MOST_ENTRIES} files in the archive")
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        name = entry.filename
        if name in found:
            raise FormatError(f"{path}: {name!r} is in the archive twice")
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/"):
            raise FormatError(f"{path}: {name!r} leads out of the archive")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise FormatError(f"{path}: {name!r} is a link")
        if entry.flag_bits & 1:
            raise FormatError(f"{path}: encrypted, so that it cannot be read")
        found[name] = entry
    return found


def inner_path(base: str, href: str) -> tuple[str, str] | None:
    """The file that `href`, written in `base`, names within the archive, and the place in it.

    None where it leads anywhere else: to the network, to an absolute path, or out of the archive.
    """
    try:
        parts = urlsplit(href.strip())
    except ValueError:
        return None
    name = unquote(parts.path)
    if parts.scheme or parts.netloc or name.startswith("/") or "\\" in name or "\x00" in name:
        return None
    if not name:
        return base, unquote(parts.fragment)
    joined = posixpath.normpath(posixpath.join(posixpath.dirname(base), name))
    if joined.startswith(("../", "/")) or joined in ("..", "."):
        return None
    return joined, unquote(parts.fragment)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:80] or type(error).__name__
