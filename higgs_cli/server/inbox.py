"""What other threads ask of the one that speaks: done there, in order, when it comes to look."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable


class Inbox:
    """`tell` is for any thread, everything else for the one that looks."""

    def __init__(self) -> None:
        self._wanted: deque[Callable[[], None]] = deque()
        self._came = threading.Condition()
        self.is_closed = False

    def __bool__(self) -> bool:
        return bool(self._wanted)

    def tell(self, what: Callable[[], None]) -> None:
        """Where nobody looks any more, whoever tells does it."""
        with self._came:
            is_closed = self.is_closed
            if not is_closed:
                self._wanted.append(what)
                self._came.notify_all()
        if is_closed:
            what()

    def obey(self) -> None:
        while self._wanted:
            self._wanted.popleft()()

    def wait(self, seconds: float) -> None:
        """Until something is wanted, or the time has passed."""
        with self._came:
            self._came.wait_for(lambda: bool(self._wanted), seconds)

    def close(self) -> None:
        """Nobody looks from now on; what was told before is done."""
        with self._came:
            self.is_closed = True
        self.obey()
