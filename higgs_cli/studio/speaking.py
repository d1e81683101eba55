"""What the one worker of a studio does: speak, master, deliver: the jobs of the command line.

    speak a chapter    what `higgs render --chapters 3` does before it masters
    another take       the same, and one line again
    master             `higgs render`, of the whole book
    export             the same takes, delivered as something else, into a folder of its own

Stores and outputs are held meanwhile as a render holds them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from higgs_cli import pipeline
from higgs_cli.errors import UsageError
from higgs_cli.jobs.finishing import RenderReport
from higgs_cli.jobs.gates import EarRoom, sources_of
from higgs_cli.jobs.render_job import RenderJob, ScriptFile
from higgs_cli.jobs.repeated_job import job_from_manifest
from higgs_cli.jobs.speaking import ledger_of, opened, spoken_chapters
from higgs_cli.output.manifest.opened import manifest_beside
from higgs_cli.planning.places import chunk_place
from higgs_cli.progress import Progress
from higgs_cli.settings.table import DELIVERIES
from higgs_cli.stopping import stopping_cleanly
from higgs_cli.studio.book import StudioBook, heeding
from higgs_cli.studio.conflict import NotHereError
from higgs_cli.studio.decisions import spoken_again
from higgs_cli.takes.decisions import Decisions
from higgs_cli.takes.lock import store_held


@dataclass(frozen=True)
class ExportKind:
    """A way to deliver a book."""

    name: str
    said: str
    ending: str
    settings: dict[str, Any]


def _settings(delivery: str | None, **more: Any) -> dict[str, Any]:
    named: dict[str, Any] = {**DELIVERIES[delivery], "delivery": delivery} if delivery else {}
    return {"per_chapter": False, **named, **more}


EXPORTS = {
    kind.name: kind
    for kind in (
        ExportKind("m4b", "One M4B with chapters", ".m4b", _settings("audiobook")),
        ExportKind("mp3", "One MP3 with chapters", ".mp3", _settings("audiobook")),
        ExportKind("epub", "EPUB to read along", ".epub", _settings("audiobook")),
        ExportKind(
            "chapters", "An MP3 a chapter", ".mp3", _settings("audiobook", per_chapter=True)
        ),
        ExportKind("acx", "For ACX, an MP3 a chapter", ".mp3", _settings("acx", per_chapter=True)),
        ExportKind("podcast", "MP3 for a podcast", ".mp3", _settings("podcast")),
        ExportKind("flac", "One FLAC", ".flac", _settings(None)),
    )
}


def speak_chapter(
    book: StudioBook, chapter: int, progress: Progress, again: str | None = None
) -> dict[str, Any]:
    """Speak what no stored take says of a chapter; `again`: the line of which another is wanted."""
    job, plan = book.chapter(chapter)
    numbers = {chunk.key: chunk.number for chunk in plan.chunks}
    if again is not None and again not in numbers:
        raise NotHereError("this line is not in the book any more: its text was changed")
    wanted = Decisions(retake=(numbers[again],) if again is not None else ())
    folder = job.store_folder
    assert folder is not None
    with stopping_cleanly(), store_held(folder) as store, EarRoom() as ears:
        speech = opened(job.choices.model, book.model.open, progress)
        store.expect(speech.description.codes_form)
        job = heeding(job, store)
        ledger = ledger_of(job, plan, store, speech.description.identity, retaken=wanted.retake)
        before = [(ledger.state(n).key, store.choice(ledger.state(n).key)) for n in wanted.retake]
        wanted.before_speaking(ledger)
        sources = sources_of(job, plan)
        listeners = ears.listeners(sources, job.choices.gates, plan, store.heard)
        _, _, chapters = spoken_chapters(
            job, ledger, speech, book.model.open, progress, lambda *chapter: None, listeners
        )
        store.sounds.trim(job.choices.takes.kept_sound_bytes)
    book.forget()
    for key, choice in before:
        assert again is not None
        place = chunk_place(book.standing().chunk(again).number)
        spoken_again(book, key, place, choice)
    spoken = sum(len(each.fresh_keys) for each in chapters)
    return {"spoken": spoken}


def master(book: StudioBook, progress: Progress) -> dict[str, Any]:
    """All of the book: what is missing is spoken, and its files are written."""
    report = pipeline.render(book.job(), book.model.open, progress)
    book.forget()
    return _told(report)


def export_folder(book: StudioBook, kind: str) -> Path:
    """Beside the output, called after it and what it is."""
    return book.output.with_name(f"{book.output.stem} {kind}")


def export(book: StudioBook, name: str, progress: Progress) -> dict[str, Any]:
    """The book as another delivery; its takes stay where they are."""
    kind = EXPORTS[name]
    output = export_folder(book, name) / f"{book.output.stem}{kind.ending}"
    report = pipeline.render(_delivered_as(book, kind, output), book.model.open, progress)
    book.forget()
    return _told(report)


def _delivered_as(book: StudioBook, kind: ExportKind, output: Path) -> RenderJob:
    job = book.job()
    store = job.store_folder
    if isinstance(job.source, ScriptFile):
        settings = replace(book.settings, store=store, **kind.settings)
        source = replace(book.source, outputs=(output,))
        return replace(source.job(settings), makes_folder=True)
    manifest = manifest_beside(book.output)
    given = {**book.source.given, **kind.settings, "store": store}
    again = job_from_manifest(manifest, output, given)
    return replace(again, source=job.source, makes_folder=True)


def export_files(book: StudioBook, name: str) -> list[Path]:
    """What lies there of an export, in order."""
    if name not in EXPORTS:
        raise UsageError(f"there is no export {name}")
    folder = export_folder(book, name)
    if not folder.is_dir():
        return []
    ending = EXPORTS[name].ending
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() == ending and path.is_file() and not path.is_symlink()
    )


def _told(report: RenderReport) -> dict[str, Any]:
    """What became of it."""
    files = [fact.path.name for fact in report.delivered.audio]
    bad = [row for row in report.findings if row.is_exception]
    return {
        "spoken": report.spoken_count,
        "files": files,
        "is_whole": report.is_whole,
        "exceptions": len(bad),
    }
