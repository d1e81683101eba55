"""What of a finished render is no longer what was written."""

from __future__ import annotations

import json
from pathlib import Path

from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.takes.store import TakeStore


def damage_of(output: Path) -> list[str]:
    """Names of damaged files: takes of the store; audio and subtitles by the manifest beside."""
    if output.is_dir():
        return list(TakeStore(output).verify())
    try:
        manifest = json.loads(output.with_suffix(".json").read_bytes())
        store, audio = output.parent / manifest["store"], manifest["audio"]
        described = [audio, *manifest.get("subtitles", ())] if audio["path"] == output.name else []
        wanted = {Path(each["path"]).name: each["sha256"] for each in described}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        store, wanted = output.with_suffix(".higgs"), {}
    damaged = list(TakeStore(store).verify())
    for name, digest in wanted.items():
        path = output.with_name(name)
        if not path.is_file() or bytes_fingerprint(path) != digest:
            damaged.append(name)
    return damaged
