"""How many lanes speak at once: as many as each can be heard at its own speed, few at least.

On a CPU lanes share what it does: with more of them everybody hears the first sound sooner, and the
rest more slowly. A machine that is busy with other work does less, and then whoever comes waits for
a lane as before. It decides when something is spoken, and nothing of what.
"""

from __future__ import annotations

import time
from collections.abc import Callable

AHEAD = 1.25
"""How many times as fast as it is heard a lane is to speak."""
OF_THE_LAST = 0.05
"""What one burst counts of the rate: the last second or so on a CPU, where a burst is a frame."""


class Pace:
    """For one thread."""

    def __init__(
        self, least: int, most: int, frame_rate: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`least` lanes speak however slow they are."""
        self._least, self._most = least, most
        self._frame_rate = frame_rate
        self._clock = clock
        self._last: float | None = None
        self._frames = 0.0
        self._seconds = 0.0

    @property
    def lanes(self) -> int:
        """That may speak now."""
        if not self._seconds:
            return self._least
        seconds_of_sound = self._frames / self._seconds / self._frame_rate
        return max(self._least, min(self._most, int(seconds_of_sound / AHEAD)))

    def burst(self, frame_count: int) -> None:
        """So much has been spoken since the one before."""
        now = self._clock()
        if self._last is not None:
            self._frames += OF_THE_LAST * (frame_count - self._frames)
            self._seconds += OF_THE_LAST * (now - self._last - self._seconds)
        self._last = now

    def rest(self) -> None:
        """Nothing is spoken until the next burst: that is no slowness."""
        self._last = None
