"""The story on one screen: read, cast, plan; speak what is missing; master; deliver.

    job ─► script ─► cast ─► plan          every mistake of the user's is found up to here
        ─► speak_missing ─► chapters       the model speaks only what no stored take says
        ─► mastered ─► delivered           each chapter at its level; audio, subtitles, manifest

The same for `render`, `clone` and `--from`; `plan` and `--dry-run` stop after the first line. Jobs
may be many, each with its own cast; those of one store are spoken together. What only a render
needs is imported where it is used, so that a plan is quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from higgs_cli.files.stand_ins import may_hold
from higgs_cli.jobs.about_book import about_of, missing_cover
from higgs_cli.jobs.book import (
    Book,
    check_names,
    checked,
    checkpoint_here,
    decided,
    planned,
    with_folder,
)
from higgs_cli.jobs.delivery_remarks import warnings
from higgs_cli.jobs.disk_need import check_room, disk_needs
from higgs_cli.jobs.finishing import RenderReport, as_it_lies, delivery_place
from higgs_cli.jobs.gates import EarRoom, sources_of
from higgs_cli.jobs.render_job import RenderJob, named_output
from higgs_cli.jobs.speaking import OpenSpeech, ledger_of, opened, spoken_chapters
from higgs_cli.jobs.together import (
    finished_each,
    finished_one,
    group_ledger,
    groups_of,
    held_store,
)
from higgs_cli.planning.measured_rate import recall_rate
from higgs_cli.planning.plan import Plan
from higgs_cli.planning.summary import NothingStored, PlanSummary, summarise
from higgs_cli.progress import Progress, SilentProgress
from higgs_cli.settings.views import ModelChoice
from higgs_cli.stopping import stopping_cleanly, wishes_are_written

if TYPE_CHECKING:
    from higgs_cli.jobs.chapter_files import ChapterFiles
    from higgs_cli.speech.protocol import Synthesizer
    from higgs_cli.takes.decisions import Decisions
    from higgs_cli.takes.ledger import Ledger
    from higgs_cli.takes.store import TakeStore


def render(job: RenderJob, open_speech: OpenSpeech, progress: Progress) -> RenderReport:
    """Plan, speak, master, deliver. Raises what stands in the way; all finished takes are kept."""
    return render_all([job], open_speech, progress)[0]


def render_all(
    jobs: Sequence[RenderJob], open_speech: OpenSpeech, progress: Progress
) -> list[RenderReport]:
    """Several jobs, each with a cast and a store of its own or with one store for all."""
    for job in jobs:
        named_output(job)
    books = [checked(with_folder(Book(job, planned(job)))) for job in jobs]
    for book in books:
        for warning in (*book.plan.warnings, *warnings(book)):
            progress.note(warning)
    missing = dict.fromkeys(sources_of(book.job, book.plan).missing for book in books)
    open_now: dict[ModelChoice, Synthesizer] = {}

    def open_once(choice: ModelChoice) -> Synthesizer:
        if choice not in open_now:
            open_now[choice] = opened(choice, open_speech, progress)
            while missing:  # once, behind the first model
                if (line := missing.popitem()[0]) is not None:
                    progress.stage(line)
        return open_now[choice]

    reports: list[RenderReport] = []
    for group, plan in groups_of(books):
        reports += _rendered(group, plan, open_once, progress)
    return reports


def preview(job: RenderJob) -> PlanSummary:
    """What a render would speak, by whom, for how long, and what is stored: nothing is opened."""
    plan = planned(job)
    about = about_of(job, plan)
    if lost := missing_cover(job, plan, about):
        plan = replace(plan, warnings=(*plan.warnings, lost))
    cover = about.cover.form if about.cover else None
    heard = sources_of(job, plan)
    gates = tuple((gate, each.name) for gate, each in heard.sources.items())
    summary = replace(_looked_up(job, plan), about=about, cover=cover)
    summary = replace(summary, gates=gates, not_compared=heard.missing)
    if job.output is None:
        return summary
    book, missing = Book(job, plan, about=about), (len(summary.missing), summary.missing_seconds)
    check_names(book)
    (need,) = disk_needs([book], missing)
    return replace(summary, disk=need.parts)


def _looked_up(job: RenderJob, plan: Plan) -> PlanSummary:
    """Which of its takes are stored."""
    decisions = decided(job, plan)
    checkpoint = checkpoint_here(job.choices.model)
    rate = recall_rate(checkpoint.name, job.choices.model.device) if checkpoint else None
    folder = job.store_folder
    if folder is None or not may_hold(folder):
        return summarise(plan, NothingStored(), rate)
    if checkpoint is None:
        unknown = f"the model is not here, so it is not known which takes {folder} holds"
        plan = replace(plan, warnings=(*plan.warnings, unknown))
        return summarise(plan, NothingStored(), rate)
    from higgs_cli.takes.decisions import Decisions
    from higgs_cli.takes.store import TakeStore

    identity = checkpoint.identity(job.choices.model)
    retaken = decisions.retake if decisions else ()
    ledger = ledger_of(job, plan, TakeStore(folder), identity, retaken=retaken)
    if decisions is not None:
        decisions.checked(ledger)
    summary = summarise(ledger.plan, _Decided(ledger, decisions or Decisions()), rate)
    if not job.overridden:
        return summary
    from higgs_cli.output.manifest.replay import changes

    changed = changes(job.overridden, len(summary.missing))
    return replace(summary, plan=replace(plan, warnings=(*plan.warnings, changed)))


@dataclass(frozen=True)
class _Decided:
    """What is stored, once what is wanted has been written down."""

    ledger: Ledger
    decisions: Decisions

    def why_missing(self, number: int) -> str | None:
        return self.decisions.why_missing(self.ledger, number)


def _render_stored(jobs: Sequence[RenderJob], choice: ModelChoice) -> list[RenderReport]:
    """Files of jobs that another process has spoken: the model is `choice` and says nothing."""
    there = [replace(job, choices=replace(job.choices, model=choice)) for job in jobs]
    return render_all(there, open_higgs, SilentProgress())


def open_higgs(choice: ModelChoice) -> Synthesizer:
    """The checkpoint that is chosen; this is where torch is first imported."""
    if choice.is_shared_out:
        from higgs_cli.cluster.opening import open_workers

        return open_workers(choice, open_higgs, _render_stored)
    from higgs_cli.checkpoints.find import find_checkpoint

    checkpoint = find_checkpoint(choice)
    from higgs_cli.speech.higgs.synthesizer import open_synthesizer

    return open_synthesizer(checkpoint, choice)


def _rendered(
    books: Sequence[Book], plan: Plan, open_speech: OpenSpeech, progress: Progress
) -> list[RenderReport]:
    """Books of one store and model: spoken together, then mastered and written one by one."""
    from higgs_cli.output.manifest.replay import announce

    first, is_one = books[0], len(books) == 1
    with ExitStack() as held:
        held.enter_context(stopping_cleanly())
        store = held_store(books, held)
        if is_one and (there := as_it_lies(first, progress)):
            return [there]
        speech = open_speech(first.job.choices.model)
        store.expect(speech.description.codes_form)
        sources = sources_of(first.job, plan)
        ears = held.enter_context(EarRoom())
        listeners = ears.listeners(sources, first.job.choices.gates, plan, store.heard)
        retaken = first.decisions.retake if first.decisions else ()
        ledger = group_ledger(books, plan, store, speech.description.identity, retaken)
        if is_one:
            first = replace(first, plan=ledger.plan)
        _write_down(first, ledger)
        if first.job.earlier is not None:
            announce(first.job.earlier, ledger, speech.description, first.job.overridden, progress)
        _check_room(books, ledger)
        early = _early_files(first, store) if is_one else None
        hear = held.enter_context(early).begin if early else _let_be
        speech, sounds, chapters = spoken_chapters(
            first.job, ledger, speech, open_speech, progress, hear, listeners
        )
        _settle(first, ledger, progress)
        held.callback(store.sounds.trim, first.job.choices.takes.kept_sound_bytes)
        by = speech.description
        if is_one:
            return [finished_one(first, ledger, by, chapters, sounds, progress, early)]
        fresh = frozenset().union(*(chapter.fresh_keys for chapter in chapters))
        return list(finished_each(books, fresh, store, by, sounds, progress))


def _write_down(book: Book, ledger: Ledger) -> None:
    """What is wanted of its chunks, so that a killed render goes on with it; and which remarks of
    a pick-up list need not be asked for again."""
    if book.decisions is not None:
        book.decisions.before_speaking(ledger)
        ledger.store.carried_out.note(book.output, book.job.carried_out)
        wishes_are_written()


def _settle(book: Book, ledger: Ledger, progress: Progress) -> None:
    """What is wanted of takes that are there now; and what was decided, said."""
    if book.decisions is not None:
        book.decisions.after_speaking(ledger)
        for said in book.decisions.said(ledger):
            progress.stage(said)


def _early_files(book: Book, store: TakeStore) -> ChapterFiles | None:
    """Where chapters are written as they are done; strict, nothing is before all of it is good."""
    delivery = book.job.choices.delivery
    if not delivery.per_chapter or delivery.strict:
        return None
    from higgs_cli.jobs.chapter_files import ChapterFiles

    return ChapterFiles(book, delivery_place(book, store))


def _let_be(*chapter: object) -> None:
    """Nobody waits for single chapters."""


def _check_room(books: Sequence[Book], ledger: Ledger) -> None:
    """What would not fit on the disk is not begun."""
    states = [(ledger.state(chunk.number), chunk) for chunk in ledger.plan.chunks]
    missing = [chunk.seconds for state, chunk in states if not state.is_settled]
    if missing:
        check_room(disk_needs(books, (len(missing), sum(missing))))
