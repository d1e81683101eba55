"""Fingerprints of weight files: hashed once, then remembered by path, size and time of change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from higgs_cli.files.plain_file import opened_plain
from higgs_cli.files.user_cache import recall, remember
from higgs_cli.stopping import checkpoint

READ_BYTES = 1 << 22
CACHE = "fingerprints"


def file_fingerprint(path: Path) -> str:
    """SHA-256 of a file, in hex; a file that has not changed is not read again."""
    digest = known_fingerprint(path)
    if digest is None:
        place, name, known = *_names(path), recall(CACHE)
        digest = bytes_fingerprint(path)
        others = {each: value for each, value in known.items() if not each.startswith(place)}
        remember(CACHE, {**others, name: digest})
    return digest


def known_fingerprint(path: Path) -> str | None:
    """The same where it is remembered: no file is read."""
    digest = recall(CACHE).get(_names(path)[1])
    return digest if isinstance(digest, str) else None


def _names(path: Path) -> tuple[str, str]:
    """What a file's entries in the table begin with, and the entry of the file as it is now."""
    status = path.stat()
    place = f"{path.resolve()}|"
    return place, f"{place}{status.st_size}|{status.st_mtime_ns}"


def files_fingerprint(paths: Iterable[Path]) -> str:
    """One fingerprint of several files and their names."""
    lines = sorted(f"{path.name}\t{file_fingerprint(path)}" for path in paths)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def bytes_fingerprint(path: Path) -> str:
    """SHA-256 of a file, in hex, read now."""
    digest = hashlib.sha256()
    with opened_plain(path) as file:
        while block := file.read(READ_BYTES):
            checkpoint()
            digest.update(block)
    return digest.hexdigest()
