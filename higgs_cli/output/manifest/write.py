"""The JSON beside the audio from which all of it can be made again.

It holds what was planned (texts, cast, runs, pauses), what was chosen (settings, model) and what
came of it (takes, verdicts, places). `manifest.schema.json` says all of its form; nothing in it
depends on the hour or the machine, so that the same render writes the same bytes.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from higgs_cli import __version__
from higgs_cli.casting.cast import CastMember, Reference
from higgs_cli.files.atomic_file import write_whole
from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.plain_text import shown
from higgs_cli.planning.plan import Plan
from higgs_cli.takes.settled import SpokenPlan
from higgs_cli.takes.take import Verdict

FORMAT = "higgs-manifest"
VERSION = 2
"""1: flat settings under the names of that release; the book is levelled as a whole.
2: settings in groups, under names of the manifest's own; each chapter is levelled by itself."""

Json = Mapping[str, object]


@dataclass(frozen=True)
class AudioFacts:
    """The finished file, measured."""

    path: Path
    sha256: str
    sample_rate: int
    sample_count: int
    sample_format: str
    loudness_lufs: float | None
    true_peak_db: float


@dataclass(frozen=True)
class SubtitleFacts:
    """A file of subtitles, as it was written."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class DeliveredFiles:
    """What was written beside the manifest; a strict render that failed writes nothing."""

    audio: AudioFacts | None = None
    subtitles: tuple[SubtitleFacts, ...] = ()


def manifest_of(
    plan: Plan,
    settings: Json,
    spoken: SpokenPlan,
    outcomes: Sequence[ChunkOutcome],
    written: DeliveredFiles,
    chapter_gains: Mapping[int, float],
    levelled: str,
    mastering_version: int,
    store: Path,
) -> Json:
    """All of a render as plain values, in the order a person reads them."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_by": f"higgs {__version__}",
        "summary": _summary(outcomes),
        "audio": _audio(written.audio),
        "subtitles": [
            {"path": each.path.name, "sha256": each.sha256} for each in written.subtitles
        ],
        "levelled": levelled,
        "mastering_version": mastering_version,
        "model": dataclasses.asdict(spoken.description),
        "settings": settings,
        "store": str(store),
        "script": {"path": plan.script.path, "form": plan.script.form},
        "scene": plan.scene_text,
        "language": plan.language,
        "seed": plan.seed,
        "cast": [_member(member, spoken.voice_takes) for member in plan.cast.members],
        "chapters": _chapters(plan, outcomes, chapter_gains),
        "runs": [dataclasses.asdict(run) for run in plan.runs],
        "chunks": [_chunk(outcome) for outcome in outcomes],
    }


def manifest_bytes(manifest: Json) -> bytes:
    """As it lies on the disk."""
    return shown(json.dumps(manifest, ensure_ascii=False, indent=1)).encode() + b"\n"


def write_manifest(path: Path, manifest: Json) -> None:
    write_whole(path, manifest_bytes(manifest))


def _summary(outcomes: Iterable[ChunkOutcome]) -> Json:
    verdicts = [outcome.verdict for outcome in outcomes]
    return {
        "chunks": len(verdicts),
        "passed": verdicts.count(Verdict.PASS),
        "inconclusive": verdicts.count(Verdict.INCONCLUSIVE),
        "failed": verdicts.count(Verdict.FAIL),
    }


def _audio(audio: AudioFacts | None) -> Json | None:
    if audio is None:
        return None
    return {
        **dataclasses.asdict(audio),
        "path": audio.path.name,
        "duration_seconds": _rounded(audio.sample_count / audio.sample_rate),
    }


def _member(member: CastMember, voice_takes: Mapping[str, str]) -> Json:
    voice = member.voice
    return {
        "speaker": member.speaker,
        "number": member.number,
        "voice": voice.name,
        "why": member.why,
        "reference": _reference(voice.reference),
        "moods": {mood: _reference(each) for mood, each in voice.moods.items()},
        "description": voice.description,
        "language": voice.language,
        "gain_db": voice.gain_db,
        "origin": voice.origin,
        "generated_from": voice_takes.get(member.speaker),
    }


def _reference(reference: Reference | None) -> Json | None:
    if reference is None:
        return None
    return {
        "audio": str(reference.audio),
        "text": reference.text,
        "content": reference.content,
    }


def _chapters(
    plan: Plan, outcomes: Sequence[ChunkOutcome], gains: Mapping[int, float]
) -> list[Json]:
    starts: dict[int, float] = {}
    for outcome in outcomes:
        starts.setdefault(outcome.chunk.chapter, outcome.start_seconds)
    return [
        {
            "number": chapter.number,
            "title": chapter.title,
            "line_number": chapter.line_number,
            "start_seconds": _rounded(starts.get(chapter.number)),
            "gain_db": _rounded(gains.get(chapter.number)),
        }
        for chapter in plan.script.chapters
    ]


def _chunk(outcome: ChunkOutcome) -> Json:
    chunk, take = outcome.chunk, outcome.take
    planned = {
        field.name: getattr(chunk, field.name)
        for field in dataclasses.fields(chunk)
        if field.name not in ("pieces", "pause", "recipe", "emphasis")
    }
    return {
        **planned,
        **({"emphasis": [list(span) for span in chunk.emphasis]} if chunk.emphasis else {}),
        "pause": dataclasses.asdict(chunk.pause),
        "recipe": dict(chunk.recipe),
        "start_seconds": _rounded(outcome.start_seconds),
        "end_seconds": _rounded(outcome.end_seconds),
        "verdict": outcome.verdict.value,
        "is_used": outcome.is_used,
        "has_other_context": outcome.has_other_context,
        "findings": [dataclasses.asdict(finding) for finding in outcome.findings],
        "take": None
        if take is None
        else {
            "key": outcome.settled.key,
            "attempt": take.attempt,
            "frames": take.frame_count,
            "heard": list(take.heard),
            "codes_sha256": outcome.codes_sha256,
        },
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)
