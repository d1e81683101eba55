"""Ctrl-C and SIGTERM: the first stops cleanly and says how to go on, the second stops at once.

Every take is whole on the disk before its lane goes on, so that stopping cleanly is stopping; what
was spoken and waits to be checked is checked first, for some seconds at most (see `loop.py`).
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from higgs_cli.errors import HiggsError

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class RenderStopped(HiggsError):
    """A person, or the system, asked for the render to stop."""

    def __init__(self, signal_number: int, resume_command: str) -> None:
        super().__init__(
            "stopped; all finished takes are kept", hint=f"to continue: {resume_command}"
        )
        self.exit_code = 128 + signal_number


@contextmanager
def stoppable(resume_command: str) -> Iterator[None]:
    """Within this block a first signal raises `RenderStopped`, a second ends the process."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signal_number: int, frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, stop_at_once)
        raise RenderStopped(signal_number, resume_command)

    def stop_at_once(signal_number: int, frame: FrameType | None) -> None:
        os._exit(128 + signal_number)

    before = {each: signal.signal(each, stop) for each in SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
