"""Fingerprints of weight files: hashed once, then remembered by path, size and time of change."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from higgs_cli.errors import HiggsError
from higgs_cli.files.atomic_file import write_whole

READ_BYTES = 1 << 22


def file_fingerprint(path: Path) -> str:
    """SHA-256 of a file, in hex; a file that has not changed is not read again."""
    status = path.stat()
    name = f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}"
    known = _remembered()
    if name not in known:
        known[name] = bytes_fingerprint(path)
        with suppress(HiggsError, OSError):
            memory = _memory_path()
            memory.parent.mkdir(parents=True, exist_ok=True)
            write_whole(memory, json.dumps(known, indent=0, sort_keys=True).encode())
    return known[name]


def files_fingerprint(paths: Iterable[Path]) -> str:
    """One fingerprint of several files and their names."""
    lines = sorted(f"{path.name}\t{file_fingerprint(path)}" for path in paths)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def bytes_fingerprint(path: Path) -> str:
    """SHA-256 of a file, in hex, read now."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _remembered() -> dict[str, str]:
    try:
        known = json.loads(_memory_path().read_bytes())
    except (OSError, ValueError, RuntimeError):
        return {}
    return known if isinstance(known, dict) else {}


def _memory_path() -> Path:
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "higgs" / "fingerprints.json"
