"""The story on one screen: read, cast, plan; speak what is missing; master; deliver.

    job ─► script ─► cast ─► plan          every mistake of the user's is found up to here
        ─► speak_missing ─► chapters       the model speaks only what no stored take says
        ─► mastered ─► delivered           each chapter at its level; audio, subtitles, manifest

The same for `render`, `clone` and `--from`; `plan` and `--dry-run` stop after the first line. Jobs
may be many, each with its own cast; those of one store are spoken together. What only a render
needs is imported where it is used, so that a plan is quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from higgs_cli.casting.assignment import assign_voices, known_speakers
from higgs_cli.casting.voice_library import open_library
from higgs_cli.errors import DeviceError, HiggsError, ModelLoadError
from higgs_cli.files.writable import check_folder_place, check_new_folder
from higgs_cli.jobs.merged_plan import merged
from higgs_cli.jobs.render_job import RenderJob, TextWithVoice, named_output
from higgs_cli.jobs.staging import staged
from higgs_cli.output.manifest.earlier import EarlierRender
from higgs_cli.planning.measured_rate import recall_rate, remember_rate
from higgs_cli.planning.plan import Plan
from higgs_cli.planning.planner import make_plan
from higgs_cli.planning.replanning import brought_up_to_date, replanned
from higgs_cli.planning.selection import selected
from higgs_cli.planning.summary import NothingStored, PlanSummary, summarise
from higgs_cli.progress import Progress, ended_by_errors
from higgs_cli.script.reader import parse_script, read_script
from higgs_cli.settings.views import ModelChoice
from higgs_cli.stopping import stopping_cleanly

if TYPE_CHECKING:
    from higgs_cli.checkpoints.abilities import Abilities
    from higgs_cli.checkpoints.find import Checkpoint
    from higgs_cli.checkpoints.identity import ModelIdentity
    from higgs_cli.mastering.master import Performance
    from higgs_cli.output.delivery import Delivered, DeliveryPlace
    from higgs_cli.speech.protocol import Synthesizer, SynthesizerDescription
    from higgs_cli.takes.kept_sounds import KeptSounds
    from higgs_cli.takes.ledger import Ledger
    from higgs_cli.takes.settled import SpokenChapter, SpokenPlan
    from higgs_cli.takes.speech_rate import Norms
    from higgs_cli.takes.store import TakeStore

MINI = "mini"
TELLING_SECONDS = 30.0

OpenSpeech: TypeAlias = "Callable[[ModelChoice], Synthesizer]"


@dataclass(frozen=True)
class RenderReport:
    """What became of a job."""

    job: RenderJob
    delivered: Delivered
    spoken_count: int
    """How many chunks were spoken now, and not found in the store."""

    @property
    def is_whole(self) -> bool:
        from higgs_cli.output.outcome import failed

        return not failed(self.delivered.outcomes)


@dataclass(frozen=True)
class Book:
    """A job that was read, cast and planned."""

    job: RenderJob
    plan: Plan
    present: tuple[str, ...] = ()
    """Checksums of what an earlier render has written where this one will write."""

    @property
    def output(self) -> Path:
        return named_output(self.job)

    @property
    def store_folder(self) -> Path:
        return self.job.store_folder or self.output.parent

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Every file that it is made of."""
        scene = self.plan.script.header.scene
        voices = [path for member in self.plan.cast.members for path in member.voice.files]
        return (*self.job.inputs, *voices, *([Path(scene)] if scene else []))

    def is_spoken_like(self, other: Book) -> bool:
        """Whether one ledger serves both: the same store, voices, model and rules of takes."""
        ours, theirs = self.job.choices, other.job.choices
        return (
            self.store_folder == other.store_folder
            and self.plan.cast == other.plan.cast
            and self.plan.seed == other.plan.seed
            and (ours.model, ours.sampling, ours.takes)
            == (theirs.model, theirs.sampling, theirs.takes)
            and not (self.job.decisions or self.job.earlier or other.job.earlier)
        )


def render(job: RenderJob, open_speech: OpenSpeech, progress: Progress) -> RenderReport:
    """Plan, speak, master, deliver. Raises what stands in the way; all finished takes are kept."""
    return render_all([job], open_speech, progress)[0]


def render_all(
    jobs: Sequence[RenderJob], open_speech: OpenSpeech, progress: Progress
) -> list[RenderReport]:
    """Several jobs, each with a cast and a store of its own or with one store for all."""
    for job in jobs:
        named_output(job)
    books = [_checked(Book(job, planned(job))) for job in jobs]
    for book in books:
        for warning in book.plan.warnings:
            progress.note(warning)
    opened: dict[ModelChoice, Synthesizer] = {}

    def open_once(choice: ModelChoice) -> Synthesizer:
        if choice not in opened:
            opened[choice] = _opened(choice, open_speech, progress)
        return opened[choice]

    reports: list[RenderReport] = []
    for together in _spoken_together(books):
        reports += _rendered(together, open_once, progress)
    return reports


