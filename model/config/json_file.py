"""JSON files of a model folder: plain files of a bounded size, or an `OSError` or `ValueError`."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

MOST_BYTES = 16 << 20
"""The index of a checkpoint of ten thousand tensors has one."""


def read_json(file: Path) -> Any:
    """Its value. No name may be in an object twice: readers would differ in which they take."""
    text = read_plain(file).decode("utf-8-sig")
    try:
        return json.loads(text, object_pairs_hook=_object_without_repeats)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_plain(file: Path) -> bytes:
    """A pipe would be waited for, and a device has no end: neither is opened, and what is checked
    is what is read."""
    _check(file, file.stat())
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK), "rb") as opened:
        _check(file, os.fstat(opened.fileno()))
        data = opened.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(errno.EFBIG, f"larger than {MOST_BYTES >> 20} MiB", str(file))
    return data


def _check(file: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a plain file", str(file))


def _object_without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise ValueError(f"{name[:40]}: this field is there twice")
        values[name] = value
    return values
