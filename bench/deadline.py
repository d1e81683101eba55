"""Clocks, and how much time a measurement has left."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds: of the wall, or of this process alone where other work shares the machine."""


class Deadline:
    """So many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._end = self._began + seconds

    @property
    def left(self) -> float:
        return self._end - time.monotonic()

    @property
    def spent(self) -> float:
        return time.monotonic() - self._began

    def holds(self, seconds: float) -> bool:
        """Whether something that takes so long still fits, with a little to spare."""
        return self.left > 1.1 * seconds