def planned(job: RenderJob) -> Plan:
    """Read, cast and plan: no model is needed, and every mistake of the user's is found here."""
    source, choices = job.source, job.choices
    if isinstance(source, EarlierRender):
        return replanned(source.plan, source.planning, choices.planning)
    if isinstance(source, TextWithVoice):
        script, cast = parse_script(source.name, source.text, choices.reading), source.cast
    else:
        casting = choices.casting
        library = open_library(casting.voices, allow_outside=casting.allow_outside)
        script = read_script(source.path, choices.reading, known_speakers(library, casting))
        cast = assign_voices(script, library, casting)
    abilities = _abilities(choices.model)
    plan = make_plan(script, staged(script, cast, choices, abilities), choices.planning)
    return selected(plan, choices.reading.chapters, choices.planning)


def ledger_of(job: RenderJob, plan: Plan, store: TakeStore, identity: ModelIdentity) -> Ledger:
    """What is stored of a plan, and what is to be spoken."""
    from higgs_cli.takes.decisions import chunks_on
    from higgs_cli.takes.ledger import Ledger

    earlier, rules = job.earlier, job.choices.takes
    if earlier is None:
        return Ledger(plan, store, identity, rules)
    chosen = {number: (take.key, take.attempt) for number, take in earlier.takes.takes.items()}
    if {"takes", "retries"} & set(job.overridden):
        chosen = {}
    ledger = Ledger(plan, store, identity, rules, chosen)
    retaken = chunks_on(plan, job.decisions.retake, "--retake") if job.decisions else ()
    outdated = ledger.outdated([chunk.number for chunk in retaken])
    if not outdated:
        return ledger
    return Ledger(brought_up_to_date(plan, outdated), store, identity, rules, chosen)


def preview(job: RenderJob) -> PlanSummary:
    """What a render would speak, by whom, for how long, and what is stored: nothing is opened."""
    plan = planned(job)
    if job.decisions is not None:
        job.decisions.check(plan)
    checkpoint = _checkpoint(job.choices.model)
    rate = recall_rate(checkpoint.name, job.choices.model.device) if checkpoint else None
    folder = job.store_folder
    if folder is None or not folder.is_dir():
        return summarise(plan, NothingStored(), rate)
    if checkpoint is None:
        unknown = f"the model is not here, so it is not known which takes {folder} holds"
        plan = replace(plan, warnings=(*plan.warnings, unknown))
        return summarise(plan, NothingStored(), rate)
    from higgs_cli.takes.store import TakeStore

    identity = checkpoint.identity(job.choices.model)
    ledger = ledger_of(job, plan, TakeStore(folder), identity)
    summary = summarise(ledger.plan, ledger, rate)
    if not job.overridden:
        return summary
    from higgs_cli.output.manifest.replay import changes

    changed = changes(job.overridden, len(summary.missing))
    return replace(summary, plan=replace(plan, warnings=(*plan.warnings, changed)))


def _abilities(choice: ModelChoice) -> Abilities | None:
    """What the model says it can speak; who opens it will say what is wrong with it."""
    try:
        checkpoint = _checkpoint(choice)
        return checkpoint.abilities() if checkpoint else None
    except HiggsError:
        return None


def _checkpoint(choice: ModelChoice) -> Checkpoint | None:
    """The model that would speak, if it is here: a plan needs none."""
    from higgs_cli.checkpoints.find import find_checkpoint

    try:
        return find_checkpoint(choice)
    except ModelLoadError:
        return None


def open_higgs(choice: ModelChoice) -> Synthesizer:
    """The checkpoint that is chosen; this is where torch is first imported."""
    from higgs_cli.checkpoints.find import find_checkpoint

    checkpoint = find_checkpoint(choice)
    from higgs_cli.speech.higgs.synthesizer import open_synthesizer

    return open_synthesizer(checkpoint, choice)


# -- before the model ----------------------------------------------------------------------


def _checked(book: Book) -> Book:
    """What could not be written, or means nothing, is refused before anything is spoken."""
    from higgs_cli.output.formats.write import check_output
    from higgs_cli.output.own_files import own_digests
    from higgs_cli.takes.store import TakeStore

    delivery = book.job.choices.delivery
    if book.job.makes_folder:
        check_folder_place(book.output.parent)
        book.output.parent.mkdir(parents=True, exist_ok=True)
    check_output(book.output, delivery.sample_format, book.inputs)
    check_new_folder(book.store_folder)
    store = TakeStore(book.store_folder)
    store.refuse_foreign()
    if book.job.decisions is not None:
        book.job.decisions.check(book.plan)
    if book.job.overwrites:
        return book
    noted = store.written.of(book.output)
    return replace(book, present=own_digests(book.output, delivery.subtitles, noted))


