"""Full float32 in the convolutions of a GPU, where cuDNN would shorten their factors to TF32.

What is promised in float32 is worked out in float32: shortened factors would flip codes that are
nearly tied, and a sound would have 10 bits of its 24. The flag is one for the whole process, so the
first thread that comes sets it and the last that goes puts it back. Nothing is done on a CPU, which
shortens nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import cast

import torch


def full_float32(device: torch.device) -> AbstractContextManager[None]:
    """While it lasts, and on every thread meanwhile, cuDNN shortens nothing."""
    return nullcontext() if device.type == "cpu" else _HELD.held()


class _HeldFlag:
    """Threads come and go in any order."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._holder_count = 0
        self._flags: AbstractContextManager[None] | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        with self._changing:
            if not self._holder_count:
                self._flags = _without_tf32()
                self._flags.__enter__()
            self._holder_count += 1
        try:
            yield
        finally:
            with self._changing:
                self._holder_count -= 1
                if not self._holder_count and self._flags is not None:
                    self._flags.__exit__(None, None, None)


def _without_tf32() -> AbstractContextManager[None]:
    """Every argument is named: those left out would not stay as they are, and cuDNN be off."""
    cudnn = torch.backends.cudnn
    flags = cudnn.flags(
        enabled=cudnn.enabled,
        benchmark=cudnn.benchmark,
        deterministic=cudnn.deterministic,
        allow_tf32=False,
    )
    return cast("AbstractContextManager[None]", flags)


_HELD = _HeldFlag()
