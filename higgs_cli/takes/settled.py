"""What was spoken, as a value: each chunk with its take, chapter by chapter.

Nothing here can change any more: mastering and delivery read it, whoever spoke it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from higgs_cli.listening.hearing import Hearing
from higgs_cli.planning.plan import Chunk
from higgs_cli.speech.protocol import SynthesizerDescription
from higgs_cli.takes.take import Finding, TakeRecord, Verdict


@dataclass(frozen=True)
class SettledChunk:
    """One chunk that is not spoken any more: with its take, or without a usable one."""

    chunk: Chunk
    key: str
    take: TakeRecord | None
    is_used: bool
    """Where not, silence stands in its place."""
    has_other_context: bool
    """Its take was spoken in the context of a line that has changed since."""
    loss: str | None
    """Why nothing could be stored, where nothing was."""
    held: tuple[Finding, ...] = ()
    """What is to be said of its take by what is usual for its voice, and by what was heard."""
    is_rated: bool = True
    """Whether that was asked: not of a take of an earlier version, which has measured less."""

    untold: tuple[str, ...] = ()
    """The gates that say nothing of it, as it is too short for them."""
    hearing: Hearing | None = None
    """What a recogniser has heard of its take."""
    late_seconds: float = 0.0
    """How much later than they were said it says that words were heard."""

    @property
    def has_failed(self) -> bool:
        """Whether no take of it passed."""
        verdicts = [finding.verdict for finding in self.held]
        return self.take is None or Verdict.FAIL in (self.take.verdict, *verdicts)


@dataclass(frozen=True)
class SpokenChapter:
    """A chapter of which every chunk is settled."""

    number: int
    chunks: tuple[SettledChunk, ...]
    fresh_keys: frozenset[str]
    """Keys of the chunks that were spoken now, and not found in the store."""


@dataclass(frozen=True)
class JudgedBy:
    """A gate that takes were held to, and who listened for it."""

    gate: str
    listener_name: str
    listener: str
    """Its identity."""


@dataclass(frozen=True)
class SpokenPlan:
    """All chapters of a plan, in order, and who spoke them."""

    description: SynthesizerDescription
    chapters: tuple[SpokenChapter, ...]
    voice_takes: Mapping[str, str]
    """The take that each generated voice was made of, by speaker."""
    judged_by: tuple[JudgedBy, ...] = ()
    """The gates, besides sound and rate."""

    @property
    def chunks(self) -> Iterator[SettledChunk]:
        for chapter in self.chapters:
            yield from chapter.chunks

    @property
    def has_failed(self) -> bool:
        """Whether a chunk has no take that passed."""
        return any(each.has_failed for each in self.chunks)

    @property
    def fresh_count(self) -> int:
        """How many chunks were spoken now."""
        return sum(len(chapter.fresh_keys) for chapter in self.chapters)