def _spoken_together(books: Iterable[Book]) -> list[list[Book]]:
    """Books that follow one another with one store, one cast and one way of speaking."""
    groups: list[list[Book]] = []
    for book in books:
        if groups and book.is_spoken_like(groups[-1][0]):
            groups[-1].append(book)
        else:
            groups.append([book])
    return groups


# -- speaking ------------------------------------------------------------------------------


def _rendered(
    books: Sequence[Book], open_speech: OpenSpeech, progress: Progress
) -> list[RenderReport]:
    """Books of one store and model: spoken together, then mastered and written one by one."""
    from higgs_cli.output.manifest.replay import announce
    from higgs_cli.takes.lock import output_held, store_held
    from higgs_cli.takes.settled import SpokenPlan

    first = books[0]
    plan = first.plan if len(books) == 1 else merged([book.plan for book in books])
    with ExitStack() as held:
        held.enter_context(stopping_cleanly())
        if len(books) == 1:
            held.enter_context(output_held(first.output))
        store = held.enter_context(store_held(first.store_folder))
        for book in books:  # known as ours also when their manifest is gone
            store.written.note(book.output, book.present)
        if len(books) == 1 and (there := _as_it_lies(first, store, progress)):
            return [there]
        speech = open_speech(first.job.choices.model)
        store.expect(speech.description.codes_form)
        ledger = ledger_of(first.job, plan, store, speech.description.identity)
        if len(books) == 1:
            first = replace(first, plan=ledger.plan)
        decisions = first.job.decisions
        if decisions is not None:
            decisions.before_speaking(ledger)
        if first.job.earlier is not None:
            announce(first.job.earlier, ledger, speech.description, first.job.overridden, progress)
        speech, sounds, chapters = _spoken(first.job, ledger, speech, open_speech, progress)
        if decisions is not None:
            decisions.after_speaking(ledger)
        held.callback(store.sounds.trim, first.job.choices.takes.kept_sound_bytes)
        if len(books) == 1:
            spoken = SpokenPlan(speech.description, chapters, ledger.voice_takes())
            return [finished(first, spoken, store, sounds, progress)]
        fresh = frozenset().union(*(chapter.fresh_keys for chapter in chapters))
        reports = []
        for book in books:
            share = _share_of(book, fresh, store, speech.description, ledger.norms)
            with output_held(book.output):  # not all at once: there may be thousands
                reports.append(finished(book, share, store, sounds, progress))
        return reports


def _share_of(
    book: Book,
    fresh_keys: frozenset[str],
    store: TakeStore,
    description: SynthesizerDescription,
    norms: Norms | None,
) -> SpokenPlan:
    """What one of several books has of what was spoken for all."""
    ledger = ledger_of(book.job, book.plan, store, description.identity)
    ledger.judge_rates(norms)
    return _all_settled(ledger, description, fresh_keys)


def _all_settled(
    ledger: Ledger, description: SynthesizerDescription, fresh_keys: frozenset[str] = frozenset()
) -> SpokenPlan:
    from higgs_cli.takes.settled import SpokenPlan

    chapters = (
        ledger.settled_chapter(number, fresh_keys) for number in ledger.plan.chunks_by_chapter
    )
    return SpokenPlan(description, tuple(chapters), ledger.voice_takes())


def _as_it_lies(book: Book, store: TakeStore, progress: Progress) -> RenderReport | None:
    """The report of a render of which nothing has changed: for that no model is opened."""
    from higgs_cli.output.manifest.replay import announce
    from higgs_cli.output.unchanged import earlier_delivery

    job, there = book.job, earlier_delivery(book.output)
    description = there.description if there else None
    if description is None or (job.decisions and job.decisions.says_anything):
        return None
    if not _is_spoken_by(description, job.choices.model):
        return None
    store.expect(description.codes_form)
    ledger = ledger_of(job, book.plan, store, description.identity)
    if not ledger.is_settled:
        return None
    report = _unchanged(book, _all_settled(ledger, description), store, progress)
    if report is not None and job.earlier is not None:
        announce(job.earlier, ledger, description, job.overridden, progress)
    return report


def _is_spoken_by(description: SynthesizerDescription, choice: ModelChoice) -> bool:
    """Whether the model that is chosen is the one described; a faulty one is told of on opening."""
    try:
        checkpoint = _checkpoint(choice)
        return checkpoint is not None and (description.name, description.identity) == (
            checkpoint.name,
            checkpoint.identity(choice),
        )
    except HiggsError:
        return False


