"""A book: a job that was read, cast and planned, and what is refused before anything is spoken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.errors import HiggsError, ModelLoadError, UsageError
from higgs_cli.files.atomic_file import sweep_folder
from higgs_cli.files.writable import check_file_place, check_folder_place, check_new_folder
from higgs_cli.jobs.about_book import about_file, about_of, described, with_own_credits
from higgs_cli.jobs.book_room import with_room
from higgs_cli.jobs.cast_script import cast_script
from higgs_cli.jobs.merged_plan import can_be_merged
from higgs_cli.jobs.remarked_sheet import next_sheet
from higgs_cli.jobs.render_job import RenderJob, TextWithVoice, named_output
from higgs_cli.jobs.staging import staged
from higgs_cli.output.about import AboutBook
from higgs_cli.output.beside import Companion, companions_of
from higgs_cli.output.manifest.earlier import EarlierRender
from higgs_cli.planning.plan import Plan
from higgs_cli.planning.planner import make_plan
from higgs_cli.planning.replanning import replanned
from higgs_cli.planning.selection import selected
from higgs_cli.script.reader import parse_script
from higgs_cli.settings.views import ModelChoice

if TYPE_CHECKING:
    from higgs_cli.checkpoints.abilities import Abilities
    from higgs_cli.checkpoints.find import Checkpoint
    from higgs_cli.planning.places import Times
    from higgs_cli.takes.decisions import Decisions


@dataclass(frozen=True)
class Book:
    """A job that was read, cast and planned."""

    job: RenderJob
    plan: Plan
    present: tuple[str, ...] = ()
    """Checksums of what an earlier render has written where this one will write."""
    companions: tuple[Companion, ...] = ()
    """What is written with the audio."""
    decisions: Decisions | None = None
    """What is wanted of its chunks."""
    about: AboutBook = field(default_factory=AboutBook)
    """What its files say of it."""
    earlier_audio: tuple[Path, ...] = ()
    """Of earlier deliveries of it, under other names: it may be written with the rest."""

    @property
    def output(self) -> Path:
        return named_output(self.job)

    @property
    def outputs(self) -> tuple[Path, ...]:
        """One sound in several formats; all else is named after the first."""
        return (self.output, *self.job.other_outputs)

    @property
    def files_shown(self) -> str:
        """The audio, as a line about it names it."""
        names = [path.name for path in self.outputs]
        shown = " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
        return f"{shown}, by chapters" if self.job.choices.delivery.per_chapter else shown

    @property
    def held(self) -> tuple[Path, ...]:
        """All whose names nobody else may write to meanwhile; chapters and stems have the
        first's."""
        folder = self.output.parent
        named = (
            each.path
            for each in self.companions
            if each.chapter is None and each.path.parent == folder
        )
        return (*self.outputs, *named, *self.earlier_audio)

    @property
    def store_folder(self) -> Path:
        return self.job.store_folder or self.output.parent

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Every file that it is made of."""
        scene = self.plan.script.header.scene
        voices = [path for member in self.plan.cast.members for path in member.voice.files]
        about = about_file(self.job)
        named = [Path(scene)] if scene else []
        return (*self.job.inputs, *voices, *named, *([about] if about else []))

    def is_spoken_like(self, other: Book) -> bool:
        """Whether one ledger serves both: the same store, model and rules of takes, and a plan."""
        ours, theirs = self.job.choices, other.job.choices
        return (
            self.store_folder == other.store_folder
            and (ours.model, ours.sampling, ours.takes, ours.gates)
            == (theirs.model, theirs.sampling, theirs.takes, theirs.gates)
            and not (self.job.wishes or self.job.earlier or other.job.earlier)
        )


def planned(job: RenderJob) -> Plan:
    """Read, cast and plan: no model is needed, and every mistake of the user's is found here."""
    source, choices = job.source, job.choices
    if isinstance(source, EarlierRender):
        return replanned(source.plan, source.planning, choices.planning)
    if isinstance(source, TextWithVoice):
        script, cast = parse_script(source.name, source.text, choices.reading), source.cast
    else:
        completed = partial(with_own_credits, job)
        script, cast = cast_script(source.path, choices, completed, source.text)
    abilities = _abilities(choices.model)
    plan = make_plan(script, staged(script, cast, choices, abilities), choices.planning)
    return selected(plan, choices.reading.chapters, choices.planning)


def _abilities(choice: ModelChoice) -> Abilities | None:
    """What the model says it can speak; who opens it will say what is wrong with it."""
    try:
        checkpoint = checkpoint_here(choice)
        return checkpoint.abilities() if checkpoint else None
    except HiggsError:
        return None


def checkpoint_here(choice: ModelChoice) -> Checkpoint | None:
    """The model that would speak, if it is here: a plan needs none."""
    from higgs_cli.checkpoints.find import find_checkpoint

    try:
        return find_checkpoint(choice)
    except ModelLoadError:
        return None


