"""The JSON beside the audio from which all of it can be made again.

It holds what was planned (texts, cast, runs, pauses), what was chosen (settings, model) and what
came of it (takes, verdicts, places). `manifest.schema.json` says all of its form; nothing in it
depends on the hour or the machine, so that the same render writes the same bytes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from higgs_cli import __version__
from higgs_cli.casting.cast import CastMember, Reference
from higgs_cli.files.atomic_file import write_whole
from higgs_cli.output.about import AboutBook
from higgs_cli.output.file_names import STEMS
from higgs_cli.output.heard_chunks import HEARD, is_heard
from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.output.written_words import Writing
from higgs_cli.plain_text import shown
from higgs_cli.planning.plan import Plan
from higgs_cli.script.file_wishes import SampleWish
from higgs_cli.takes.settled import SpokenPlan
from higgs_cli.takes.store import TakeStore
from higgs_cli.takes.take import Verdict

FORMAT = "higgs-manifest"
VERSION = 2
"""1: flat settings under the names of that release; the book is levelled as a whole.
2: settings in groups, under names of the manifest's own; each chapter is levelled by itself."""

Json = Mapping[str, object]


@dataclass(frozen=True)
class AudioFacts:
    """A finished file, measured."""

    path: Path
    sha256: str
    sample_rate: int
    sample_count: int
    sample_format: str
    loudness_lufs: float | None
    true_peak_db: float
    chapter: int | None = None
    """The number of the one chapter in it; None where it holds the book."""
    times: str | None = None
    """Of a book to read along: how the times of words in it are known."""
    rms_db: float | None = None
    """As it was measured in the writing; no manifest keeps it."""


@dataclass(frozen=True)
class CompanionFacts:
    """A file beside the audio, as it was written."""

    path: Path
    sha256: str
    times: str | None = None
    """Of subtitles: how the times of words in it are known."""
    chapter: int | None = None
    """Of an audio that was kept: as in `AudioFacts`."""


@dataclass(frozen=True)
class DeliveredFiles:
    """What was written beside the manifest; a strict render that failed writes nothing."""

    audio: tuple[AudioFacts, ...] = ()
    subtitles: tuple[CompanionFacts, ...] = ()
    companions: tuple[CompanionFacts, ...] = ()
    """What else lies beside it."""
    kept: tuple[CompanionFacts, ...] = ()
    """Of earlier deliveries, as true as they were: they are made of the same (see `making.py`)."""
    stale: tuple[CompanionFacts, ...] = ()
    """Audio of earlier deliveries that is made of something else, and was let lie."""

    @property
    def names(self) -> tuple[Path, ...]:
        audio = tuple(each.path for each in self.audio)
        return audio + tuple(each.path for each in (*self.subtitles, *self.companions))

    @property
    def book(self) -> AudioFacts | None:
        """The file that holds all of it, if there is one."""
        return next((each for each in self.audio if each.chapter is None), None)


@dataclass(frozen=True)
class ManifestPlace:
    """What a manifest says besides of how its files came about."""

    outputs: tuple[Path, ...]
    """As they were asked for."""
    store: TakeStore
    record: Json
    """The settings as a manifest keeps them."""
    about: AboutBook
    levelled: str
    """What was brought to its loudness by itself: each chapter, or the book."""
    mastering_version: int
    """Which way of mastering it was: see `mastering/version.py`."""

    @property
    def output(self) -> Path:
        """The first, which the rest is named after."""
        return self.outputs[0]


def manifest_of(
    plan: Plan,
    spoken: SpokenPlan,
    outcomes: Sequence[ChunkOutcome],
    written: DeliveredFiles,
    chapter_gains: Mapping[int, float],
    place: ManifestPlace,
) -> Json:
    """All of a render as plain values, in the order a person reads them."""
    writing, gates = Writing(plan), spoken.judged_by
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_by": f"higgs {__version__}",
        "summary": _summary(outcomes),
        "outputs": [{"path": each.name} for each in place.outputs],
        "audio": _audio(written.book),
        "other_audio": [_audio(each) for each in written.audio if each is not written.book],
        "subtitles": [_companion(each) for each in written.subtitles],
        "companions": [_companion(each) for each in written.companions],
        "kept": [_companion(each) for each in written.kept],
        **({"stale": [_companion(each) for each in written.stale]} if written.stale else {}),
        "about": _about(place.about),
        "levelled": place.levelled,
        "mastering_version": place.mastering_version,
        "model": dataclasses.asdict(spoken.description),
        **({"gates": [dataclasses.asdict(each) for each in gates]} if gates else {}),
        "settings": place.record,
        "store": os.path.relpath(place.store.folder, place.output.parent),
        "script": {"path": plan.script.path, "form": plan.script.form},
        "scene": plan.scene_text,
        "language": plan.language,
        "seed": plan.seed,
        "cast": [_member(member, spoken.voice_takes) for member in plan.cast.members],
        "chapters": _chapters(plan, outcomes, chapter_gains),
        "runs": [dataclasses.asdict(run) for run in plan.runs],
        "chunks": [_chunk(outcome, writing) for outcome in outcomes],
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
    facts = dataclasses.asdict(audio)
    del facts["rms_db"]
    for name in ("chapter", "times"):
        if facts[name] is None:
            del facts[name]
    return {
        **facts,
        "path": audio.path.name,
        "duration_seconds": _rounded(audio.sample_count / audio.sample_rate),
    }


def _companion(file: CompanionFacts) -> Json:
    folder = {"in": "stems"} if file.path.parent.suffix == STEMS else {}
    times = {"times": file.times} if file.times else {}
    chapter = {} if file.chapter is None else {"chapter": file.chapter}
    return {"path": file.path.name, "sha256": file.sha256, **folder, **times, **chapter}


def _about(about: AboutBook) -> Json:
    cover, sample = about.cover, about.sample
    return {
        **about.texts,
        **({"sample": _sample(sample)} if sample is not None and sample.is_wanted else {}),
        "cover": None
        if cover is None
        else {"sha256": hashlib.sha256(cover.data).hexdigest(), "media_type": cover.media_type},
    }


def _sample(sample: SampleWish) -> Json:
    return {"chapter": sample.chapter, "place": sample.place, "seconds": sample.seconds}


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
        **({} if member.pace == 1.0 else {"pace": member.pace}),
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
            **({"credits": chapter.credits} if chapter.credits else {}),
        }
        for chapter in plan.script.chapters
    ]


def _chunk(outcome: ChunkOutcome, writing: Writing) -> Json:
    chunk, take = outcome.chunk, outcome.take
    planned = {
        field.name: getattr(chunk, field.name)
        for field in dataclasses.fields(chunk)
        if field.name not in ("pieces", "pause", "recipe", "emphasis")
    }
    return {
        **planned,
        "written": [
            {"first": first, "last": last, "text": text}
            for first, last, text in writing.differences(chunk)
        ],
        **({"emphasis": [list(span) for span in chunk.emphasis]} if chunk.emphasis else {}),
        "pause": dataclasses.asdict(chunk.pause),
        "recipe": dict(chunk.recipe),
        "start_seconds": _rounded(outcome.start_seconds),
        "end_seconds": _rounded(outcome.end_seconds),
        "verdict": outcome.verdict.value,
        "is_used": outcome.is_used,
        **({"word_times": HEARD} if is_heard(outcome.settled, writing.plan.language) else {}),
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
