"""Several plans as one, so that their runs can be spoken together; equal chunks are spoken once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from higgs_cli.casting.cast import Cast, CastMember
from higgs_cli.planning.plan import Chunk, Plan, Run


def can_be_merged(one: Plan, other: Plan) -> bool:
    """Whether nobody has two voices, and all is said in one scene with one seed."""
    voices = {member.speaker: member.voice for member in one.cast.members}
    return (one.scene_text, one.seed) == (other.scene_text, other.seed) and all(
        voices.get(member.speaker, member.voice) == member.voice for member in other.cast.members
    )


def merged(plans: Sequence[Plan]) -> Plan:
    """Plans that can be merged, after one another. Nothing is mastered from it: pauses mean
    nothing."""
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
    cast = Cast(tuple(_members(plans)))
    return replace(plans[0], cast=cast, chunks=tuple(chunks), runs=tuple(runs), coverage=None)


def _members(plans: Sequence[Plan]) -> Iterator[CastMember]:
    """Everybody once, numbered in the order in which they come up."""
    members: dict[str, CastMember] = {}
    for plan in plans:
        for member in plan.cast.members:
            members.setdefault(member.speaker, member)
    for number, member in enumerate(members.values()):
        yield replace(member, number=number)


def chunk_numbers(plan: Plan, plans: Sequence[Plan]) -> list[list[list[int]]]:
    """Of each plan, for each chapter in its own order: the numbers that its chunks have in the
    merged one."""
    numbers = {chunk.key: chunk.number for chunk in plan.chunks}
    return [
        [[numbers[chunk.key] for chunk in chunks] for chunks in each.chunks_by_chapter.values()]
        for each in plans
    ]
