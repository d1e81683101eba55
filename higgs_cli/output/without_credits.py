"""A book as a read-along tells it: its own words and their sound, and nothing of its credits.

sound   |opening|  chapter 1 …  chapter 9  |closing|
                |<-- what is read along -->|
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from higgs_cli.audio.sound import Sound, WholeSound
from higgs_cli.planning.plan import Plan

Times = Mapping[int, tuple[float, float]]


def has_credits(plan: Plan) -> bool:
    return any(chunk.is_credits for chunk in plan.chunks)


def own_words(plan: Plan) -> Plan:
    """The plan without them; chunks keep their numbers."""
    script = plan.script
    chunks = tuple(chunk for chunk in plan.chunks if not chunk.is_credits)
    source = script.source[: script.own_length]
    own = replace(script, source=source, chapters=script.own_chapters, credits_start=None)
    return replace(plan, script=own, chunks=chunks)


def own_sound(sound: WholeSound, plan: Plan, times: Times) -> tuple[Sound, Times]:
    """What sounds between them, and the chunks' times in that."""
    rate, chunks = sound.sample_rate, plan.chunks
    own = [at for at, chunk in enumerate(chunks) if not chunk.is_credits]
    start, end = 0, sound.sample_count
    if own[0]:
        start = round(times[chunks[own[0]].number][0] * rate)
    if own[-1] + 1 < len(chunks):
        end = round(times[chunks[own[-1] + 1].number][0] * rate)
    before = start / rate
    return sound.part(start, end), {at: (a - before, b - before) for at, (a, b) in times.items()}
