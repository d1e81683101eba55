"""What was spoken becomes files: the audio, what lies beside it, and the manifest last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from higgs_cli.audio.sound import WholeSound
from higgs_cli.output.about import book_labels, chapter_labels, marks_of
from higgs_cli.output.beside import Companion
from higgs_cli.output.companions import Performed, needs_sketch, needs_spectra, write_companions
from higgs_cli.output.file_names import AudioFile
from higgs_cli.output.formats.write import READ_ALONG, write_audio
from higgs_cli.output.heard_chunks import HeardChunks, heard_chunks
from higgs_cli.output.manifest.opened import manifest_beside
from higgs_cli.output.manifest.write import (
    AudioFacts,
    CompanionFacts,
    DeliveredFiles,
    Json,
    ManifestPlace,
    manifest_of,
    write_manifest,
)
from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.output.read_along.write import write_read_along
from higgs_cli.output.sketch import BookSketch, Sketch, SketchedSound
from higgs_cli.output.superseded import Fates, left_beside, removed
from higgs_cli.output.without_credits import has_credits, own_sound, own_words
from higgs_cli.planning.plan import Plan
from higgs_cli.settings.views import Delivery
from higgs_cli.takes.settled import SpokenPlan


@dataclass(frozen=True)
class Delivered:
    """What was written, and what became of each chunk."""

    outcomes: tuple[ChunkOutcome, ...]
    files: tuple[Path, ...]
    duration_seconds: float
    audio: tuple[AudioFacts, ...] = ()
    removed: tuple[Path, ...] = ()
    """Files of earlier deliveries that said what is no longer so."""
    stale: tuple[Path, ...] = ()
    """Audio of earlier deliveries that is made of something else, and was let lie."""


@dataclass(frozen=True)
class Measured:
    """What mastering found, by number of the chunk or the chapter."""

    times: Mapping[int, tuple[float, float]]
    """In seconds, of each chunk; with a file a chapter, as if one followed another."""
    uneven: Mapping[int, float]
    """Decibels off the level of its voice, where that is worth saying."""
    chapter_gains: Mapping[int, float]
    duration_seconds: float = 0.0
    chapter_starts: Mapping[int, float] = field(default_factory=dict)
    """Where the files of chapters begin, in the same count."""
    leads: Mapping[int, float] = field(default_factory=dict)
    """How much was cut off the beginning of each chunk's sound, in seconds."""


@dataclass(frozen=True)
class DeliveryPlace(ManifestPlace):
    """Where the files of one render go, and what they say of how they came about."""

    companions: tuple[Companion, ...] = ()
    """What goes with the audio."""

    @property
    def manifest(self) -> Path:
        return manifest_beside(self.output)

    def note(self, digest: str) -> None:
        """What is about to appear there is ours: a render that is killed knows it again."""
        self.store.written.note(self.output, [digest])


def write_sound(
    file: AudioFile,
    sound: WholeSound,
    times: Mapping[int, tuple[float, float]],
    plan: Plan,
    heard: HeardChunks,
    delivery: Delivery,
    place: DeliveryPlace,
) -> tuple[tuple[AudioFacts, ...], Sketch | None]:
    """The book, or one chapter of it, in every format; `times` are those of its chunks in it, and
    `heard` says when their words are. With its sketch, where something shows it."""
    track = file.track
    if track is None:
        marks = marks_of(plan, times, sound.sample_count / sound.sample_rate)
        labels, number = book_labels(place.about, marks), None
    else:
        labels, number = chapter_labels(place.about, track), track.chapter.number
    books = [path for path in file.paths if path.suffix.lower() == READ_ALONG]
    plain = [path for path in file.paths if path not in books]
    form, note = delivery.sample_format, place.note
    if not books and not needs_sketch(place.companions):
        return write_audio(plain, sound, form, labels, note, number), None
    spectra = needs_spectra(place.companions)
    sketched = SketchedSound(sound, plan.audio_seconds, with_spectra=spectra)
    written = list(write_audio(plain, sketched, form, labels, note, number)) if plain else []
    written += _read_alongs(books, sketched, sound, plan, times, heard, place)
    written.sort(key=lambda facts: file.paths.index(facts.path))
    return tuple(written), sketched.sketch


def _read_alongs(
    paths: Sequence[Path],
    sketched: SketchedSound,
    sound: WholeSound,
    plan: Plan,
    times: Mapping[int, tuple[float, float]],
    heard: HeardChunks,
    place: DeliveryPlace,
) -> Iterator[AudioFacts]:
    """Of the book's own words: credits are neither shown nor heard in them."""
    if paths and has_credits(plan):
        own, times = own_sound(sound, plan, times)
        plan = own_words(plan)
        sketched = SketchedSound(own, plan.audio_seconds, with_spectra=False)
    for path in paths:
        yield write_read_along(path, sketched, plan, times, heard, place.about, place.note)


def delivered(
    plan: Plan,
    spoken: SpokenPlan,
    audio: tuple[AudioFacts, ...],
    measured: Measured,
    digests: Mapping[int, str],
    delivery: Delivery,
    place: DeliveryPlace,
    sketches: Mapping[int | None, Sketch],
    fates: Fates,
    extras: Sequence[CompanionFacts] = (),
) -> Delivered:
    """The audio lies there, and `extras` beside it: write all that goes with it."""
    renewed = [each for each in audio if each.path in fates.renewed]
    audio = tuple(each for each in audio if each.path not in fates.renewed)
    outcomes = outcomes_of(spoken, measured, digests)
    performed = Performed(
        plan=plan,
        outcomes=outcomes,
        audio=audio,
        sketch=BookSketch(sketches, measured.chapter_starts),
        duration_seconds=measured.duration_seconds,
        model=spoken.description.name,
        manifest=place.manifest,
        heard=heard_chunks(plan, spoken.chunks, measured.leads),
        subtitles_by=delivery.subtitles_by,
    )
    subtitles, others = write_companions(place.companions, performed, place.note)
    others = (*extras, *others)
    kept = *fates.kept, *(CompanionFacts(each.path, each.sha256) for each in renewed)
    written = DeliveredFiles(audio, subtitles, others, kept, fates.stale)
    if place.about.cover is not None:
        place.store.covers.keep(place.about.cover.data)
    write_manifest(place.manifest, manifest_in(place, plan, spoken, outcomes, written, measured))
    return Delivered(
        outcomes,
        (*written.names, *fates.renewed, place.manifest),
        measured.duration_seconds,
        audio,
        removed(fates.removed),
        tuple(each.path for each in fates.stale),
    )


def withheld(plan: Plan, spoken: SpokenPlan, place: DeliveryPlace) -> Delivered:
    """Strict: no audio, but a manifest that says what failed, and what lies there from before."""
    nothing = Measured({}, {}, {})
    outcomes = outcomes_of(spoken, nothing, {})
    before = DeliveredFiles(stale=left_beside(place.output))
    manifest = manifest_in(place, plan, spoken, outcomes, before, nothing)
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
    """The manifest of a render, with what mastering found."""
    return manifest_of(plan, spoken, outcomes, written, measured.chapter_gains, place)
