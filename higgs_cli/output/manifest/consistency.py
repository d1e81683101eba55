"""What the values of a manifest say of one another, as every plan of ours does.

Chunks are numbered in order and have keys of their own; runs part them; who speaks is cast, in a
mood that the voice has; an estimate of speech is about what its text takes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain

from higgs_cli.errors import FormatError
from higgs_cli.planning.estimate import measure
from higgs_cli.planning.plan import Chunk, Plan, Run
from higgs_cli.script.document import credits_place

SECONDS_FACTOR, SECONDS_BESIDES = 10.0, 10.0
"""An estimate may have been made by other rules than today's, but not by wholly others."""


def check_consistency(plan: Plan, given_voices: Collection[str], what: str) -> None:
    """Refuses a plan that no render of ours has made.

    `given_voices`: speakers whose voice was generated, as their takes say.
    """
    for problem in _problems(plan, given_voices):
        raise FormatError(f"{what}: damaged manifest ({problem})")


def _problems(plan: Plan, given_voices: Collection[str]) -> Iterable[str]:
    yield from _cast_problems(plan)
    spoken = {chunk.speaker for chunk in plan.chunks}
    generated = {each.speaker for each in plan.cast.members if each.voice.is_generated}
    if not spoken & generated >= set(given_voices):
        yield "a voice was generated for somebody who needs none"
    yield from _chunk_problems(plan)
    yield from _run_problems(plan)


def _cast_problems(plan: Plan) -> Iterable[str]:
    members = plan.cast.members
    if len({each.speaker for each in members}) < len(members):
        yield "a speaker is cast twice"
    if len({each.number for each in members}) < len(members):
        yield "two speakers have one number"


def _chunk_problems(plan: Plan) -> Iterable[str]:
    chunks = plan.chunks
    if not chunks:
        yield "it has no chunks"
    if [chunk.number for chunk in chunks] != list(range(len(chunks))):
        yield "its chunks are not numbered in order"
    if len({chunk.key for chunk in chunks}) < len(chunks):
        yield "two chunks have one key"
    chapters = [chunk.chapter for chunk in chunks]
    if chapters != sorted(chapters):
        yield "its chapters are not in order"
    known = {chapter.number for chapter in plan.script.chapters}
    if not known.issuperset(chapters):
        yield "a chunk is in no chapter"
    credits = {each.number: credits_place(each.credits) for each in plan.script.chapters}
    if any(
        (chunk.place if chunk.is_credits else "") != credits.get(chunk.chapter) for chunk in chunks
    ):
        yield "credits and chapters are mixed up"
    moods = {each.speaker: {None, *each.voice.moods} for each in plan.cast.members}
    for chunk in chunks:
        if chunk.mood not in moods.get(chunk.speaker, ()):
            yield f"chunk {chunk.number}: nobody is cast for it"
        yield from _values_of(chunk)


def _values_of(chunk: Chunk) -> Iterable[str]:
    if chunk.last_line_number < chunk.line_number:
        yield f"chunk {chunk.number}: its lines run backwards"
    for part in ("text", "voice"):
        if part not in chunk.recipe:
            yield f"chunk {chunk.number}: its recipe has no {part}"
    places = [0, *chain.from_iterable(chunk.emphasis), len(chunk.text)]
    if places != sorted(places):
        yield f"chunk {chunk.number}: what is stressed of it is not in its text"
    if chunk.seconds > SECONDS_BESIDES + SECONDS_FACTOR * measure(chunk.text).seconds:
        yield f"chunk {chunk.number}: its text does not take so long to say"


def _run_problems(plan: Plan) -> Iterable[str]:
    runs = plan.runs
    if [run.number for run in runs] != list(range(len(runs))):
        yield "its runs are not numbered in order"
    spoken = sorted(number for run in runs for number in run.chunks)
    if spoken != list(range(len(plan.chunks))):
        yield "its runs do not speak every chunk once"
        return
    for run in runs:
        if not _speaks_its_own(run, plan.chunks_of(run)):
            yield f"run {run.number}: it is not a run of its chunks"


def _speaks_its_own(run: Run, chunks: tuple[Chunk, ...]) -> bool:
    places = {(chunk.chapter, chunk.scene) for chunk in chunks}
    speakers = {chunk.speaker for chunk in chunks}
    moods = {chunk.mood for chunk in chunks}
    return (
        places == {(run.chapter, run.scene)}
        and speakers == set(run.speakers)
        and len(speakers) == len(run.speakers)
        and list(run.chunks) == sorted(run.chunks)
        and (run.mood is None or moods == {run.mood})
    )
