"""A book that was spoken is mastered and delivered; where nothing changed, it stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from higgs_cli.errors import HiggsError
from higgs_cli.jobs.book import Book, checkpoint_here
from higgs_cli.jobs.delivery_remarks import remarks
from higgs_cli.jobs.gates import are_recordings_heard, sources_of
from higgs_cli.jobs.left_behind import fates_of, told
from higgs_cli.jobs.render_job import RenderJob, named_output
from higgs_cli.jobs.speaking import ledger_of
from higgs_cli.planning.plan import Plan
from higgs_cli.progress import Progress, ended_by_errors
from higgs_cli.settings.views import ModelChoice

if TYPE_CHECKING:
    from pathlib import Path

    from higgs_cli.jobs.chapter_files import ChapterFiles
    from higgs_cli.output.delivery import Delivered, DeliveryPlace, Measured
    from higgs_cli.output.findings import FindingsRow
    from higgs_cli.output.manifest.write import AudioFacts, CompanionFacts
    from higgs_cli.output.sketch import Sketch
    from higgs_cli.output.unchanged import EarlierDelivery
    from higgs_cli.planning.plan import Plan
    from higgs_cli.speech.protocol import SynthesizerDescription
    from higgs_cli.takes.kept_sounds import KeptSounds
    from higgs_cli.takes.ledger import Ledger
    from higgs_cli.takes.settled import JudgedBy, SpokenPlan
    from higgs_cli.takes.store import TakeStore


@dataclass(frozen=True)
class RenderReport:
    """What became of a job."""

    job: RenderJob
    plan: Plan
    delivered: Delivered
    spoken_count: int
    """How many chunks were spoken now, and not found in the store."""
    judged_by: tuple[JudgedBy, ...] = ()
    """The gates, besides sound and rate."""

    @property
    def is_whole(self) -> bool:
        from higgs_cli.output.outcome import failed

        return not failed(self.delivered.outcomes)

    @cached_property
    def findings(self) -> tuple[FindingsRow, ...]:
        """The table of what was found, one row a chunk."""
        from higgs_cli.output.findings import findings_of

        manifest = named_output(self.job).with_suffix(".json")
        return findings_of(self.plan, self.delivered.outcomes, str(manifest))


def finished(
    book: Book,
    spoken: SpokenPlan,
    store: TakeStore,
    sounds: KeptSounds,
    progress: Progress,
    chapter_files: ChapterFiles | None = None,
) -> RenderReport:
    """Master and deliver one book; strict, and with a failed chunk, only the manifest."""
    from higgs_cli.output.delivery import delivered, withheld
    from higgs_cli.output.manifest.replay import compare
    from higgs_cli.output.unchanged import earlier_delivery

    job, plan, choices = book.job, book.plan, book.job.choices
    place = delivery_place(book, store)
    if choices.delivery.strict and spoken.has_failed:
        held_back = withheld(plan, spoken, place)
        return RenderReport(job, plan, held_back, spoken.fresh_count, spoken.judged_by)
    there = None if spoken.fresh_count else earlier_delivery(book.output)
    if there is not None and (report := _unchanged(book, spoken, there, store, progress)):
        return report
    fates = fates_of(book, spoken, place)
    progress.stage(f"Mastering {book.files_shown}")
    with ended_by_errors(progress):
        if choices.delivery.per_chapter:
            sound = _chapters_written(book, spoken, sounds, place, progress, chapter_files)
        else:
            sound = _book_written(book, spoken, sounds, place, progress, fates.renewed)
        files = delivered(
            plan,
            spoken,
            sound.audio,
            sound.measured,
            sound.digests,
            choices.delivery,
            place,
            sound.sketches,
            fates,
            sound.extras,
        )
    for line in told(book, files):
        progress.note(line)
    for remark in remarks(files.audio, choices.delivery):
        progress.note(remark)
    if job.earlier is not None:
        compare(job.earlier.takes, files.outcomes, progress)
    return RenderReport(job, plan, files, spoken.fresh_count, spoken.judged_by)


@dataclass(frozen=True)
class _Sound:
    """The audio, as it lies there."""

    audio: tuple[AudioFacts, ...]
    measured: Measured
    digests: Mapping[int, str]
    sketches: Mapping[int | None, Sketch]
    """Of the book, or of each chapter by its number."""
    extras: tuple[CompanionFacts, ...] = ()
    """Sample and stems."""


def _book_written(
    book: Book,
    spoken: SpokenPlan,
    sounds: KeptSounds,
    place: DeliveryPlace,
    progress: Progress,
    renewed: tuple[Path, ...],
) -> _Sound:
    """All of it as one sound, in each format that was asked for, or is renewed."""
    from higgs_cli.jobs.extra_files import extra_files
    from higgs_cli.mastering.book import mastered, uneven_chunks
    from higgs_cli.output.delivery import Measured, write_sound
    from higgs_cli.output.file_names import audio_files
    from higgs_cli.output.heard_chunks import heard_chunks
    from higgs_cli.takes.chosen_codes import ChosenCodes

    plan, choices, codes = book.plan, book.job.choices, ChosenCodes(place.store)
    file = audio_files((*place.outputs, *renewed), plan, choices.delivery)[0]
    with mastered(
        spoken, plan.cast, codes, sounds, choices.mastering, progress.mastered
    ) as performance:
        times = performance.times
        heard = heard_chunks(plan, spoken.chunks, performance.leads)
        audio, sketch = write_sound(file, performance, times, plan, heard, choices.delivery, place)
        if any(each.kind == "stem" for each in place.companions):
            progress.stage(f"Writing the stems of {book.files_shown}")
        extras = extra_files(book, place, performance)
        measured = Measured(
            times,
            uneven_chunks(spoken, choices.mastering),
            performance.chapter_gains,
            performance.duration_seconds,
            leads=performance.leads,
        )
    return _Sound(audio, measured, codes.digests, {None: sketch} if sketch else {}, extras)


def _chapters_written(
    book: Book,
    spoken: SpokenPlan,
    sounds: KeptSounds,
    place: DeliveryPlace,
    progress: Progress,
    begun: ChapterFiles | None,
) -> _Sound:
    """A file a chapter; those that have been begun while others were spoken are waited for."""
    from higgs_cli.jobs.chapter_files import ChapterFiles
    from higgs_cli.mastering.book import uneven_chunks
    from higgs_cli.output.delivery import Measured

    files = begun or ChapterFiles(book, place)
    audio: list[AudioFacts] = []
    extras: list[CompanionFacts] = []
    times: dict[int, tuple[float, float]] = {}
    gains: dict[int, float] = {}
    starts: dict[int, float] = {}
    leads: dict[int, float] = {}
    sketches: dict[int | None, Sketch] = {}
    end = 0.0
    with ExitStack() as held:
        if begun is None:
            held.enter_context(files)
        for chapter in spoken.chapters:
            files.begin(chapter, spoken.description, sounds)
        for count, done in enumerate(files.done(spoken.chapters), start=1):
            audio += done.audio
            extras += done.extras
            sketches |= {done.number: done.sketch} if done.sketch else {}
            starts[done.number] = end
            times.update({at: (end + a, end + b) for at, (a, b) in done.times.items()})
            gains.update(done.gains)
            leads.update(done.leads)
            end += done.duration_seconds
            progress.mastered(count / len(spoken.chapters))
    uneven = uneven_chunks(spoken, book.job.choices.mastering)
    measured = Measured(times, uneven, gains, end, starts, leads)
    return _Sound(tuple(audio), measured, files.codes.digests, sketches, tuple(extras))


def as_it_lies(book: Book, progress: Progress) -> RenderReport | None:
    """The report of a render of which nothing has changed: for that no model is opened.

    What is only said by the manifest judges no take: the store is looked at, and left as it is.
    """
    from higgs_cli.output.manifest.replay import announce
    from higgs_cli.output.unchanged import earlier_delivery
    from higgs_cli.takes.store import TakeStore

    job = book.job
    if job.wishes is not None and job.wishes.says_anything:
        return None
    there = earlier_delivery(book.output)
    description = there.description if there else None
    if there is None or description is None:
        return None
    if not _is_spoken_by(description, job.choices.model):
        return None
    store = TakeStore(book.store_folder)
    ledger = ledger_of(job, book.plan, store, description.identity)
    sources = sources_of(job, book.plan)
    if not ledger.is_settled or not are_recordings_heard(sources, book.plan, store.heard):
        return None
    report = _unchanged(book, all_settled(ledger, description), there, store, progress)
    if report is not None and job.earlier is not None:
        announce(job.earlier, ledger, description, job.overridden, progress)
    return report


def _is_spoken_by(description: SynthesizerDescription, choice: ModelChoice) -> bool:
    """Whether the model that is chosen is the one described; a faulty one is told of on opening."""
    try:
        checkpoint = checkpoint_here(choice)
        return checkpoint is not None and (description.name, description.identity) == (
            checkpoint.name,
            checkpoint.identity(choice),
        )
    except HiggsError:
        return False


def _unchanged(
    book: Book,
    spoken: SpokenPlan,
    there: EarlierDelivery,
    store: TakeStore,
    progress: Progress,
) -> RenderReport | None:
    """The report of a book that would be written as it lies there; nothing is written then."""
    from higgs_cli.mastering.book import uneven_chunks
    from higgs_cli.output.manifest.replay import compare
    from higgs_cli.takes.chosen_codes import ChosenCodes

    job, codes = book.job, ChosenCodes(store)
    for settled in spoken.chunks:
        codes.of(settled)
    delivery, uneven = job.choices.delivery, uneven_chunks(spoken, job.choices.mastering)
    place = delivery_place(book, store)
    files = there.still_is(book.plan, spoken, uneven, codes.digests, delivery, place)
    if files is None:
        return None
    wishes = job.wishes is not None and job.wishes.says_anything
    what = "what was decided is written down, its sound has not changed"
    progress.stage(
        f"{book.files_shown}: finished already, {what if wishes else 'nothing has changed'}"
    )
    for line in told(book, files):
        progress.note(line)
    if job.earlier is not None:
        compare(job.earlier.takes, files.outcomes, progress)
    return RenderReport(job, book.plan, files, 0, spoken.judged_by)


def all_settled(
    ledger: Ledger, description: SynthesizerDescription, fresh_keys: frozenset[str] = frozenset()
) -> SpokenPlan:
    from higgs_cli.takes.settled import SpokenPlan

    chapters = (
        ledger.settled_chapter(number, fresh_keys) for number in ledger.plan.chunks_by_chapter
    )
    return SpokenPlan(description, tuple(chapters), ledger.voice_takes(), ledger.judged_by)


def share_of(
    book: Book, fresh_keys: frozenset[str], store: TakeStore, description: SynthesizerDescription
) -> SpokenPlan:
    """What one of several books has of what was spoken for all."""
    ledger = ledger_of(book.job, book.plan, store, description.identity)
    return all_settled(ledger, description, fresh_keys)


def delivery_place(book: Book, store: TakeStore) -> DeliveryPlace:
    """Where its files go."""
    from higgs_cli.mastering.version import MASTERING_VERSION
    from higgs_cli.output.delivery import DeliveryPlace

    levelled = "chapter" if book.job.choices.mastering.levels_chapters else "book"
    return DeliveryPlace(
        book.outputs,
        store,
        book.job.record,
        book.about,
        levelled,
        MASTERING_VERSION,
        book.companions,
    )
