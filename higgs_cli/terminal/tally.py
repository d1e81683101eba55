"""How far work is, and what that says of the rest: what has been spoken, and what is mastered."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field


@dataclass
class Tally:
    """What has been spoken since the start, and what that says of the rest.

    Its clock begins with the first chunk that a lane speaks: what is compiled once, or read, before
    that says nothing of the rest. A chunk that is being spoken counts for a half: eight lanes that
    began together have done half of eight chunks when the first of them comes out.
    """

    clock: Callable[[], float] = time.monotonic
    chunk_count: int = 0
    done_count: int = 0
    retry_count: int = 0
    audio_seconds: float = 0.0
    missing_count: int = 0
    _began: float | None = None
    _take_count: int = 0
    _in_lanes: set[Hashable] = field(default_factory=set)

    def begin(self, chunk_count: int, stored_count: int) -> None:
        self.chunk_count, self.done_count = chunk_count, stored_count
        self.missing_count = chunk_count - stored_count

    def speaking(self, chunk: Hashable) -> None:
        if self._began is None:
            self._began = self.clock()
        self._in_lanes.add(chunk)

    def add(self, chunk: Hashable, audio_seconds: float) -> None:
        self._in_lanes.discard(chunk)
        self.done_count = min(self.chunk_count, self.done_count + 1)
        self._take_count += 1
        self.audio_seconds += audio_seconds

    @property
    def elapsed_seconds(self) -> float:
        return 0.0 if self._began is None else max(1e-6, self.clock() - self._began)

    @property
    def speed(self) -> float | None:
        """Seconds of speech for each second of waiting; None until something has been spoken."""
        if not self._take_count or not self.elapsed_seconds:
            return None
        in_lanes = len(self._in_lanes) / 2 * self.audio_seconds / self._take_count
        return (self.audio_seconds + in_lanes) / self.elapsed_seconds

    @property
    def remaining_seconds(self) -> float | None:
        """None until something has been spoken."""
        left = self.chunk_count - self.done_count
        if left == self.missing_count or not self.elapsed_seconds:
            return None
        in_lanes = min(left, len(self._in_lanes)) / 2
        return self.elapsed_seconds / (self.missing_count - left + in_lanes) * (left - in_lanes)


@dataclass
class Stint:
    """Work whose share that is done is known, told now and then; a short one never."""

    interval_seconds: float
    clock: Callable[[], float] = time.monotonic
    _began: float = 0.0
    _told: float = 0.0
    _share: float = 1.0

    def is_to_be_told(self, share: float) -> bool:
        """Where the share falls, other work has begun."""
        now = self.clock()
        if share < self._share:
            self._began = self._told = now
        elif share == self._share:
            return False
        self._share = share
        if share < 1.0 and now - self._told < self.interval_seconds:
            return False
        is_short, self._told = self._told == self._began, now
        return share < 1.0 or not is_short

    @property
    def remaining_seconds(self) -> float:
        elapsed = self.clock() - self._began
        return elapsed / max(self._share, 1e-6) * (1.0 - self._share)


def facts(tally: Tally) -> str:
    """`x 12.3 real time, 4:05 left, 2 retries`; nothing of speed before something was spoken."""
    parts = []
    if tally.speed is not None:
        parts.append(f"x {rate_shown(tally.speed)} real time")
    if tally.remaining_seconds is not None:
        parts.append(f"{time_shown(tally.remaining_seconds)} left")
    if tally.retry_count:
        parts.append(f"{tally.retry_count} retries" if tally.retry_count > 1 else "1 retry")
    return ", ".join(parts)


def rate_shown(rate: float) -> str:
    """`12.3`, and two figures of a slow one: `0.042`, which is not nothing."""
    return f"{rate:.1f}" if rate >= 1.0 else f"{rate:.2g}"


def time_shown(seconds: float) -> str:
    """`4:05`, `1:04:05`."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def rounded(figure: float | None, digits: int) -> float | None:
    """For programs: null where nothing is known yet."""
    return None if figure is None else round(figure, digits)
