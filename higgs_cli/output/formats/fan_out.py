"""One source, several readers: each reads in a thread of its own, and none runs far ahead.

blocks ─┬─► queue ─► writer of the WAV        what one of them raises ends all of them;
        └─► queue ─► writer of the M4B        no file of a writer that broke off keeps its name
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import Empty, Full, Queue
from typing import Any, TypeVar

from higgs_cli.stopping import ASKED_AGAIN_SECONDS, checkpoint

AHEAD = 2
"""Blocks that wait for a reader."""
END = object()

Made = TypeVar("Made")
Reader = Callable[[Iterable[Any]], Made]


class _BrokenOffError(Exception):
    """The source, or another reader, has come to nothing."""


def fan_out(source: Iterable[Sequence[Any]], readers: Sequence[Reader[Made]]) -> list[Made]:
    """What each reader makes of its own part of every element, in their order."""
    if len(readers) == 1:
        return [readers[0](parts[0] for parts in source)]
    broken = threading.Event()
    queues: list[Queue[Any]] = [Queue(AHEAD) for _ in readers]
    with ThreadPoolExecutor(len(readers), "writing") as threads:
        pairs = list(zip(readers, queues, strict=True))
        futures = [threads.submit(reader, _parts(queue, broken)) for reader, queue in pairs]
        try:
            for parts in source:
                for queue, part in zip(queues, parts, strict=True):
                    _put(queue, part, futures)
            for queue in queues:
                _put(queue, END, futures)
            return [_settled(future, futures) for future in futures]
        except BaseException:
            broken.set()
            raise


def _parts(queue: Queue[Any], broken: threading.Event) -> Iterator[Any]:
    while True:
        if broken.is_set():
            raise _BrokenOffError
        try:
            part = queue.get(timeout=ASKED_AGAIN_SECONDS)
        except Empty:
            continue
        if part is END:
            return
        yield part


def _put(queue: Queue[Any], part: Any, futures: Sequence[Future[Any]]) -> None:
    while True:
        _raise_any(futures)
        try:
            queue.put(part, timeout=ASKED_AGAIN_SECONDS)
        except Full:
            continue
        return


def _settled(future: Future[Made], futures: Sequence[Future[Made]]) -> Made:
    while not future.done():
        _raise_any(futures)
        wait([future], timeout=ASKED_AGAIN_SECONDS)
    return future.result()


def _raise_any(futures: Sequence[Future[Any]]) -> None:
    """What a reader has raised, as soon as it is known."""
    checkpoint()
    for future in futures:
        if future.done() and (error := future.exception()) is not None:
            raise error
