"""Packs: chunks that follow one another in a chapter, whose first takes are heard together.

Whisper listens half a minute at a time, however little is said in it. Where one pack ends and the
next begins follows from the chunks alone, and finds back to the same places behind an edit: in the
stretch where a pack may end, the next one begins with the chunk of the smallest key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from higgs_cli.planning.plan import Chunk

MOST_SECONDS = 22.0
"""As planned: what is spoken may be longer, and fits a window of thirty mostly."""
LEAST_SECONDS = 8.0

Pack: TypeAlias = tuple[int, ...]
"""The numbers of its chunks."""


def packs_of(chunks: Sequence[Chunk]) -> Iterator[Pack]:
    """Those of one chapter; each chunk is in one."""
    first = 0
    while first < len(chunks):
        end = _end(chunks, first)
        yield tuple(chunk.number for chunk in chunks[first:end])
        first = end


def _end(chunks: Sequence[Chunk], first: int) -> int:
    """Behind the last chunk of the pack that begins with this one."""
    seconds, ends = 0.0, list[int]()
    for at in range(first, len(chunks)):
        seconds += chunks[at].seconds
        if at > first and seconds > MOST_SECONDS:
            break
        if seconds < LEAST_SECONDS:
            ends.clear()  # too short as long as more fits
        ends.append(at + 1)
    else:
        return len(chunks)
    return min(ends, key=lambda end: chunks[end].key)
