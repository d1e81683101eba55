"""Books that are whole wait here to be mastered and delivered, one after another, in a thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import TracebackType

from higgs_cli.errors import HiggsError, StoppedError
from higgs_cli.jobs.batch import BookResult
from higgs_cli.jobs.open_book import OpenBook
from higgs_cli.stopping import ASKED_AGAIN_SECONDS, checkpoint, wait_for
from higgs_cli.threads import OwnsThreads

MOST_WAITING = 4
"""Whole books hold memory and files: where speaking is faster than mastering, it waits."""

Tell = Callable[[str, str], None]
"""That a book has another state."""


class FinishingLine(OwnsThreads):
    """First in, first out. What is no book's own trouble is raised where results are asked for."""

    def __init__(self, tell: Tell, at_once: int = 1) -> None:
        """`at_once`: how many are finished at the same time; one, where it is done here."""
        self._tell = tell
        self._most_waiting = max(MOST_WAITING, at_once)
        self._waiting: deque[tuple[OpenBook, Future[BookResult]]] = deque()
        self._threads = ThreadPoolExecutor(at_once, "finishing")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        for book, _ in self._waiting:
            book.close()

    def give(self, book: OpenBook) -> None:
        """Take in a book that is whole, as soon as there is room for it."""
        while sum(not future.done() for _, future in self._waiting) >= self._most_waiting:
            checkpoint()
            wait([future for _, future in self._waiting], ASKED_AGAIN_SECONDS, FIRST_COMPLETED)
        self._waiting.append((book, self._threads.submit(self._finish, book)))

    def finished(self) -> Iterator[BookResult]:
        """Those that are ready now."""
        while self._waiting and self._waiting[0][1].done():
            yield self._waiting.popleft()[1].result()

    def rest(self) -> Iterator[BookResult]:
        """All that are left, as they come."""
        while self._waiting:
            wait_for(self._waiting[0][1])
            yield from self.finished()

    def _finish(self, book: OpenBook) -> BookResult:
        name, asked = book.book.name, book.book.asked
        self._tell(name, "mastering")
        try:
            reports = book.finish()
        except StoppedError:
            raise
        except HiggsError as error:
            result = BookResult(asked, "failed", trouble=error)
        else:
            result = BookResult(asked, "finished", reports)
        finally:
            book.close()
        self._tell(name, result.state)  # now: who asks for results may be busy with other books
        return result
