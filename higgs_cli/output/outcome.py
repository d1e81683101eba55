"""What became of each chunk: its take, its place in the audio, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.settled import SettledChunk
from higgs_cli.takes.take import Finding, TakeRecord, Verdict
from higgs_cli.takes.voice_levels import LEVEL_CHECK


@dataclass(frozen=True)
class ChunkOutcome:
    """One chunk, spoken or not, and where it lies in the finished file."""

    settled: SettledChunk
    codes_sha256: str | None
    start_seconds: float
    end_seconds: float
    level_offset_db: float | None = None
    """How far its level is off its voice's median, where that is worth saying."""

    @property
    def chunk(self) -> Chunk:
        return self.settled.chunk

    @property
    def take(self) -> TakeRecord | None:
        return self.settled.take

    @property
    def is_used(self) -> bool:
        return self.settled.is_used

    @property
    def has_other_context(self) -> bool:
        return self.settled.has_other_context

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The checks' findings, and those that only the whole shows."""
        found = list(self.take.findings) if self.take else []
        if self.take is None:
            detail = self.settled.loss or "never spoken"
            found.append(Finding("unspoken", Verdict.FAIL, detail))
        found += self.settled.held
        is_known = any(finding.check == LEVEL_CHECK for finding in found)
        if self.level_offset_db is not None and not is_known:
            detail = f"{self.level_offset_db:+.1f} dB from the median level of its voice"
            found.append(Finding(LEVEL_CHECK, Verdict.INCONCLUSIVE, detail))
        return tuple(found)

    @property
    def verdict(self) -> Verdict:
        verdicts = {finding.verdict for finding in self.findings}
        for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
            if verdict in verdicts:
                return verdict
        return Verdict.PASS


def failed(outcomes: Iterable[ChunkOutcome]) -> list[ChunkOutcome]:
    return [outcome for outcome in outcomes if outcome.verdict is Verdict.FAIL]


def doubtful(outcomes: Iterable[ChunkOutcome]) -> list[ChunkOutcome]:
    return [outcome for outcome in outcomes if outcome.verdict is Verdict.INCONCLUSIVE]


def clock(seconds: float) -> str:
    """`1:02:03.4`: a place in the audio, as a person looks it up."""
    tenths = round(seconds * 10)
    hours, rest = divmod(tenths, 36000)
    minutes, rest = divmod(rest, 600)
    whole, tenth = divmod(rest, 10)
    return f"{hours}:{minutes:02}:{whole:02}.{tenth}"
