"""Which tensors a safetensors file holds, from its header alone."""

from __future__ import annotations

import json
from pathlib import Path

from higgs_cli.files.plain_file import opened_plain

MOST_HEADER_BYTES = 16 << 20


def tensor_names(path: Path) -> list[str]:
    """Their names; nothing where it cannot be read, or is no such file."""
    try:
        with opened_plain(path) as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= MOST_HEADER_BYTES:
                return []
            header = json.loads(file.read(length))
    except (OSError, ValueError, RecursionError):
        return []
    return sorted(map(str, header)) if isinstance(header, dict) else []
