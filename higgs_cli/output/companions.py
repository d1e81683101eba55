"""What goes with an audio file is written: subtitles, the sheet of findings, the report."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from higgs_cli.files.atomic_file import Note, write_whole
from higgs_cli.output.beside import Companion, Kind
from higgs_cli.output.findings import FindingsRow, findings_of
from higgs_cli.output.findings_csv import findings_csv
from higgs_cli.output.manifest.read import manifest_beside
from higgs_cli.output.manifest.write import AudioFacts, CompanionFacts
from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.output.report.page import ReportFacts, report_html
from higgs_cli.output.sketch import Sketch, SketchedSound
from higgs_cli.output.subtitles import subtitle_file
from higgs_cli.planning.plan import Plan

TIMES = "plan and pauses"
"""How the times of words are known: shared out as planned, and tied to the pauses in the sound."""


@dataclass(frozen=True)
class Performed:
    """What was spoken and lies there as a file: what goes with it is made of this."""

    plan: Plan
    outcomes: tuple[ChunkOutcome, ...]
    audio: AudioFacts
    sound: SketchedSound
    """As it passed into the file."""
    model: str
    subtitles_by: str = "phrase"
    """phrase or word."""

    @cached_property
    def rows(self) -> tuple[FindingsRow, ...]:
        manifest = manifest_beside(self.audio.path).name
        return findings_of(self.plan, self.outcomes, manifest)

    def data(self, kind: Kind) -> bytes:
        """All of a file of this kind."""
        if kind == "findings":
            return findings_csv(self.rows)
        if kind == "report":
            return report_html(self.plan, self.rows, self.sketch, self._facts)
        return subtitle_file(kind, self.plan, self.outcomes, self.sketch, self.subtitles_by)

    @property
    def sketch(self) -> Sketch:
        return self.sound.sketch

    @property
    def _facts(self) -> ReportFacts:
        audio = self.audio
        return ReportFacts(
            audio_name=audio.path.name,
            duration_seconds=audio.sample_count / audio.sample_rate,
            loudness_lufs=audio.loudness_lufs,
            true_peak_db=audio.true_peak_db,
            model=self.model,
        )


def write_companions(
    companions: Sequence[Companion], performed: Performed, note: Note
) -> tuple[CompanionFacts, ...]:
    """Write them, each under its name only when whole."""
    return tuple(_written(each, performed, note) for each in companions)


def needs_spectra(companions: Iterable[Companion]) -> bool:
    """Whether some of them show pictures of the sound."""
    return any(each.kind == "report" for each in companions)


def companion_facts(companion: Companion, sha256: str) -> CompanionFacts:
    """As a manifest keeps it."""
    return CompanionFacts(companion.kind, companion.path, sha256, TIMES)


def _written(companion: Companion, performed: Performed, note: Note) -> CompanionFacts:
    data = performed.data(companion.kind)
    write_whole(companion.path, data, note)
    return companion_facts(companion, hashlib.sha256(data).hexdigest())
