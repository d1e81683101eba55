"""What one thread has for a coroutine: pieces of a reply, in order, and the end of it.

The coroutine is woken when so many frames are there as it wants: a thread that speaks for many
would else spend its time on waking.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes


Piece = TypeVar("Piece")


@dataclass(frozen=True, eq=False)
class SpokenPiece:
    """Frames of one chunk; chunks follow one another in the order of the text."""

    codes: Codes
    ends_chunk: bool = False


def end_of_chunk() -> SpokenPiece:
    import numpy as np

    return SpokenPiece(np.zeros((1, 0), np.int16), ends_chunk=True)


class Mailbox(Generic[Piece]):
    """For one writing thread and one coroutine."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._is_ready = asyncio.Event()
        self._changing = threading.Lock()
        self._pieces: list[Piece] = []
        self._frame_count = 0
        self._wanted = 1
        self._is_ended = False
        self._trouble: BaseException | None = None

    def put(self, piece: Piece, frame_count: int) -> None:
        """`frame_count`: how much of what is waited for it is."""
        with self._changing:
            self._pieces.append(piece)
            self._frame_count += frame_count
            is_due = self._frame_count >= self._wanted
        if is_due:
            self._wake()

    def end(self, trouble: BaseException | None = None) -> None:
        """Nothing more will come; who takes is told the trouble, once all else is taken."""
        with self._changing:
            if self._is_ended:
                return
            self._is_ended, self._trouble = True, trouble
        self._wake()

    async def take(self, frame_count: int) -> list[Piece]:
        """All that is there, so many frames at least unless it ends; nothing at its end."""
        while True:
            with self._changing:
                self._wanted = frame_count
                if self._is_ended or self._frame_count >= frame_count:
                    taken, self._pieces, self._frame_count = self._pieces, [], 0
                    self._wanted = 1 << 30
                    if not taken and self._trouble is not None:
                        raise self._trouble
                    return taken
                self._is_ready.clear()
            await self._is_ready.wait()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # a loop that is closed waits for nothing
            self._loop.call_soon_threadsafe(self._is_ready.set)
