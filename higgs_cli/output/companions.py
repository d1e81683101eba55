"""What goes with the audio is written: subtitles, chapters, the sheet of findings, the report."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from higgs_cli.files.atomic_file import Note, write_whole
from higgs_cli.output.about import marks_of
from higgs_cli.output.beside import Companion, is_played
from higgs_cli.output.chapters_json import chapters_json
from higgs_cli.output.findings import FindingsRow, findings_of
from higgs_cli.output.findings_csv import findings_csv
from higgs_cli.output.heard_chunks import HeardChunks
from higgs_cli.output.manifest.write import AudioFacts, CompanionFacts
from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.output.report.page import ReportFacts, TrackFacts, report_html
from higgs_cli.output.sketch import BookSketch
from higgs_cli.output.subtitles import subtitle_file
from higgs_cli.planning.plan import Plan

SUBTITLES = ("srt", "vtt")
SHOWN_BY_SOUND = (*SUBTITLES, "report")
WRITTEN_WITH_SOUND = ("sample", "stem", "room", "labels")


@dataclass(frozen=True)
class Performed:
    """What was spoken and lies there as files: what goes with it is made of this."""

    plan: Plan
    outcomes: tuple[ChunkOutcome, ...]
    """With a file a chapter, at times as if one followed another."""
    audio: tuple[AudioFacts, ...]
    sketch: BookSketch
    duration_seconds: float
    model: str
    manifest: Path
    heard: HeardChunks
    subtitles_by: str = "phrase"
    """phrase or word."""

    @cached_property
    def rows(self) -> tuple[FindingsRow, ...]:
        return findings_of(self.plan, self.outcomes, self.manifest.name)

    def data(self, companion: Companion) -> bytes:
        """All of a file."""
        kind = companion.kind
        if kind == "findings":
            return findings_csv(self.rows)
        if kind == "report":
            return report_html(self.plan, self.rows, self.sketch, self._facts)
        if kind == "chapters":
            times = {
                each.chunk.number: (each.start_seconds, each.end_seconds) for each in self.outcomes
            }
            return chapters_json(marks_of(self.plan, times, self.duration_seconds))
        sketch, _ = self.sketch.of(companion.chapter)
        said = self._said_in(companion.chapter)
        return subtitle_file(kind, self.plan, said, sketch, self.subtitles_by, self.heard)

    def facts(self, companion: Companion, digest: str) -> CompanionFacts:
        """Of a file that was written."""
        if companion.kind not in SUBTITLES:
            return CompanionFacts(companion.path, digest)
        said = [each.chunk.number for each in self._said_in(companion.chapter)]
        return CompanionFacts(companion.path, digest, self.heard.told(said))

    def _said_in(self, chapter: int | None) -> Sequence[ChunkOutcome]:
        """What of the book is in a file, at its times there."""
        if chapter is None:
            return self.outcomes
        start = self.sketch.starts.get(chapter, 0.0)
        return [
            replace(
                each, start_seconds=each.start_seconds - start, end_seconds=each.end_seconds - start
            )
            for each in self.outcomes
            if each.chunk.chapter == chapter
        ]

    @property
    def _facts(self) -> ReportFacts:
        played = [each for each in self.audio if is_played(each.path)]
        first = {each.chapter: each for each in reversed(played)}
        tracks = [first[chapter] for chapter in dict.fromkeys(each.chapter for each in played)]
        whole = tracks[0] if len(tracks) == 1 else None
        return ReportFacts(
            tracks=tuple(self._track(each) for each in tracks),
            duration_seconds=self.duration_seconds,
            loudness_lufs=whole.loudness_lufs if whole else None,
            true_peak_db=max((each.true_peak_db for each in tracks), default=None),
            model=self.model,
        )

    def _track(self, audio: AudioFacts) -> TrackFacts:
        start = 0.0 if audio.chapter is None else self.sketch.starts.get(audio.chapter, 0.0)
        return TrackFacts(audio.path.name, start, start + audio.sample_count / audio.sample_rate)


def write_companions(
    companions: Sequence[Companion], performed: Performed, note: Note
) -> tuple[tuple[CompanionFacts, ...], tuple[CompanionFacts, ...]]:
    """Write them, each under its name only when whole: the subtitles, and the others. Those that
    are sounds were written with the audio."""
    subtitles: list[CompanionFacts] = []
    others: list[CompanionFacts] = []
    for each in companions:
        if each.kind in WRITTEN_WITH_SOUND:
            continue
        data = performed.data(each)
        write_whole(each.path, data, note)
        facts = performed.facts(each, hashlib.sha256(data).hexdigest())
        (subtitles if each.kind in SUBTITLES else others).append(facts)
    return tuple(subtitles), tuple(others)


def needs_sketch(companions: Iterable[Companion]) -> bool:
    """Whether some of them show how the audio sounds, or when."""
    return any(each.kind in SHOWN_BY_SOUND for each in companions)


def needs_spectra(companions: Iterable[Companion]) -> bool:
    """Whether some of them show pictures of the sound."""
    return any(each.kind == "report" for each in companions)
