"""A book that was spoken is mastered and delivered; where nothing changed, it stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgs_cli.errors import HiggsError
from higgs_cli.jobs.book import Book, checkpoint_here
from higgs_cli.jobs.render_job import RenderJob
from higgs_cli.jobs.speaking import ledger_of
from higgs_cli.progress import Progress, ended_by_errors
from higgs_cli.settings.views import ModelChoice

if TYPE_CHECKING:
    from higgs_cli.mastering.master import Performance
    from higgs_cli.output.delivery import Delivered, DeliveryPlace
    from higgs_cli.output.unchanged import EarlierDelivery
    from higgs_cli.planning.plan import Plan
    from higgs_cli.speech.protocol import SynthesizerDescription
    from higgs_cli.takes.kept_sounds import KeptSounds
    from higgs_cli.takes.ledger import Ledger
    from higgs_cli.takes.settled import SpokenPlan
    from higgs_cli.takes.store import TakeStore


@dataclass(frozen=True)
class RenderReport:
    """What became of a job."""

    job: RenderJob
    plan: Plan
    delivered: Delivered
    spoken_count: int
    """How many chunks were spoken now, and not found in the store."""

    @property
    def is_whole(self) -> bool:
        from higgs_cli.output.outcome import failed

        return not failed(self.delivered.outcomes)


def finished(
    book: Book,
    spoken: SpokenPlan,
    store: TakeStore,
    sounds: KeptSounds,
    progress: Progress,
) -> RenderReport:
    """Master and deliver one book; strict, and with a failed chunk, only the manifest."""
    from higgs_cli.mastering.book import mastered, uneven_chunks
    from higgs_cli.output.delivery import Measured, delivered, withheld
    from higgs_cli.output.manifest.replay import compare
    from higgs_cli.output.unchanged import earlier_delivery
    from higgs_cli.takes.chosen_codes import ChosenCodes

    job, plan, choices = book.job, book.plan, book.job.choices
    place = _delivery_place(book, store)
    if choices.delivery.strict and spoken.has_failed:
        return RenderReport(job, plan, withheld(plan, spoken, place), spoken.fresh_count)
    there = None if spoken.fresh_count else earlier_delivery(book.output)
    if there is not None and (report := _unchanged(book, spoken, there, store, progress)):
        return report
    progress.stage(f"Mastering {book.output.name}")
    codes = ChosenCodes(store)
    with (
        ended_by_errors(progress),
        mastered(
            spoken, plan.cast, codes, sounds, choices.mastering, progress.mastered
        ) as performance,
    ):
        measured = Measured(
            dict(_times(performance)),
            uneven_chunks(spoken, choices.mastering),
            performance.chapter_gains,
        )
        files = delivered(
            plan, spoken, performance, measured, codes.digests, choices.delivery, place
        )
    if job.earlier is not None:
        compare(job.earlier.takes, files.outcomes, progress)
    return RenderReport(job, plan, files, spoken.fresh_count)


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
    if not ledger.is_settled:
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
    place = _delivery_place(book, store)
    files = there.still_is(book.plan, spoken, uneven, codes.digests, delivery, place)
    if files is None:
        return None
    progress.stage(f"{book.output.name} is finished already: nothing has changed")
    if job.earlier is not None:
        compare(job.earlier.takes, files.outcomes, progress)
    return RenderReport(job, book.plan, files, 0)


def all_settled(
    ledger: Ledger, description: SynthesizerDescription, fresh_keys: frozenset[str] = frozenset()
) -> SpokenPlan:
    from higgs_cli.takes.settled import SpokenPlan

    chapters = (
        ledger.settled_chapter(number, fresh_keys) for number in ledger.plan.chunks_by_chapter
    )
    return SpokenPlan(description, tuple(chapters), ledger.voice_takes())


def share_of(
    book: Book, fresh_keys: frozenset[str], store: TakeStore, description: SynthesizerDescription
) -> SpokenPlan:
    """What one of several books has of what was spoken for all."""
    ledger = ledger_of(book.job, book.plan, store, description.identity)
    return all_settled(ledger, description, fresh_keys)


def _delivery_place(book: Book, store: TakeStore) -> DeliveryPlace:
    from higgs_cli.mastering.version import MASTERING_VERSION
    from higgs_cli.output.delivery import DeliveryPlace

    levelled = "chapter" if book.job.choices.mastering.levels_chapters else "book"
    return DeliveryPlace(book.output, store, book.job.record, levelled, MASTERING_VERSION)


def _times(performance: Performance) -> Iterator[tuple[int, tuple[float, float]]]:
    rate = performance.sample_rate
    for place in performance.places:
        yield place.chunk_number, (place.start / rate, place.end / rate)
