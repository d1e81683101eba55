"""A disk that fails now and then: calls that write say EIO by chance, in this process.

Only what goes to files fails, unlike with `fiu-run`, which fails talk as well: so that what is
said can be held to its promise. To be put into a child, before its command runs.
"""

from __future__ import annotations

import errno
import io
import os
import random
from collections.abc import Callable
from typing import Any

CALLS = ("write", "fsync", "rename", "unlink", "mkdir", "truncate", "create")
"""Kinds of calls that can be told to fail."""
NAMES = {"write": ("pwrite",), "truncate": ("truncate", "ftruncate"), "create": ("open",)}

_open = os.open


def fail_at_random(call: str, probability: float, seed: int) -> None:
    """From here on, calls of this kind fail with this probability."""
    chance = random.Random(seed)

    def strike() -> None:
        if chance.random() < probability:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    if call == "write":
        _fail_writes(strike)
    for name in NAMES.get(call, (call,)):
        setattr(os, name, _failing(getattr(os, name), strike))


def _failing(call: Callable[..., Any], strike: Callable[[], None]) -> Callable[..., Any]:
    def called(*arguments: Any, **named: Any) -> Any:
        if call is not _open or arguments[1] & os.O_CREAT:
            strike()
        return call(*arguments, **named)

    return called


def _fail_writes(strike: Callable[[], None]) -> None:
    """All files that are written in binary are opened by one of two calls."""

    class FailingFile(io.FileIO):
        def write(self, data: Any) -> int:
            strike()
            return super().write(data)

    def opened(plain: Callable[..., Any]) -> Callable[..., Any]:
        def call(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
            if "b" not in mode or not set(mode) & set("wxa+"):
                return plain(file, mode, *arguments, **named)
            raw = FailingFile(file, mode.replace("b", ""))
            return io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)

        return call

    io.open, os.fdopen = opened(io.open), opened(os.fdopen)
