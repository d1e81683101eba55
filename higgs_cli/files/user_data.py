"""The user's data folder: what a person answered, one small file an answer.

`$XDG_DATA_HOME/higgs/`, else `~/.local/share/higgs/`. It is nobody's cache: what is lost is asked
again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from higgs_cli.errors import HiggsError
from higgs_cli.files.atomic_file import disk_errors, write_whole
from higgs_cli.files.user_cache import read_table


def answer(name: str) -> dict[str, object]:
    """What was answered; nothing where nobody did, or where it cannot be read."""
    with suppress(HiggsError):
        return read_table(data_folder() / f"{name}.json")
    return {}


def keep_answer(name: str, value: Mapping[str, object]) -> None:
    """Write it down for the commands to come."""
    path = data_folder() / f"{name}.json"
    with disk_errors(path, 0):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(value, indent=0, ensure_ascii=False).encode())


def data_folder() -> Path:
    """A relative `XDG_DATA_HOME` counts as none, as its specification says."""
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (named if named.is_absolute() else _home() / ".local" / "share") / "higgs"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise HiggsError(
            "no home folder is known", hint="name a folder for answers: XDG_DATA_HOME"
        ) from None
