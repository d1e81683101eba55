"""Threads of one's own: who leaves drops what was not begun, and waits for what was."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor


class OwnsThreads:
    """A context that ends with its threads."""

    _threads: ThreadPoolExecutor

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Whatever has not been begun is dropped; what has is waited for."""
        self._threads.shutdown(wait=True, cancel_futures=True)
