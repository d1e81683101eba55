"""Has this process been asked to stop? Signals are heard at once, and answered at safe points.

    signal ──► a flag        checkpoint() raises `StoppedError` at the next safe point
           └─► the watcher   a thread: ends the process if nobody has come to one in time,
                             at a second signal, and at once where nothing ends cleanly

A time that was set with `stopping_at` (`--until 07:00`) is such a signal, with its own exit code.

Ending a process at any moment is safe: all files are written aside. To end cleanly is to keep what
waits to be kept, and to leave nothing lying about. A signal that was ignored when the process
began (`nohup`) is not heard. Imports next to nothing, so that signals are heard early.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from select import select
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from concurrent.futures import Future

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TIME_IS_UP = -4
"""Stands for a signal; with 128, the code that `timeout` ends with too."""
PATIENCE_SECONDS = 2.0
"""Five are promised: on a busy machine a process needs the others to wake up and to be gone."""
MOMENT_SECONDS = 0.3
ASKED_AGAIN_SECONDS = 0.2
"""How long who waits for a thread does not hear that a stop was asked for."""

LastWords = Callable[[], tuple[str, str | None]]
"""What a stopped process says, and the hint that follows it; nothing where its end is a signal."""


@contextmanager
def listening(last_words: LastWords) -> Iterator[None]:
    """Within this block, the life of a process, signals are heard; after it they are ignored."""
    _process.listen(last_words)
    yield
    _process.close()


@contextmanager
def stopping_cleanly() -> Iterator[None]:
    """Within this block `checkpoint` answers signals; a signal that came too late for all of them
    is answered at its end."""
    with _process.clean():
        yield
        checkpoint()


def wait_for(future: Future[Any]) -> None:
    """Until a thread is done with it; a stop is answered meanwhile."""
    from concurrent.futures import wait

    while not future.done():
        checkpoint()
        wait([future], timeout=ASKED_AGAIN_SECONDS)


def checkpoint() -> None:
    """Raise `StoppedError` if that was asked for: nothing is half done here."""
    if _process.asked is not None:
        from higgs_cli.errors import StoppedError

        raise StoppedError(_process.asked, *_process.last_words())


@contextmanager
def stopping_at(when: float) -> Iterator[None]:
    """Within this block the process is asked to stop at a time, in seconds since the epoch."""
    alarm = threading.Timer(max(0.0, when - time.time()), _process.ring)
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def wishes_are_written() -> None:
    """From now on the store knows what this command wants of single takes: a stop loses none."""
    _process.has_written_wishes = True


def has_written_wishes() -> bool:
    """Whether a stopped command goes on without saying them again."""
    return _process.has_written_wishes


def is_time_up() -> bool:
    """Whether it was a time that was set, and no signal, that asked for the stop."""
    return _process.asked == TIME_IS_UP


def speaks_last() -> bool:
    """Whether the caller may say the last words; nobody says them twice."""
    return _process.may_speak.acquire(blocking=False)


class _Process:
    """What has been asked of this process, and who answers. A process has one set of signals."""

    def __init__(self) -> None:
        self.asked: int | None = None
        self.has_written_wishes = False
        self.may_speak = threading.Lock()
        self.last_words: LastWords = lambda: ("interrupted", None)
        self._ends_cleanly = 0
        self._heard, self._wake_up = -1, -1

    def listen(self, last_words: LastWords) -> None:
        self.last_words = last_words
        self._heard, self._wake_up = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._wake_up, warn_on_full_buffer=False)
        for each in SIGNALS:
            if signal.getsignal(each) is not signal.SIG_IGN:
                signal.signal(each, self._note)
        threading.Thread(target=self._watch, name="signals", daemon=True).start()

    def ring(self) -> None:
        """As a signal would: a flag, and a byte for the watcher."""
        self._note(TIME_IS_UP)
        if self._wake_up >= 0:
            os.write(self._wake_up, bytes([signal.SIGTERM]))

    def close(self) -> None:
        """What was asked until now is answered; the rest of the way is short."""
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        if self.asked is not None:
            self._end(self.asked)

    @contextmanager
    def clean(self) -> Iterator[None]:
        self._ends_cleanly += 1
        try:
            yield
        finally:
            self._ends_cleanly -= 1

    def _note(self, number: int, frame: FrameType | None = None) -> None:
        if self.asked is None:
            self.asked = number

    def _watch(self) -> None:
        first = self._next_signal(None)
        self._note(first)
        first = self.asked or first
        if self._ends_cleanly:
            self._end(self._next_signal(PATIENCE_SECONDS) or first)
        self._end(first)

    def _next_signal(self, seconds: float | None) -> int:
        """One of ours; 0 if none came in time."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            if not select([self._heard], [], [], left)[0]:
                return 0
            if (number := os.read(self._heard, 1)[0]) in SIGNALS:
                return number

    def _end(self, number: int) -> None:
        if speaks_last():
            message, hint = self.last_words()
            said = f"error: {message}\n" if message else ""
            said += f"hint: {hint}\n" if hint else ""
            with suppress(OSError):
                os.write(2, said.encode(errors="backslashreplace"))
        else:
            time.sleep(MOMENT_SECONDS)  # for whoever speaks
        os._exit(128 + number)


_process = _Process()
