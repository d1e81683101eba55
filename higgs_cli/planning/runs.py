"""Which chunks are spoken one after another in one context.

    solo        A1 A2 | B1 B2 B3         each speaker's successive chunks of a scene
    ensemble    A1 B1 A2 B2 B3           the script's own order, all voices in one context

Runs end with the scene and after a bounded number of chunks, because lanes are the parallelism.
"""

from __future__ import annotations

from collections.abc import Sequence

from higgs_cli.planning.plan import Chunk, Run

Place = tuple[int, int, str, str | None]


def make_runs(chunks: Sequence[Chunk], *, run_chunks: int, is_ensemble: bool) -> tuple[Run, ...]:
    """Every chunk in exactly one run; runs in the order of their first chunks."""
    groups: dict[Place, list[Chunk]] = {}
    for chunk in chunks:
        who = ("", None) if is_ensemble else (chunk.speaker, chunk.mood)
        groups.setdefault((chunk.chapter, chunk.scene, *who), []).append(chunk)
    parts = [
        group[first : first + run_chunks]
        for group in groups.values()
        for first in range(0, len(group), run_chunks)
    ]
    parts.sort(key=lambda part: part[0].number)
    return tuple(_run(number, part, is_ensemble) for number, part in enumerate(parts))


def _run(number: int, chunks: list[Chunk], is_ensemble: bool) -> Run:
    first = chunks[0]
    return Run(
        number=number,
        chapter=first.chapter,
        scene=first.scene,
        speakers=tuple(dict.fromkeys(chunk.speaker for chunk in chunks)),
        chunks=tuple(chunk.number for chunk in chunks),
        mood=None if is_ensemble else first.mood,
    )
