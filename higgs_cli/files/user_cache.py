"""The user's cache folder: what is remembered from one command to the next, one table a file.

`$XDG_CACHE_HOME/higgs/`, else `~/.cache/higgs/`. Losing it costs time and nothing else, so nothing
that goes wrong with it is told.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from higgs_cli.errors import HiggsError
from higgs_cli.files.atomic_file import write_whole
from higgs_cli.files.plain_file import read_plain

MOST_BYTES = 16 << 20


def recall(name: str) -> dict[str, object]:
    """A table by its name; an empty one where there is none, or none that can be read."""
    try:
        return read_table(_path(name))
    except RuntimeError:  # no home folder is known
        return {}


def read_table(path: Path) -> dict[str, object]:
    """The table of a file, wherever it is kept; an empty one where it cannot be read."""
    try:
        table = json.loads(read_plain(path, MOST_BYTES))
    except (OSError, ValueError, RuntimeError):  # a RecursionError is a RuntimeError
        return {}
    return table if isinstance(table, dict) else {}


def remember(name: str, table: Mapping[str, object]) -> None:
    """Keep a table for the next command."""
    with suppress(HiggsError, OSError, RuntimeError):
        path = _path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(table, indent=0, sort_keys=True).encode())


def cache_folder() -> Path:
    """A relative `XDG_CACHE_HOME` counts as none, as its specification says."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    root = named if named.is_absolute() else Path.home() / ".cache"
    return root / "higgs"


def _path(name: str) -> Path:
    return cache_folder() / f"{name}.json"
