"""What was heard of the takes of a book, at the times at which its words are in a file.

    take      lead | Dr.  Lee  paid |              as it was spoken, and as the recogniser says
    file     start | Dr. Lee paid | end            at the pace of its speaker, without the lead

Where nobody has listened, or what was heard does not fit the text, the plan says when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from higgs_cli.checks.heard_spans import HeardSpan, heard_spans
from higgs_cli.planning.plan import Plan
from higgs_cli.takes.settled import SettledChunk

HEARD, PLANNED = "heard", "plan and pauses"
"""How the times of words are known: by a recogniser, or shared out as planned and tied to the
pauses in the sound."""


@dataclass(frozen=True)
class HeardChunks:
    """By the numbers of the chunks."""

    plan: Plan
    settled: Mapping[int, SettledChunk] = field(default_factory=dict)
    leads: Mapping[int, float] = field(default_factory=dict)
    """How much was cut off the beginning of each sound, in seconds of the file."""

    def spans(self, number: int, start_seconds: float) -> tuple[HeardSpan, ...]:
        """What was heard of a chunk that begins there in a file."""
        settled = self.settled.get(number)
        if settled is None:
            return ()
        pace = self.plan.cast.member(settled.chunk.speaker).pace
        take_start = start_seconds - self.leads.get(number, 0.0)
        return tuple(
            each.between(
                take_start + each.start_seconds / pace, take_start + each.end_seconds / pace
            )
            for each in spans_of(settled, self.plan.language)
        )

    def told(self, numbers: Collection[int]) -> str:
        """How the times of the words of these chunks are known."""
        used = [self.settled[at] for at in numbers if at in self.settled]
        used = [each for each in used if each.is_used]
        count = sum(is_heard(each, self.plan.language) for each in used)
        if not count:
            return PLANNED
        rest = len(used) - count
        return f"{HEARD}; {rest} of {len(used)} chunks: {PLANNED}" if rest else HEARD


def heard_chunks(
    plan: Plan, settled: Iterable[SettledChunk], leads: Mapping[int, float]
) -> HeardChunks:
    return HeardChunks(plan, {each.chunk.number: each for each in settled}, leads)


def spans_of(settled: SettledChunk, language: str) -> tuple[HeardSpan, ...]:
    """By the clock of its take."""
    if settled.hearing is None or not settled.is_used:
        return ()
    return heard_spans(settled.chunk.text, settled.hearing, language, settled.late_seconds)


def is_heard(settled: SettledChunk, language: str) -> bool:
    """Whether the times of its words are those of a recogniser."""
    return bool(spans_of(settled, language))
