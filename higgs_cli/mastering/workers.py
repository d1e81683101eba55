"""Threads that work on a performance piece by piece: results in order, only a few ahead."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from higgs_cli.stopping import checkpoint, wait_for
from higgs_cli.threads import OwnsThreads

MOST_THREADS = 16

Given = TypeVar("Given")
Made = TypeVar("Made")


class Workers(OwnsThreads):
    """What one of them raises is raised where its result is asked for."""

    def __init__(self, thread_count: int | None = None) -> None:
        self.thread_count = thread_count or cores_at_most(MOST_THREADS)
        self._threads = ThreadPoolExecutor(self.thread_count, "mastering")

    def in_order(self, work: Callable[[Given], Made], given: Iterable[Given]) -> Iterator[Made]:
        """`work` on each, at most one for each thread and one more at the same time.

        Never called by work itself: that would wait for a thread that it holds.
        """
        waiting: deque[Future[Made]] = deque()
        try:
            for each in given:
                checkpoint()
                waiting.append(self._threads.submit(work, each))
                if len(waiting) > self.thread_count + 1:
                    yield _settled(waiting.popleft())
            while waiting:
                yield _settled(waiting.popleft())
        finally:
            for future in waiting:
                future.cancel()


def cores_at_most(count: int) -> int:
    """How many threads work at the same time here."""
    return min(count, len(os.sched_getaffinity(0)))


def _settled(future: Future[Made]) -> Made:
    wait_for(future)
    return future.result()
