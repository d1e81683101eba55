"""The plan of an earlier render with other pauses, sampling, seed or contexts: no script is needed.

Texts, chunks and cast stay. What decides a chunk's sound is part of its recipe, so a chunk that
would sound different has a new key and is spoken again; all others keep theirs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from higgs_cli.planning.estimate import measure
from higgs_cli.planning.keys import chunk_seed, digest, voice_parts
from higgs_cli.planning.plan import FRAMES_PER_SECOND, Chunk, Pause, Plan
from higgs_cli.planning.planner import manner_name, sampling_name, seconds_of
from higgs_cli.planning.runs import make_runs
from higgs_cli.settings.views import Planning


def replanned(plan: Plan, before: Planning, now: Planning) -> Plan:
    """The same chunks as `now` would have planned them; the same plan where nothing differs."""
    if now == before:
        return plan
    chunks = tuple(_replanned(chunk, before, now) for chunk in plan.chunks)
    runs = plan.runs
    if (now.run_chunks, now.ensemble) != (before.run_chunks, before.ensemble):
        runs = make_runs(chunks, run_chunks=now.run_chunks, is_ensemble=now.ensemble)
    return replace(plan, seed=now.seed, chunks=chunks, runs=runs)


def is_outdated(chunk: Chunk) -> bool:
    """Whether its voice was encoded otherwise than it would be now."""
    return not voice_parts(chunk.recipe["voice"]).items() <= chunk.recipe.items()


def brought_up_to_date(plan: Plan, numbers: Collection[int]) -> Plan:
    """The same plan, where these chunks hear their voices as recordings are encoded now."""
    chunks = tuple(
        _brought_up_to_date(chunk, plan.seed) if chunk.number in numbers else chunk
        for chunk in plan.chunks
    )
    return replace(plan, chunks=chunks)


def _brought_up_to_date(chunk: Chunk, seed: int) -> Chunk:
    recipe = {**chunk.recipe, **voice_parts(chunk.recipe["voice"])}
    key = digest(recipe)
    return replace(chunk, recipe=recipe, key=key, seed=chunk_seed(seed, key))


def _replanned(chunk: Chunk, before: Planning, now: Planning) -> Chunk:
    changed = _changed_parts(before, now)
    if changed:  # it is spoken again, and hears its voice as recordings are encoded now
        changed |= voice_parts(chunk.recipe["voice"])
    recipe = {**chunk.recipe, **changed}
    key = digest(recipe) if recipe != chunk.recipe else chunk.key
    return replace(
        chunk,
        recipe=recipe,
        key=key,
        seed=chunk_seed(now.seed, key),
        pause=_pause(chunk.pause, before, now),
        frame_budget=_frame_budget(chunk, before, now),
    )


def _changed_parts(before: Planning, now: Planning) -> dict[str, str]:
    """The parts of a recipe that are not as they were."""
    changed = {}
    if now.sampling != before.sampling:
        changed["sampling"] = sampling_name(now.sampling)
    if now.seed != before.seed:
        changed["seed"] = str(now.seed)
    if now.ensemble != before.ensemble:
        changed["manner"] = manner_name(now)
    return changed


def _pause(pause: Pause, before: Planning, now: Planning) -> Pause:
    """What the script itself says stays as it is written."""
    if pause.kind in ("start", "written") or now.pauses == before.pauses:
        return pause
    usual = seconds_of(pause.kind, before.pauses)
    scale = (
        pause.seconds / usual if usual else 1.0
    )  # a speaker's own; 0 within a sentence that was cut
    return Pause(pause.kind, seconds_of(pause.kind, now.pauses) * scale)


def _frame_budget(chunk: Chunk, before: Planning, now: Planning) -> int:
    if now.max_seconds == before.max_seconds:
        return chunk.frame_budget
    return min(measure(chunk.text).frame_budget, int(now.max_seconds * FRAMES_PER_SECOND))