def _opened(choice: ModelChoice, open_speech: OpenSpeech, progress: Progress) -> Synthesizer:
    """The model, named to the person by the first line they read."""
    speech = open_speech(choice)
    it = speech.description
    progress.stage(f"{it.name} on {it.device}, {it.precision}, {it.lane_count} lanes")
    if it.name == MINI and choice.model is None:
        progress.stage("mini is a small model for drafts; to get the full model: higgs download")
    return speech


def _spoken(
    job: RenderJob,
    ledger: Ledger,
    speech: Synthesizer,
    open_speech: OpenSpeech,
    progress: Progress,
) -> tuple[Synthesizer, KeptSounds, tuple[SpokenChapter, ...]]:
    """All chapters, in order; after a device has failed, on the CPU if that was asked for."""
    from higgs_cli.rendering.loop import speak_missing
    from higgs_cli.takes.kept_sounds import sounds_of

    choices = job.choices
    sounds = sounds_of(ledger.store.sounds, speech)
    _get_ready(ledger, speech, progress)
    began = monotonic()
    try:
        spoken = list(speak_missing(ledger, speech, choices.sampling, progress, sounds))
    except DeviceError as error:
        if not choices.model.cpu_fallback:
            raise DeviceError(
                f"{error.message}; all finished takes are kept",
                hint="run the same command again, or add --cpu-fallback to continue on the CPU",
            ) from error
        progress.note(f"{error.message}; continuing on the CPU")
        of_weights = speech.description.precision.partition("+")[0]  # the rest is in the choice
        choice = replace(choices.model, device="cpu", dtype=of_weights)
        speech = open_speech(choice)
        sounds = sounds_of(ledger.store.sounds, speech)
        ledger = ledger_of(job, ledger.plan, ledger.store, speech.description.identity)
        _get_ready(ledger, speech, progress)
        spoken = list(speak_missing(ledger, speech, choices.sampling, progress, sounds))
    _remember_speed(job, ledger.plan, speech, spoken, monotonic() - began)
    return speech, sounds, tuple(sorted(spoken, key=lambda chapter: chapter.number))


def _get_ready(ledger: Ledger, speech: Synthesizer, progress: Progress) -> None:
    """Where something is to be spoken: only that opens the weights of the model."""
    if not ledger.is_settled:
        for remark in speech.remarks:
            progress.stage(remark)
        speech.prepare()


def _remember_speed(
    job: RenderJob,
    plan: Plan,
    speech: Synthesizer,
    spoken: Iterable[SpokenChapter],
    seconds: float,
) -> None:
    """What a plan will say of the next render's time, once there is enough to say."""
    fresh = frozenset().union(*(chapter.fresh_keys for chapter in spoken))
    spoken_seconds = sum(chunk.seconds for chunk in plan.chunks if chunk.key in fresh)
    if spoken_seconds >= TELLING_SECONDS:
        device = job.choices.model.device
        remember_rate(speech.description.name, device, spoken_seconds / max(seconds, 1e-3))


# -- mastering and delivery ----------------------------------------------------------------


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
    from higgs_cli.takes.chosen_codes import ChosenCodes

    job, plan, choices = book.job, book.plan, book.job.choices
    place = _delivery_place(book, store)
    if choices.delivery.strict and spoken.has_failed:
        return RenderReport(job, withheld(plan, spoken, place), spoken.fresh_count)
    if there := _unchanged(book, spoken, store, progress):
        return there
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
    return RenderReport(job, files, spoken.fresh_count)


def _delivery_place(book: Book, store: TakeStore) -> DeliveryPlace:
    from higgs_cli.mastering.version import MASTERING_VERSION
    from higgs_cli.output.delivery import DeliveryPlace

    levelled = "chapter" if book.job.choices.mastering.levels_chapters else "book"
    return DeliveryPlace(book.output, store, book.job.record, levelled, MASTERING_VERSION)


def _unchanged(
    book: Book, spoken: SpokenPlan, store: TakeStore, progress: Progress
) -> RenderReport | None:
    """The report of a book that would be written as it lies there; nothing is written then."""
    from higgs_cli.mastering.book import uneven_chunks
    from higgs_cli.output.manifest.replay import compare
    from higgs_cli.output.unchanged import earlier_delivery
    from higgs_cli.takes.chosen_codes import ChosenCodes

    job, there = book.job, earlier_delivery(book.output)
    if there is None or spoken.fresh_count:
        return None
    codes = ChosenCodes(store)
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
    return RenderReport(job, files, 0)


def _times(performance: Performance) -> Iterator[tuple[int, tuple[float, float]]]:
    rate = performance.sample_rate
    for place in performance.places:
        yield place.chunk_number, (place.start / rate, place.end / rate)
