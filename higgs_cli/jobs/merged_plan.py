"""Several plans as one, so that their runs can be spoken together; equal chunks are spoken once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from higgs_cli.planning.plan import Chunk, Plan, Run


def merged(plans: Sequence[Plan]) -> Plan:
    """Plans of one cast, after one another. Nothing is mastered from it: pauses mean nothing."""
    chunks: list[Chunk] = []
    runs: list[Run] = []
    seen: set[str] = set()
    for plan in plans:
        for run in plan.runs:
            fresh = [chunk for chunk in plan.chunks_of(run) if chunk.key not in seen]
            seen.update(chunk.key for chunk in fresh)
            numbers = tuple(range(len(chunks), len(chunks) + len(fresh)))
            pairs = zip(fresh, numbers, strict=True)
            chunks += [replace(chunk, number=number) for chunk, number in pairs]
            if numbers:
                runs.append(replace(run, number=len(runs), chunks=numbers))
    return replace(plans[0], chunks=tuple(chunks), runs=tuple(runs), coverage=None)


def chunk_numbers(plan: Plan, plans: Sequence[Plan]) -> list[list[int]]:
    """Of each plan, in its own order: the numbers that its chunks have in the merged one."""
    numbers = {chunk.key: chunk.number for chunk in plan.chunks}
    return [[numbers[chunk.key] for chunk in each.chunks] for each in plans]
