"""A text that was spoken: its sound, where each chunk is heard, and how it was judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgs_cli.planning.plan import Plan
from higgs_cli.takes.settled import SettledChunk
from higgs_cli.takes.take import Finding, Verdict

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Samples


@dataclass(frozen=True)
class SpokenChunkSound:
    """A chunk and where it is heard; `start_seconds` is its end where no take of it is usable."""

    settled: SettledChunk
    start_seconds: float
    end_seconds: float

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the checks say of the take that is heard, and the gates that were asked for."""
        take = self.settled.take
        return (*(take.findings if take is not None else ()), *self.settled.held)

    @property
    def verdict(self) -> Verdict:
        if self.settled.has_failed:
            return Verdict.FAIL
        found = [finding.verdict for finding in self.findings]
        return Verdict.INCONCLUSIVE if Verdict.INCONCLUSIVE in found else Verdict.PASS


@dataclass(frozen=True, eq=False)
class SpokenSound:
    """All of a text, spoken."""

    samples: Samples
    sample_rate: int
    plan: Plan
    chunks: tuple[SpokenChunkSound, ...]

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate

    @property
    def verdict(self) -> Verdict:
        """The worst of its chunks: none has failed that was spoken again and passed."""
        found = {chunk.verdict for chunk in self.chunks}
        worst = (Verdict.FAIL, Verdict.INCONCLUSIVE)
        return next((verdict for verdict in worst if verdict in found), Verdict.PASS)

    @property
    def has_failed(self) -> bool:
        """Whether a chunk has no take that passed."""
        return self.verdict is Verdict.FAIL

    @property
    def findings(self) -> list[dict[str, object]]:
        """What is to be said of what is heard, where it is heard."""
        return [
            {
                "check": finding.check,
                "verdict": finding.verdict.value,
                "detail": finding.detail,
                "text": chunk.settled.chunk.text,
                "start": round(chunk.start_seconds, 3),
                "end": round(chunk.end_seconds, 3),
            }
            for chunk in self.chunks
            for finding in chunk.findings
        ]
