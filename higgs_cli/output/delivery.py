"""What was spoken becomes files: the audio, subtitles, and the manifest last."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from higgs_cli.audio.sound import Sound
from higgs_cli.output.beside import Companion
from higgs_cli.output.companions import Performed, needs_spectra, write_companions
from higgs_cli.output.formats.write import write_audio
from higgs_cli.output.manifest.read import manifest_beside
from higgs_cli.output.manifest.write import (
    DeliveredFiles,
    Json,
    manifest_of,
    write_manifest,
)
from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.output.sketch import SketchedSound
from higgs_cli.planning.plan import Plan
from higgs_cli.settings.views import Delivery
from higgs_cli.takes.settled import SpokenPlan
from higgs_cli.takes.store import TakeStore


@dataclass(frozen=True)
class Delivered:
    """What was written, and what became of each chunk."""

    outcomes: tuple[ChunkOutcome, ...]
    files: tuple[Path, ...]
    duration_seconds: float


@dataclass(frozen=True)
class Measured:
    """What mastering found, by number of the chunk or the chapter."""

    times: Mapping[int, tuple[float, float]]
    """Start and end of each chunk, in seconds."""
    uneven: Mapping[int, float]
    """Decibels off the level of its voice, where that is worth saying."""
    chapter_gains: Mapping[int, float]


@dataclass(frozen=True)
class DeliveryPlace:
    """Where the files of one render go, and what they say of how they came about."""

    output: Path
    store: TakeStore
    record: Mapping[str, object]
    """The settings as a manifest keeps them."""
    levelled: str
    """What was brought to its loudness by itself: each chapter, or the book."""
    mastering_version: int
    """Which way of mastering it was: see `mastering/version.py`."""
    companions: tuple[Companion, ...] = ()
    """What goes with the audio."""

    @property
    def manifest(self) -> Path:
        return manifest_beside(self.output)

    def note(self, digest: str) -> None:
        """What is about to appear there is ours: a render that is killed knows it again."""
        self.store.written.note(self.output, [digest])


def delivered(
    plan: Plan,
    spoken: SpokenPlan,
    sound: Sound,
    measured: Measured,
    digests: Mapping[int, str],
    delivery: Delivery,
    place: DeliveryPlace,
) -> Delivered:
    """Write every file."""
    sketched = SketchedSound(sound, with_spectra=needs_spectra(place.companions))
    audio = write_audio(place.output, sketched, delivery.sample_format, place.note)
    outcomes = outcomes_of(spoken, measured, digests)
    performed = Performed(
        plan, outcomes, audio, sketched, spoken.description.name, delivery.subtitles_by
    )
    companions = write_companions(place.companions, performed, place.note)
    written = DeliveredFiles(audio, companions)
    write_manifest(place.manifest, manifest_in(place, plan, spoken, outcomes, written, measured))
    files = (place.output, *(each.path for each in companions), place.manifest)
    return Delivered(outcomes, files, sound.sample_count / sound.sample_rate)


def withheld(plan: Plan, spoken: SpokenPlan, place: DeliveryPlace) -> Delivered:
    """Strict: no audio, but a manifest that says what failed."""
    nothing = Measured({}, {}, {})
    outcomes = outcomes_of(spoken, nothing, {})
    manifest = manifest_in(place, plan, spoken, outcomes, DeliveredFiles(), nothing)
    write_manifest(place.manifest, manifest)
    return Delivered(outcomes, (place.manifest,), 0.0)


def outcomes_of(
    spoken: SpokenPlan, measured: Measured, digests: Mapping[int, str]
) -> tuple[ChunkOutcome, ...]:
    """What became of each chunk, in the order of the script."""
    return tuple(
        ChunkOutcome(
            settled=settled,
            codes_sha256=digests.get(settled.chunk.number),
            start_seconds=measured.times.get(settled.chunk.number, (0.0, 0.0))[0],
            end_seconds=measured.times.get(settled.chunk.number, (0.0, 0.0))[1],
            level_offset_db=measured.uneven.get(settled.chunk.number),
        )
        for settled in spoken.chunks
    )


def manifest_in(
    place: DeliveryPlace,
    plan: Plan,
    spoken: SpokenPlan,
    outcomes: Sequence[ChunkOutcome],
    written: DeliveredFiles,
    measured: Measured,
) -> Json:
    """The manifest of a render, with its store as seen from there."""
    store = Path(os.path.relpath(place.store.folder, place.output.parent))
    return manifest_of(
        plan,
        place.record,
        spoken,
        outcomes,
        written,
        measured.chapter_gains,
        place.levelled,
        place.mastering_version,
        store,
    )
