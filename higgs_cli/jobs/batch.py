"""A batch: the books that are spoken together, and what became of each.

    BatchBook ── read, cast, planned ──► ReadBook ── spoken, mastered, delivered ──► BookResult

One book has one store, and so one narrator; a folder of chapters is one book of several scripts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from higgs_cli.errors import HiggsError, UsageError
from higgs_cli.jobs.about_book import about_of
from higgs_cli.jobs.book import Book, checked, planned, with_folder
from higgs_cli.jobs.render_job import RenderJob, ScriptFile, named_output
from higgs_cli.settings.views import ModelChoice

if TYPE_CHECKING:
    from higgs_cli.jobs.finishing import RenderReport

BookState = Literal["finished", "unchanged", "failed"]


@dataclass(frozen=True, eq=False)
class BatchBook:
    """One book as it is asked for: a job for each of its scripts, all on one store. It is itself,
    whatever another one is called."""

    name: str
    jobs: tuple[RenderJob, ...] = ()
    trouble: HiggsError | None = None
    """What is wrong with the settings beside its script: then it has no jobs."""

    @property
    def places(self) -> Iterator[Path]:
        """What it writes alone: the sound and manifest of each script, and its store."""
        for output in map(named_output, self.jobs):
            yield from (output, output.with_suffix(".json"))
        if self.jobs and self.jobs[0].store_folder is not None:
            yield self.jobs[0].store_folder


@dataclass(frozen=True)
class ReadBook:
    """A book that was read, cast and planned, script by script."""

    asked: BatchBook
    scripts: tuple[Book, ...]

    @property
    def name(self) -> str:
        return self.asked.name

    @property
    def store_folder(self) -> Path:
        return self.scripts[0].store_folder

    @property
    def warnings(self) -> tuple[str, ...]:
        found = (warning for script in self.scripts for warning in script.plan.warnings)
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class BookResult:
    """What became of a book."""

    book: BatchBook
    state: BookState
    reports: tuple[RenderReport, ...] = ()
    trouble: HiggsError | None = None

    @property
    def name(self) -> str:
        return self.book.name

    @property
    def exit_code(self) -> int:
        """As if it had been rendered alone."""
        if self.trouble is not None:
            return self.trouble.exit_code
        return 0 if all(report.is_whole for report in self.reports) else 1


def batch_exit_code(results: Sequence[BookResult]) -> int:
    """0 where every book is whole; what all books that are not have in common, else 1."""
    codes = {result.exit_code for result in results} - {0}
    if len(codes) == 1 and all(result.exit_code for result in results):
        return codes.pop()
    return 1 if codes else 0


def check_apart(books: Sequence[BatchBook]) -> None:
    """No two books have an output or a store in common, whatever the disk thinks of capitals."""
    owners: dict[str, BatchBook] = {}
    for book in books:
        own: set[str] = set()
        for place in book.places:
            name = os.path.realpath(place).casefold()
            other = owners.get(name)
            if other is not None:
                raise UsageError(
                    f"{_called(other)} and {_called(book)} would both be written to {place}",
                    hint="give one of them another name, or `output` and `store` of its own",
                )
            if name in own:
                raise UsageError(f"{book.name}: two chapters would be written to {place}")
            own.add(name)
        owners.update(dict.fromkeys(own, book))


def _called(book: BatchBook) -> str:
    """By its scripts, as both may have the same name."""
    source = book.jobs[0].source
    return source.path if len(book.jobs) == 1 and isinstance(source, ScriptFile) else book.name


def read_book(book: BatchBook, *, writes: bool) -> ReadBook:
    """Every mistake of the user's is found here; `writes`: also in where it is to be written."""
    if book.trouble is not None:
        raise book.trouble
    scripts = [Book(job, planned(job)) for job in book.jobs]
    if not writes:
        scripts = [replace(each, about=about_of(each.job, each.plan)) for each in scripts]
    else:
        scripts = [checked(with_folder(script)) for script in scripts]
    return ReadBook(book, tuple(scripts))


def common_choice(books: Sequence[BatchBook]) -> ModelChoice | None:
    """The one model that speaks them all, with room for the longest context that a book asks for;
    None where no book can be read.

    Which model, where and in which precision is the same for all: no book says so itself.
    """
    choices = [job.choices.model for book in books for job in book.jobs]
    if not choices:
        return None
    return replace(
        choices[0],
        max_seconds=max(choice.max_seconds for choice in choices),
        chunk_seconds=max(choice.chunk_seconds for choice in choices),
        context_chunks=max(choice.context_chunks for choice in choices),
    )
