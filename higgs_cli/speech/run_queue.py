"""Runs that come while others are spoken: a source that may have nothing yet.

    queue = RunQueue()
    speech = synthesizer.speak(queue, ...)        # asks between two bursts, and never waits
    queue.add(run)                                # from any thread, at any time
    queue.close()                                 # what was added is spoken; then the speech ends

On `LanesIdle` whoever drives the speech waits with `wait`, so that nothing is asked in vain.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from higgs_cli.speech.protocol import NOTHING_YET, NothingYet

Run = TypeVar("Run")


class RunQueue(Generic[Run]):
    """First in, first out. For one reader and any number of threads that add."""

    def __init__(self, runs: Iterable[Run] = ()) -> None:
        self._runs = deque(runs)
        self._is_closed = False
        self._changed = threading.Condition()

    def add(self, run: Run) -> None:
        with self._changed:
            if self._is_closed:
                raise ValueError("a closed queue takes no runs")
            self._runs.append(run)
            self._changed.notify_all()

    def close(self) -> None:
        """No run will be added any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def wait(self, seconds: float | None = None) -> bool:
        """Until there is a run or the queue is closed; False if neither came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._runs) or self._is_closed, seconds)

    def __iter__(self) -> Iterator[Run | NothingYet]:
        while True:
            with self._changed:
                if not self._runs and self._is_closed:
                    return
                following = self._runs.popleft() if self._runs else NOTHING_YET
            yield following
