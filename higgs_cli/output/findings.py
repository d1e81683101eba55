"""The one table of findings: each chunk with its place, time and words, and what is said of it.

It is a value. The terminal shows its exceptions (`terminal/render_view.py`), `findings_csv.py`
writes all of it as a sheet, and `report/` as a page that plays the audio beside it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.output.written_words import Writing
from higgs_cli.planning.places import chunk_place, time_place, where
from higgs_cli.planning.plan import Plan
from higgs_cli.takes.take import Finding, Verdict

WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class FindingsRow:
    """One chunk, as a person who listens needs it."""

    number: int
    """Of the chunk."""
    chapter: int
    place: str
    """As `--retake` takes it: `#14`."""
    where: str
    """Where it stands in the source."""
    start_seconds: float
    end_seconds: float
    written: str
    """In the words of the source."""
    spoken: str
    """What the model was given to say."""
    speaker: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    is_heard: bool
    """Where not, silence stands in its place."""
    retake: str
    """The command for another take of it."""

    @property
    def is_exception(self) -> bool:
        return self.verdict is not Verdict.PASS

    @property
    def word(self) -> str:
        """The verdict as a person says it."""
        return {Verdict.FAIL: "failed", Verdict.INCONCLUSIVE: "doubtful"}.get(self.verdict, "good")

    @property
    def what(self) -> str:
        """All findings in one line."""
        return "; ".join(f"{finding.check}: {finding.detail}" for finding in self.findings)

    @property
    def is_said_otherwise(self) -> bool:
        """Are there other words in what is spoken? Quotes and dashes are none."""
        return WORDS.findall(self.spoken.casefold()) != WORDS.findall(self.written.casefold())

    @property
    def at(self) -> str:
        return time_place(self.start_seconds)


def findings_of(
    plan: Plan, outcomes: Iterable[ChunkOutcome], manifest_name: str
) -> tuple[FindingsRow, ...]:
    """The table, in the order of the audio; the manifest is what commands are given."""
    writing = Writing(plan)
    return tuple(_row(outcome, writing, manifest_name) for outcome in outcomes)


def exceptions_first(rows: Sequence[FindingsRow]) -> list[FindingsRow]:
    """What failed, what is doubtful, and the rest, each in the order of the audio."""
    order = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS)
    return sorted(rows, key=lambda row: order.index(row.verdict))


def _row(outcome: ChunkOutcome, writing: Writing, manifest_name: str) -> FindingsRow:
    chunk = outcome.chunk
    place = chunk_place(chunk.number)
    manifest = shlex.quote(manifest_name)
    return FindingsRow(
        number=chunk.number,
        chapter=chunk.chapter,
        place=place,
        where=where(writing.plan, chunk),
        start_seconds=outcome.start_seconds,
        end_seconds=outcome.end_seconds,
        written=writing.text(chunk),
        spoken=chunk.text,
        speaker=chunk.speaker,
        verdict=outcome.verdict,
        findings=outcome.findings,
        is_heard=outcome.is_used,
        retake=f"higgs render --from {manifest} --retake={place}",
    )
