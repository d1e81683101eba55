"""Which chunks are the context of a chunk, and in which pieces they are prefilled. No tensors.

A lane's context is its prefix and a window of earlier chunks. The window grows by one chunk at a
time until it holds 2N chunks, or the next chunk might not fit; then the lane is *rebased*: prefix
plus the last N chunks, prefilled anew. With N = 2:

```
speaks   context           cache, in pieces: each piece is one prefill
  0                        prefix│prompt 0
  1      0                 prefix│prompt 0│take 0, prompt 1
  2      0 1               prefix│prompt 0│take 0, prompt 1│take 1, prompt 2
  3      0 1 2             …                               │take 2, prompt 3
  4          2 3           prefix│prompt 2, take 2, prompt 3, take 3, prompt 4       rebased
  5          2 3 4         prefix│prompt 2, take 2, prompt 3, take 3, prompt 4│take 4, prompt 5
```

All of it follows from the plan and the takes. So whoever continues an interrupted run prefills
the same pieces in the same order, and in exact mode finds the same bits.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from model.errors import GenerationError
from model.runs.run import ChunkRequest, RunRequest


@dataclass(frozen=True)
class ContextPiece:
    """What one prefill writes: takes of the context, then the prompt of the chunk to speak."""

    takes: tuple[int, ...]
    """Chunks whose takes are written, by their place in the run."""
    prompt: int
    """The chunk whose prompt ends the piece."""
    begins_anew: bool
    """The first take's own prompt comes before it; else the piece before ended with it."""


@dataclass(frozen=True)
class ContextWindow:
    """The chunks in context, oldest first; the first `prefilled_together` of them are one piece."""

    chunks: tuple[int, ...] = ()
    prefilled_together: int = 0

    def with_take(self, chunk: int) -> "ContextWindow":
        return ContextWindow((*self.chunks, chunk), self.prefilled_together)

    def rebased(self, kept: int) -> "ContextWindow":
        """Only the last `kept` chunks, prefilled in one piece."""
        chunks = self.chunks[len(self.chunks) - kept :]
        return ContextWindow(chunks, len(chunks))

    def pieces(self, chunk: int) -> list[ContextPiece]:
        """What lies behind the prefix when `chunk` is about to be spoken."""
        following = (*self.chunks, chunk)
        together = self.prefilled_together
        pieces = [ContextPiece(self.chunks[:together], following[together], begins_anew=True)]
        for place in range(together, len(self.chunks)):
            pieces.append(
                ContextPiece((self.chunks[place],), following[place + 1], begins_anew=False)
            )
        return pieces


def window_before(
    chunk: int,
    run: RunRequest,
    frame_counts: Mapping[int, int],
    position_count: int,
    codebook_count: int,
) -> ContextWindow:
    """The window in which `chunk` is spoken, when `frame_counts` has the frames of earlier takes.

    Chunks without an entry were given up: they are in no context.
    """
    room = _Room(run, frame_counts, position_count, codebook_count)
    window = ContextWindow()
    for earlier in range(chunk):
        window = _opened(window, earlier, room)
        window = window.with_take(earlier) if earlier in frame_counts else _skipped(window)
    return _opened(window, chunk, room)


def _opened(window: ContextWindow, chunk: int, room: "_Room") -> ContextWindow:
    """Rebase before `chunk` if the window is full or the chunk might not fit."""
    keep = room.run.context_chunks
    if len(window.chunks) >= max(2 * keep, 1) or not room.holds(window, chunk):
        window = window.rebased(min(keep, len(window.chunks)))
    while window.chunks and not room.holds(window, chunk):
        window = window.rebased(len(window.chunks) - 1)
    if not room.holds(window, chunk):
        needed = room.positions(window, chunk)
        raise GenerationError(
            f"chunk {room.run.chunks[chunk].key!r} of run {room.run.key!r} needs {needed} "
            f"positions with its prefix alone, and a lane has {room.position_count}"
        )
    return window


def _skipped(window: ContextWindow) -> ContextWindow:
    """After a chunk that was given up nothing continues the last piece: prefill all in one."""
    return window.rebased(len(window.chunks))


@dataclass(frozen=True)
class _Room:
    """Counts positions of a lane's cache."""

    run: RunRequest
    frame_counts: Mapping[int, int]
    position_count: int
    codebook_count: int

    def holds(self, window: ContextWindow, chunk: int) -> bool:
        return self.positions(window, chunk) <= self.position_count

    def positions(self, window: ContextWindow, chunk: int) -> int:
        """What the lane may need until `chunk` is spoken, whatever its take turns out to be."""
        earlier = sum(map(self._context_positions, window.chunks))
        spoken = self.run.chunks[chunk]
        limit = longest_stream(spoken, self.codebook_count)
        return len(self.run.prefix.ids) + earlier + len(spoken.prompt.ids) + limit + 1

    def _context_positions(self, chunk: int) -> int:
        columns = self.frame_counts[chunk] + self.codebook_count + 1
        return len(self.run.chunks[chunk].prompt.ids) + columns + len(self.run.closing)


def longest_stream(chunk: ChunkRequest, codebook_count: int) -> int:
    """Columns a take can have: the budget is noticed late by the delay, and may just be closing."""
    return chunk.frame_budget + 2 * codebook_count + 1
