"""The one thread of a studio that renders: one task at a time, in order, with its progress.

A task that is stopped ends at the next chunk; what it has spoken is stored.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from higgs_cli.errors import HiggsError, StoppedError
from higgs_cli.progress import ChunkProgress, Progress

MOST_WAITING = 50
MOST_REMEMBERED = 30
MOST_NOTES = 20
LEAST_SPOKEN, STEP_SECONDS = 4, 5
ENDED = frozenset({"done", "failed", "stopped"})
log = logging.getLogger("higgs.studio")

Work = Callable[[Progress], Any]


class TaskStoppedError(HiggsError):
    """A person has stopped it."""


class TooManyTasksError(HiggsError):
    """So many wait that no more is taken."""


@dataclass
class Task:
    """Something that is rendered, and how far it is. Written by one thread, read by any."""

    number: int
    book: int
    kind: str
    said: str
    state: str = "waiting"
    stage: str = ""
    total: int = 0
    done: int = 0
    stored: int = 0
    """Of what is done, what was stored before."""
    mastered: float = 0.0
    speaking: str = ""
    notes: list[str] = field(default_factory=list)
    error: str | None = None
    result: Any = None
    begun_at: float | None = None
    is_stopped: bool = False

    def document(self) -> dict[str, Any]:
        names = (
            "number", "book", "kind", "said", "state", "stage", "total", "done", "mastered",
            "speaking", "error", "result",
        )  # fmt: skip
        notes = self.notes[-MOST_NOTES:]
        told = {name: getattr(self, name) for name in names}
        return {**told, "notes": notes, "seconds_left": self._seconds_left()}

    def _seconds_left(self) -> int | None:
        """About, once enough was spoken to tell; in steps, so that news are few."""
        spoken, left = self.done - self.stored, self.total - self.done
        if self.begun_at is None or spoken < LEAST_SPOKEN or self.state in ENDED:
            return None
        seconds = (time.monotonic() - self.begun_at) / spoken * left
        return STEP_SECONDS * round(seconds / STEP_SECONDS)


class News:
    """A number that grows with everything that a page may want to show."""

    def __init__(self) -> None:
        self.revision = 0
        self._growing = threading.Lock()

    def tell(self) -> None:
        with self._growing:
            self.revision += 1


class TaskThread:
    """Begins with `start` and ends with `close`."""

    def __init__(self, news: News) -> None:
        self.news = news
        self._tasks: dict[int, Task] = {}
        self._numbers = itertools.count(1)
        self._waiting: queue.Queue[tuple[Task, Work] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="studio", daemon=True)
        self._changing = threading.Lock()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """What waits is not begun; what is spoken now ends at its next chunk."""
        for task in self.tasks:
            task.is_stopped = True
        self._waiting.put(None)
        if self._thread.is_alive():
            self._thread.join()

    @property
    def tasks(self) -> list[Task]:
        return list(self._tasks.values())

    def add(self, book: int, kind: str, said: str, work: Work) -> Task:
        with self._changing:
            if sum(task.state not in ENDED for task in self.tasks) >= MOST_WAITING:
                raise TooManyTasksError("too much waits to be rendered already")
            task = Task(next(self._numbers), book, kind, said)
            self._tasks[task.number] = task
            ended = [each.number for each in self.tasks if each.state in ENDED]
            for number in ended[:-MOST_REMEMBERED]:
                del self._tasks[number]
        self._waiting.put((task, work))
        self.news.tell()
        return task

    def stop(self, number: int) -> None:
        task = self._tasks.get(number)
        if task is not None and task.state not in ENDED:
            task.is_stopped = True
            if task.state == "waiting":
                task.state = "stopped"
            self.news.tell()

    def _run(self) -> None:
        while (given := self._waiting.get()) is not None:
            task, work = given
            if not task.is_stopped:
                self._do(task, work)
            else:
                task.state = "stopped"
            self.news.tell()

    def _do(self, task: Task, work: Work) -> None:
        task.state, task.begun_at = "running", time.monotonic()
        self.news.tell()
        try:
            task.result = work(TaskProgress(task, self.news))
            task.state = "done"
        except TaskStoppedError:
            task.state = "stopped"
        except StoppedError:
            task.state = "stopped"
        except HiggsError as error:
            task.error = f"{error.message} ({error.hint})" if error.hint else error.message
            task.state = "failed"
        except Exception:
            log.exception("a task of the studio")
            task.error, task.state = "the studio has a fault; see its log", "failed"


class TaskProgress:
    """A task that is told of a render."""

    def __init__(self, task: Task, news: News) -> None:
        self._task = task
        self._news = news

    def stage(self, text: str) -> None:
        self._task.stage = text
        self._told()

    def begin(self, chunk_count: int, stored_count: int, speech_seconds: float) -> None:
        self._task.total = chunk_count
        self._task.done = self._task.stored = stored_count
        self._told()

    def speaking(self, at: ChunkProgress) -> None:
        self._task.speaking = f"#{at.chunk_number + 1} {at.speaker}"
        self._told()

    def spoken(self, at: ChunkProgress, audio_seconds: float, verdict: str) -> None:
        self._task.done += 1
        self._told()

    def retried(self, at: ChunkProgress, reason: str) -> None:
        self.note(f"#{at.chunk_number + 1} is spoken again: {reason}")

    def note(self, text: str) -> None:
        self._task.notes.append(text)
        self._told()

    def end(self) -> None:
        self._task.speaking = ""
        self._news.tell()

    def mastered(self, share: float) -> None:
        self._task.mastered = round(share, 3)
        self._told()

    def _told(self) -> None:
        self._news.tell()
        if self._task.is_stopped:
            raise TaskStoppedError("stopped")
