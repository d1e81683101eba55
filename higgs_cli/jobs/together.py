"""Books of one take store, as `render` and `batch` have them: held, of one ledger, finished.

groups_of      books of one model and its settings, with the plan that one ledger serves
held_store     nobody else renders them meanwhile
group_ledger   what of the plan is stored, and what is to be spoken
finished_one, finished_each
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from higgs_cli.jobs.book import Book, spoken_together
from higgs_cli.jobs.finishing import RenderReport, finished, share_of
from higgs_cli.jobs.merged_plan import chunk_numbers, merged
from higgs_cli.jobs.speaking import ledger_of
from higgs_cli.planning.plan import Plan
from higgs_cli.progress import Progress

if TYPE_CHECKING:
    from higgs_cli.checkpoints.identity import ModelIdentity
    from higgs_cli.jobs.chapter_files import ChapterFiles
    from higgs_cli.speech.protocol import SynthesizerDescription
    from higgs_cli.takes.kept_sounds import KeptSounds
    from higgs_cli.takes.ledger import Ledger
    from higgs_cli.takes.settled import SpokenChapter
    from higgs_cli.takes.store import TakeStore


def groups_of(books: Sequence[Book]) -> Iterator[tuple[list[Book], Plan]]:
    """The books that one ledger serves, with their plan."""
    for group in spoken_together(books):
        yield group, group[0].plan if len(group) == 1 else merged([each.plan for each in group])


def held_store(books: Sequence[Book], held: ExitStack) -> TakeStore:
    """Their store, until `held` ends. Of several books the outputs are held one after another, as
    each is written: there may be thousands."""
    from higgs_cli.takes.lock import outputs_held, store_held

    if len(books) == 1:
        held.enter_context(outputs_held(books[0].held))
    store = held.enter_context(store_held(books[0].store_folder))
    for book in books:  # known as ours also when their manifest is gone
        store.written.note(book.output, book.present)
    return store


def group_ledger(
    group: Sequence[Book],
    plan: Plan,
    store: TakeStore,
    identity: ModelIdentity,
    retaken: Sequence[int] = (),
) -> Ledger:
    """The ledger that serves them all."""
    together = chunk_numbers(plan, [each.plan for each in group]) if len(group) > 1 else ()
    return ledger_of(group[0].job, plan, store, identity, together, retaken)


def finished_one(
    book: Book,
    ledger: Ledger,
    description: SynthesizerDescription,
    chapters: Sequence[SpokenChapter],
    sounds: KeptSounds,
    progress: Progress,
    chapter_files: ChapterFiles | None = None,
) -> RenderReport:
    """The only book of a store, whose outputs are held; `chapters` in any order."""
    from higgs_cli.takes.settled import SpokenPlan

    in_order = tuple(sorted(chapters, key=lambda chapter: chapter.number))
    spoken = SpokenPlan(description, in_order, ledger.voice_takes(), ledger.judged_by)
    book = replace(book, plan=ledger.plan)
    return finished(book, spoken, ledger.store, sounds, progress, chapter_files)


def finished_each(
    books: Sequence[Book],
    fresh_keys: frozenset[str],
    store: TakeStore,
    description: SynthesizerDescription,
    sounds: KeptSounds,
    progress: Progress,
) -> Iterator[RenderReport]:
    """Several books of a store, each with its share of what was spoken for all."""
    from higgs_cli.takes.lock import outputs_held

    for book in books:
        share = share_of(book, fresh_keys, store, description)
        with outputs_held(book.held):
            yield finished(book, share, store, sounds, progress)
