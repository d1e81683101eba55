"""Labels for an editor of sound: which chunk sounds when, as Audacity reads them.

12.340000⇥15.120000⇥#14 ELENA: Who is there?
"""

from __future__ import annotations

from collections.abc import Mapping

from higgs_cli.output.written_words import Writing
from higgs_cli.plain_text import without_steering
from higgs_cli.planning.places import chunk_place
from higgs_cli.planning.plan import Chunk, Plan

SHOWN_WORDS = 6


def stem_labels(plan: Plan, times: Mapping[int, tuple[float, float]]) -> bytes:
    """A line for each chunk that has a time, in order."""
    writing = Writing(plan)
    lines = (
        f"{start:.6f}\t{end:.6f}\t{_label(writing, chunk)}\n"
        for chunk in plan.chunks
        if chunk.number in times
        for start, end in [times[chunk.number]]
    )
    return "".join(lines).encode()


def _label(writing: Writing, chunk: Chunk) -> str:
    words = writing.text(chunk).split()
    shown = " ".join(words[:SHOWN_WORDS]) + (" …" if len(words) > SHOWN_WORDS else "")
    return without_steering(
        " ".join(f"{chunk_place(chunk.number)} {chunk.speaker}: {shown}".split())
    )
