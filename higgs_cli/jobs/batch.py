"""A batch: the books that are spoken together, and what became of each.

    BatchBook ── read, cast, planned ──► ReadBook ── spoken, mastered, delivered ──► BookResult

One book has one store, and so one narrator; a folder of chapters is one book of several scripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from higgs_cli.errors import HiggsError, UsageError
from higgs_cli.jobs.about_book import about_of
from higgs_cli.jobs.book import Book, checked, planned, with_folder
from higgs_cli.jobs.render_job import RenderJob, named_output
from higgs_cli.settings.views import ModelChoice

if TYPE_CHECKING:
    from higgs_cli.jobs.finishing import RenderReport

BookState = Literal["finished", "unchanged", "failed"]


@dataclass(frozen=True)
class BatchBook:
    """One book as it is asked for: a job for each of its scripts, all on one store."""

    name: str
    jobs: tuple[RenderJob, ...]

    @property
    def store_folder(self) -> Path:
        folder = self.jobs[0].store_folder
        assert folder is not None
        return folder

    @property
    def outputs(self) -> tuple[Path, ...]:
        return tuple(map(named_output, self.jobs))


@dataclass(frozen=True)
class ReadBook:
    """A book that was read, cast and planned, script by script."""

    name: str
    scripts: tuple[Book, ...]

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

    name: str
    state: BookState
    reports: tuple[RenderReport, ...] = ()
    trouble: HiggsError | None = None

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
    owners: dict[str, str] = {}
    for book in books:
        for place in {*book.outputs, book.store_folder}:
            other = owners.setdefault(str(place.absolute()).casefold(), book.name)
            if other != book.name:
                raise UsageError(
                    f"{other} and {book.name} would both be written to {place}",
                    hint="give one of them another name, or `output` and `store` of its own",
                )


def read_book(book: BatchBook, *, writes: bool) -> ReadBook:
    """Every mistake of the user's is found here; `writes`: also in where it is to be written."""
    scripts = [Book(job, planned(job)) for job in book.jobs]
    if not writes:
        scripts = [replace(each, about=about_of(each.job, each.plan)) for each in scripts]
    else:
        scripts = [checked(with_folder(script)) for script in scripts]
    return ReadBook(book.name, tuple(scripts))


def common_choice(books: Sequence[BatchBook]) -> ModelChoice:
    """The one model that speaks them all, with room for the longest context that a book asks for.

    Which model, where and in which precision is the same for all: no book says so itself.
    """
    choices = [job.choices.model for book in books for job in book.jobs]
    return replace(
        choices[0],
        max_seconds=max(choice.max_seconds for choice in choices),
        chunk_seconds=max(choice.chunk_seconds for choice in choices),
        context_chunks=max(choice.context_chunks for choice in choices),
    )
