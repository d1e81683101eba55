"""Files beside a codec or tokenizer: plain, of a bounded size, or an `OSError` or `ValueError`."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

from tokenizer.files.plain_file import open_plain

MOST_BYTES = 64 << 20
"""The vocabulary of the public model has 17 MiB."""


def read_json(file: Path) -> Any:
    """Its value. No name may be in an object twice: readers would differ in which they take."""
    text = read_plain(file).decode("utf-8-sig")
    try:
        return json.loads(text, object_pairs_hook=_object_without_repeats)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_plain(file: Path) -> bytes:
    """All of it."""
    with open_plain(file) as opened:
        data = opened.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"larger than {MOST_BYTES >> 20} MiB", str(file))
    return data


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise ValueError(f"{name[:40]}: this field is there twice")
        values[name] = value
    return values
