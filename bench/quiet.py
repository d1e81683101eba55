"""Stop other work of ours while something is measured, and let it go on whatever happens."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def paused(listing: Path | None) -> Iterator[None]:
    """Stop the processes whose ids are listed in a file; None stops nothing."""
    pids = [int(word) for word in listing.read_text().split()] if listing else []
    try:
        _signal(pids, signal.SIGSTOP)
        yield
    finally:
        _signal(pids, signal.SIGCONT)


def _signal(pids: list[int], what: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):  # it has ended since
            os.kill(pid, what)
