"""Ears: listeners in processes of their own, beside whoever speaks.

    work ──► the nearest free ear ──► its process ──► what was heard

Work that somebody waits for comes before the rest. A process that dies is started again and given
its work once more; when it dies of it again, that is the answer. Leaving ends all processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from queue import PriorityQueue
from select import POLLIN, poll
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

from higgs_cli.errors import FormatError, HearingFailedError
from higgs_cli.files.strict_json import read_record
from higgs_cli.listening.heard_form import heard_in
from higgs_cli.listening.listener import Heard, ListenerSource

if TYPE_CHECKING:
    from higgs_cli.audio.clip import AudioClip

MOST_ANSWER_BYTES = 16 << 20
SILENT_SECONDS_LIMIT = 600.0
"""A process that says nothing for so long hangs: it counts as one that has died."""
STARTS = 2
"""How often a process is begun for one piece of work."""
CHILD = "from higgs_cli.listening.ear_process import main; main()"
WAITED_FOR, BESIDE = 0, 1

Sounds: TypeAlias = "Callable[[], Sequence[AudioClip]]"
Hearings: TypeAlias = "list[Heard | None]"


class Ears(Protocol):
    """Hears in threads of its own."""

    def hear(self, sounds: Sounds, *, at_once: bool = False) -> Future[Hearings]:
        """`sounds` are asked for when an ear is free; `at_once`: somebody waits for it."""
        ...


class EarProcesses:
    """So many processes of one listener, begun when there is something to hear."""

    def __init__(self, source: ListenerSource, process_count: int = 1) -> None:
        self._source = source
        self._process_count = process_count
        self._work: PriorityQueue[tuple[int, int, _Work | None]] = PriorityQueue()
        self._order = count()
        self._threads: list[threading.Thread] = []
        self._processes: list[_EarProcess] = []
        self._is_open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """What has not been begun is dropped; what has is broken off."""
        self._is_open = False
        for process in self._processes:
            process.end()
        for _ in self._threads:
            self._work.put((WAITED_FOR, -1, None))
        for thread in self._threads:
            thread.join()
        while not self._work.empty():
            work = self._work.get()[2]
            if work is not None:
                work.future.cancel()

    def hear(self, sounds: Sounds, *, at_once: bool = False) -> Future[Hearings]:
        work = _Work(sounds)
        self._work.put((WAITED_FOR if at_once else BESIDE, next(self._order), work))
        if len(self._threads) < self._process_count:
            process = _EarProcess(self._source)
            self._processes.append(process)
            thread = threading.Thread(target=self._serve, args=[process], name="ear", daemon=True)
            self._threads.append(thread)
            thread.start()
        return work.future

    def _serve(self, process: _EarProcess) -> None:
        while self._is_open and (work := self._work.get()[2]) is not None:
            if not work.future.set_running_or_notify_cancel():
                continue
            try:
                work.future.set_result(self._heard(process, work.sounds()))
            except BaseException as trouble:  # told to whoever asks for the result
                work.future.set_exception(trouble)
        process.end()

    def _heard(self, process: _EarProcess, sounds: Sequence[AudioClip]) -> Hearings:
        for _ in range(STARTS):
            answer = process.ask(sounds) if self._is_open else None
            if answer is not None:
                return answer
        raise HearingFailedError(
            f"the process that hears takes with {self._source.name} has ended twice",
            hint="all finished takes are kept: run the same command again, with less running "
            "beside it if memory is short, or with --gates none",
        )


class _Work:
    def __init__(self, sounds: Sounds) -> None:
        self.sounds = sounds
        self.future: Future[Hearings] = Future()


class _EarProcess:
    """One process, begun when it is first asked something, and again when it has died."""

    def __init__(self, source: ListenerSource) -> None:
        self._source = source
        self._process: subprocess.Popen[bytes] | None = None
        self._may_begin = True
        self._changing = threading.Lock()

    def ask(self, sounds: Sequence[AudioClip]) -> Hearings | None:
        """What it has heard; None where it died of it. What it has to say instead is an error."""
        try:
            process = self._begun()
            header = {
                "rate": sounds[0].sample_rate,
                "counts": [len(each.samples) for each in sounds],
            }
            parts = [each.samples.astype("<f4", copy=False).tobytes() for each in sounds]
            heard = _answer(process, json.dumps(header).encode() + b"\n", *parts)
            if len(heard) == len(sounds):
                return heard
        except (OSError, ValueError, FormatError, EOFError):
            pass
        self._kill()
        return None

    def end(self) -> None:
        """Nothing is begun any more."""
        with self._changing:
            self._may_begin = False
        self._kill()

    def _begun(self) -> subprocess.Popen[bytes]:
        with self._changing:
            if self._process is None:
                if not self._may_begin:
                    raise EOFError
                self._process = _started()
                is_new = True
            else:
                is_new = False
            process = self._process
        if is_new:
            first = {"module": self._source.module, "settings": dict(self._source.settings)}
            _answer(process, json.dumps(first).encode() + b"\n")
        return process

    def _kill(self) -> None:
        with self._changing:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    if pipe is not None:
                        pipe.close()


def _started() -> subprocess.Popen[bytes]:
    """In a session of its own: what a terminal tells a render, the render passes on."""
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-P", "-c", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )


def _answer(process: subprocess.Popen[bytes], *asked: bytes) -> Hearings:
    assert process.stdin is not None and process.stdout is not None
    for part in asked:
        process.stdin.write(part)
    process.stdin.flush()
    answers = poll()  # unlike `select`, for any number of open files
    answers.register(process.stdout, POLLIN)
    if not answers.poll(1000 * SILENT_SECONDS_LIMIT):
        raise EOFError
    line = process.stdout.readline(MOST_ANSWER_BYTES)
    if not line.endswith(b"\n"):
        raise EOFError
    answer = read_record(line, "what was heard", MOST_ANSWER_BYTES)
    if "error" in answer:
        raise HearingFailedError(answer.text("error"), hint=answer.optional_text("hint"))
    return [heard_in(each) for each in answer.records("heard")]
