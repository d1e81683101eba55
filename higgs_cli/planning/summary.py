"""A plan in figures: minutes, frames, coverage, and for each chunk whether it is already stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from higgs_cli.planning.left_out import LeftOut, left_out_parts
from higgs_cli.planning.plan import FRAMES_PER_SECOND, Chunk, Plan
from higgs_cli.script.about import BookTexts
from higgs_cli.script.document import Chapter
from higgs_cli.wording.languages import LEVELS

JSON_VERSION = 2
"""2: what was `custody` is `coverage`."""


class StoredTakes(Protocol):
    """What a take store knows of the chunks of a plan."""

    def why_missing(self, number: int) -> str | None:
        """Why a chunk is to be spoken; None where its take is stored."""


class NothingStored:
    """The store of something that was never rendered."""

    def why_missing(self, number: int) -> str | None:
        return "not rendered yet"


@dataclass(frozen=True)
class PlanSummary:
    """Everything that `higgs plan` shows."""

    plan: Plan
    missing: Mapping[int, str]
    """Why a chunk will be spoken, by its number; stored ones are not in it."""
    times_real_time: float | None
    """How fast this machine has rendered before."""
    about: BookTexts | None = None
    """What describes the book, where that was asked."""
    cover: str | None = None
    """What its picture is, in a few words."""
    gates: tuple[tuple[str, str], ...] = ()
    """What takes will be held to by what is heard of them, and who listens."""
    not_compared: str | None = None
    """What will not be compared with the script, and what would bring it."""

    @property
    def missing_seconds(self) -> float:
        return sum(self.plan.chunks[number].seconds for number in self.missing)

    @property
    def render_seconds(self) -> float | None:
        rate = self.times_real_time
        return self.missing_seconds / rate if rate else None

    @property
    def frame_count(self) -> int:
        return round(self.plan.speech_seconds * FRAMES_PER_SECOND)

    def replacements(self) -> Counter[tuple[str, str, str]]:
        """(rule, written, spoken) → how often."""
        source = self.plan.script.source
        return Counter(
            (str(piece.rule), source[piece.start : piece.end], piece.text.strip())
            for chunk in self.plan.chunks
            for piece in chunk.replacements
        )

    @cached_property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What of the source nobody reads, by kind, the longest first."""
        return left_out_parts(self.plan.script)

    def document(self) -> dict[str, Any]:
        """The same for programs."""
        plan, script, coverage = self.plan, self.plan.script, self.plan.coverage
        return {
            "version": JSON_VERSION,
            "script": script.path,
            "form": script.form,
            "encoding": script.encoding,
            "language": plan.language,
            "language_level": LEVELS.get(plan.language, "low"),
            "scene": plan.scene_text,
            "coverage": coverage
            and {
                "spoken_words": coverage.spoken_words,
                "left_words": coverage.left_words,
                "left_parts": dict(coverage.left_parts),
            },
            "left_out": [part.document() for part in self.left_out],
            "facts": self._facts(),
            "cast": [self._member(member.speaker) for member in plan.cast.members],
            "chapters": self.chapters(),
            "runs": [
                {"number": run.number, "speakers": list(run.speakers), "chunks": list(run.chunks)}
                for run in plan.runs
            ],
            "chunks": [self._chunk(chunk) for chunk in plan.chunks],
            "replacements": [
                {"rule": rule, "written": written, "spoken": spoken, "count": count}
                for (rule, written, spoken), count in self.replacements().most_common()
            ],
            "gates": [{"gate": gate, "listener_name": name} for gate, name in self.gates],
            "warnings": list(plan.warnings),
            "totals": {
                "chunks": len(plan.chunks),
                "missing_chunks": len(self.missing),
                "audio_seconds": round(plan.audio_seconds, 2),
                "missing_seconds": round(self.missing_seconds, 2),
                "frames": self.frame_count,
                "render_seconds": self.render_seconds and round(self.render_seconds, 1),
            },
        }

    def chapters(self) -> list[dict[str, Any]]:
        """Each chapter with how much of it is spoken, for how long."""
        return [self._chapter(chapter) for chapter in self.plan.script.chapters]

    def speaker_seconds(self, speaker: str) -> float:
        return self.plan.speaker_seconds.get(speaker, 0)

    def _member(self, speaker: str) -> dict[str, Any]:
        member = self.plan.cast.member(speaker)
        return {
            "speaker": speaker,
            "voice": member.voice.name,
            "kind": voice_kind(self.plan, speaker),
            "why": member.why,
            "seconds": round(self.speaker_seconds(speaker), 2),
        }

    def _facts(self) -> dict[str, Any]:
        texts = self.about.texts if self.about else {}
        return {**texts, "has_cover": self.cover is not None}

    def _chapter(self, chapter: Chapter) -> dict[str, Any]:
        chunks = self.plan.chunks_by_chapter.get(chapter.number, ())
        seconds = sum(chunk.seconds + chunk.pause.seconds for chunk in chunks)
        return {
            "title": chapter.title,
            "number": chapter.number + 1,
            "line": chapter.line_number,
            "chunks": len(chunks),
            "seconds": round(seconds, 2),
        }

    def _chunk(self, chunk: Chunk) -> dict[str, Any]:
        return {
            "number": chunk.number,
            "key": chunk.key,
            "run": self.plan.run_of[chunk.number].number,
            "line": chunk.line_number,
            "place": chunk.place,
            "speaker": chunk.speaker,
            "mood": chunk.mood,
            "text": chunk.text,
            "emphasis": [list(span) for span in chunk.emphasis],
            "pause": {"kind": chunk.pause.kind, "seconds": chunk.pause.seconds},
            "seconds": round(chunk.seconds, 2),
            "frame_budget": chunk.frame_budget,
            "is_stored": chunk.number not in self.missing,
            "why": self.missing.get(chunk.number),
        }


def voice_kind(plan: Plan, speaker: str) -> str:
    """What a speaker's voice is made from, in a word or two."""
    voice = plan.cast.member(speaker).voice
    if voice.reference is not None:
        return "recording"
    return "generated from a description" if voice.origin else "generated"


def summarise(plan: Plan, stored: StoredTakes, times_real_time: float | None) -> PlanSummary:
    """Look up every chunk and count."""
    missing = {}
    for chunk in plan.chunks:
        why = stored.why_missing(chunk.number)
        if why is not None:
            missing[chunk.number] = why
    return PlanSummary(plan, missing, times_real_time)
