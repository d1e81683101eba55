"""When takes may be judged by what is usual for their voices: run by run.

A run is judged whole, when all of it was spoken once, all of that was heard by whoever listens, the
norms of its voices stand, and it is known what its chunks may spend on retries: what a chunk has
heard must not depend on which of them came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from higgs_cli.planning.plan import Run
from higgs_cli.takes.book_judge import BookJudge, SpokenTakes


class RunJudge:
    """Knows which runs were judged, of books that one ledger speaks."""

    def __init__(self, books: Sequence[BookJudge], takes: SpokenTakes) -> None:
        self._books = books
        self._takes = takes
        self._spoken: dict[int, Run] = {}
        """Runs that were spoken once, and wait for a norm or a hearing, by number."""
        self._ready: dict[int, Run] = {}
        """Runs of which all is known but what they may spend."""
        self._judged: set[int] = set()

    def judge(self, runs: Iterable[Run]) -> list[Run]:
        """The runs that may be judged from now on, in the plan's order. `runs`: all of which
        something was spoken or heard since this was last asked."""
        asked = [run for run in runs if self._is_new(run) and self._is_whole(run)]
        self._spoken.update((run.number, run) for run in asked)
        stands = any([book.some_norm_stands() for book in self._books])
        for number in sorted(self._spoken if stands else {run.number for run in asked}):
            if self._is_ready(self._spoken[number]):
                run = self._ready[number] = self._spoken.pop(number)
                for book in self._books:
                    book.tell(run.chunks)
        judged = [run for _, run in sorted(self._ready.items()) if self._is_granted(run)]
        for run in judged:
            del self._ready[run.number]
            self._judged.add(run.number)
        return judged

    def is_judged(self, run: Run) -> bool:
        return run.number in self._judged

    def _is_new(self, run: Run) -> bool:
        return run.number not in self._judged and run.number not in self._ready

    def _is_whole(self, run: Run) -> bool:
        return all(map(self._takes.has_first_takes, run.chunks))

    def _is_ready(self, run: Run) -> bool:
        return all(book.is_ready(number) for number in run.chunks for book in self._books)

    def _is_granted(self, run: Run) -> bool:
        return all(book.is_granted(number) for number in run.chunks for book in self._books)
