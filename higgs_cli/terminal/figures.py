"""Figures as they are asked for: into a file, as JSON, or as a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from higgs_cli.files.atomic_file import write_whole
from higgs_cli.terminal.console import Console


def wants_table(document: Mapping[str, object], output: Path | None, out: Console) -> bool:
    """Written to their file, and printed where JSON is asked for; else a table is to be shown."""
    if output is not None:
        write_whole(output, (json.dumps(document, indent=1) + "\n").encode())
    if out.mode == "json":
        out.document(document)
    return out.mode != "json"
