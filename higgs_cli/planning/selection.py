"""Some chapters of a plan, with the keys and seeds that they have in the whole.

The whole is planned first, so that a chapter has the same takes whichever others go with it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from higgs_cli.errors import UsageError
from higgs_cli.planning.coverage import prove_coverage
from higgs_cli.planning.plan import Chunk, Plan
from higgs_cli.planning.runs import make_runs
from higgs_cli.script.document import CREDITS, Script, Unspoken
from higgs_cli.settings.views import Planning

RANGE = re.compile(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?")


def selected(plan: Plan, chapters: str | None, planning: Planning) -> Plan:
    """The plan of the chapters that `1-3,7` names, and `credits`; the same plan for None."""
    if chapters is None:
        return plan
    wanted = chapter_numbers(chapters, plan.script)
    chunks = [chunk for chunk in plan.chunks if chunk.chapter in wanted]
    if not chunks:
        raise UsageError(f"--chapters {chapters}: nothing in them is spoken")
    told = tuple(_renumbered(chunk, number) for number, chunk in enumerate(chunks))
    runs = make_runs(told, run_chunks=planning.run_chunks, is_ensemble=planning.ensemble)
    part = replace(plan, script=_part(plan, wanted), chunks=told, runs=runs)
    return replace(part, coverage=prove_coverage(part))


def chapter_numbers(text: str, script: Script) -> frozenset[int]:
    """`1-3,7,credits`, counted from 1, as numbers from 0."""
    found: set[int] = set()
    count = len(script.own_chapters)
    for part in (part.strip() for part in text.split(",")):
        if part == CREDITS:
            found.update(_credits(text, script))
            continue
        match = RANGE.fullmatch(part)
        if match is None:
            raise UsageError(f"--chapters {text}: {part!r} is no chapter", hint="1-3,7")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= count:
            known = f"the chapters are 1 to {count}" if count > 1 else "there is one chapter"
            raise UsageError(f"--chapters {text}: {part!r} is not there", hint=f"{known}; see plan")
        found.update(range(first - 1, last))
    return frozenset(found)


def _credits(text: str, script: Script) -> list[int]:
    found = [chapter.number for chapter in script.chapters if chapter.credits]
    if not found:
        raise UsageError(f"--chapters {text}: {script.path} is rendered without credits")
    return found


def _renumbered(chunk: Chunk, number: int) -> Chunk:
    return replace(chunk if number else chunk.opening(), number=number)


def _part(plan: Plan, wanted: frozenset[int]) -> Script:
    """The script with the other chapters as parts that are not spoken."""
    script = plan.script
    others = [
        Unspoken(chunks[0].pieces[0].start, chunks[-1].pieces[-1].end, "chapter")
        for number, chunks in plan.chunks_by_chapter.items()
        if number not in wanted
    ]
    unspoken = sorted([*script.unspoken, *others], key=lambda part: (part.start, part.end))
    chapters = tuple(chapter for chapter in script.chapters if chapter.number in wanted)
    return replace(script, chapters=chapters, unspoken=tuple(unspoken))
