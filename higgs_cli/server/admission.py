"""Who is let in: so many at once, half of them at most one client's, each for so long."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from higgs_cli.errors import HiggsError
from higgs_cli.server.asked import FieldError


@dataclass(frozen=True)
class ServiceLimits:
    """What is refused, and when."""

    open_requests: int = 64
    """How many are spoken or wait; half of them at most are one client's."""
    seconds: float = 600.0
    """How long a request may take, from its coming to its last sound."""
    characters: int = 50_000
    """Of one text: some fifty minutes of speech."""


class BusyError(HiggsError):
    """Too many wait already."""

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message, hint=f"ask again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class TooLongError(FieldError):
    """The text is longer than is spoken in one request."""


class Admission:
    """Counts who is inside. For one event loop."""

    def __init__(self, limits: ServiceLimits) -> None:
        self.limits = limits
        self.open_count = 0
        self.is_closing = False
        self._by_client: Counter[str] = Counter()
        self._seconds_of_one = 1.0

    @contextmanager
    def inside(self, client: str, lane_count: int) -> Iterator[Callable[[], float]]:
        """Says how many seconds are left; raises where nobody is let in."""
        self._check(client, lane_count)
        began = time.monotonic()
        end = began + self.limits.seconds
        self.open_count += 1
        self._by_client[client] += 1
        try:
            yield lambda: end - time.monotonic()
        finally:
            self.open_count -= 1
            self._by_client[client] -= 1
            self._by_client += Counter()  # whoever has none open is forgotten
            self._seconds_of_one += 0.1 * (time.monotonic() - began - self._seconds_of_one)

    def check_length(self, text_length: int, field: str) -> None:
        """`field`: what the client calls the text."""
        most = self.limits.characters
        if text_length > most:
            told = f"a text of {text_length:,} characters is too long"
            raise TooLongError(told, field, f"at most {most:,} are spoken at once")

    def _check(self, client: str, lane_count: int) -> None:
        if self.is_closing:
            raise BusyError("the server is closing", 5)
        limits = self.limits
        share = max(1, limits.open_requests // 2)
        if self.open_count >= limits.open_requests or self._by_client[client] >= share:
            rounds = self.open_count / max(1, lane_count)
            seconds = min(60, max(1, math.ceil(rounds * self._seconds_of_one)))
            raise BusyError("too many requests wait already", seconds)
