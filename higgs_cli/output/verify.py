"""What of a finished render is no longer what was written."""

from __future__ import annotations

import json
from pathlib import Path

from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.takes.store import TakeStore


def damage_of(output: Path) -> list[str]:
    """Names of damaged files: takes of the store, and the audio when its manifest lies beside."""
    if output.is_dir():
        return list(TakeStore(output).verify())
    try:
        manifest = json.loads(output.with_suffix(".json").read_bytes())
        store, audio = output.parent / manifest["store"], manifest["audio"]
        wanted = audio["sha256"] if audio["path"] == output.name else None
    except (OSError, ValueError, TypeError, KeyError):
        store, wanted = output.with_suffix(".higgs"), None
    damaged = list(TakeStore(store).verify())
    if wanted is not None and bytes_fingerprint(output) != wanted:
        damaged.append(output.name)
    return damaged