def with_folder(book: Book) -> Book:
    """Its folder is there: made, where the job may make it."""
    if book.job.makes_folder:
        check_folder_place(book.output.parent)
        book.output.parent.mkdir(parents=True, exist_ok=True)
    return book


def checked(book: Book) -> Book:
    """What could not be written, or means nothing, is refused before anything is spoken."""
    from higgs_cli.jobs.extra_checks import check_extras
    from higgs_cli.output.extras import extras_of
    from higgs_cli.output.file_names import audio_files, audio_paths
    from higgs_cli.output.formats.write import check_output
    from higgs_cli.output.manifest.named_files import named_files
    from higgs_cli.output.own_files import (
        named_by_renders,
        own_digests,
        refuse_in_place_of_the_whole,
    )
    from higgs_cli.output.superseded import is_whole_audio
    from higgs_cli.takes.store import TakeStore

    delivery = book.job.choices.delivery
    check_names(book)
    book = replace(book, job=with_room(book.job, described(book.job, book.plan.script).room_tone))
    inputs, about = book.inputs, about_of(book.job, book.plan)
    for path in book.outputs:
        check_output(path, delivery.sample_format, inputs)
    check_new_folder(book.store_folder)
    sweep_folder(book.output.parent)
    store = TakeStore(book.store_folder)
    store.refuse_foreign()
    manifest, noted = named_files(book.output), store.written.of(book.output)
    files = audio_files(book.outputs, book.plan, delivery)
    there = named_by_renders(book.output, manifest, noted)
    asked, there = next_sheet(book.job.asked, there, inputs)
    has_room = book.job.choices.mastering.room_tone is not None
    extras = extras_of(book.plan, about, book.outputs, delivery, there, has_room)
    check_extras(extras, book.plan, about, delivery, inputs)
    companions = companions_of(files, book.output, delivery, asked, there, extras)
    paths = (
        *audio_paths(book.outputs, book.plan, delivery),
        *(each.path for each in companions),
    )
    for path in paths:
        if path.parent.exists() or path.parent == book.output.parent:
            check_file_place(path, inputs=inputs)
    book = replace(
        book,
        about=about,
        companions=companions,
        earlier_audio=tuple(sorted(each for each in there if is_whole_audio(each, book.output))),
        decisions=decided(book.job, book.plan),
    )
    if book.job.overwrites:
        return book
    selection = book.job.choices.reading.chapters
    refuse_in_place_of_the_whole(book.output, manifest, selection, book.store_folder)
    return replace(book, present=own_digests(book.output, manifest, paths, noted))


def decided(job: RenderJob, plan: Plan) -> Decisions | None:
    """What a person wants of the plan's chunks; a place where nothing is spoken is refused."""
    if job.wishes is None:
        return None
    return job.wishes.on(plan, times_of(job, plan) if job.wishes.name_times else None)


def times_of(job: RenderJob, plan: Plan) -> Times:
    """What sounds when in the audio as it lies there, or as the manifest says that is repeated."""
    from higgs_cli.output.manifest.opened import manifest_beside
    from higgs_cli.output.manifest.read import moments_of

    manifest = job.earlier.manifest if job.earlier else manifest_beside(named_output(job))
    if not manifest.is_file():
        return {}
    numbers = {chunk.key: chunk.number for chunk in plan.chunks}
    moments = enumerate(moments_of(manifest).items(), 1)
    return {numbers.get(key, -place): times for place, (key, times) in moments}


def check_names(book: Book) -> None:
    """Several outputs are one delivery: of one folder, which one manifest describes."""
    outputs, delivery = book.outputs, book.job.choices.delivery
    for path in outputs[1:]:
        if path.parent.resolve() != outputs[0].parent.resolve():
            hint = "name them in one folder, or render --from the manifest for another"
            raise UsageError(f"{outputs[0]} and {path} are in two folders", hint=hint)
    names = [path.name for path in outputs]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{name} is named twice with -o")
    has_pages = any(path.suffix.lower() == ".epub" for path in outputs)
    if has_pages and all(chunk.is_credits for chunk in book.plan.chunks):
        raise UsageError("an .epub has no credits, and nothing else is spoken", hint="a .wav")
    if delivery.per_chapter and has_pages:
        raise UsageError("an .epub holds the whole book: it does not go with --per-chapter")
    if delivery.per_chapter and delivery.chapters_json:
        raise UsageError("--chapters-json is for a file with chapters, not with --per-chapter")


def spoken_together(books: Iterable[Book]) -> list[list[Book]]:
    """Books that follow one another with one store and one way of speaking."""
    groups: list[list[Book]] = []
    for book in books:
        if (
            groups
            and book.is_spoken_like(groups[-1][0])
            and all(can_be_merged(other.plan, book.plan) for other in groups[-1])
        ):
            groups[-1].append(book)
        else:
            groups.append([book])
    return groups
