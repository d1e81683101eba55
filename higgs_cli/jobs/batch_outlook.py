"""What a batch will take, in figures: what is to be spoken, for how long, in how much room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from higgs_cli.errors import HiggsError
from higgs_cli.jobs.batch import BatchBook, ReadBook, common_choice, read_book
from higgs_cli.jobs.book import Book, checkpoint_here, spoken_together
from higgs_cli.jobs.disk_need import DiskNeed, disk_needs
from higgs_cli.jobs.merged_plan import chunk_numbers, merged
from higgs_cli.jobs.speaking import ledger_of
from higgs_cli.planning.measured_rate import recall_rate
from higgs_cli.planning.plan import Plan

if TYPE_CHECKING:
    from higgs_cli.checkpoints.identity import ModelIdentity
    from higgs_cli.takes.ledger import Ledger
    from higgs_cli.takes.store import TakeStore

JSON_VERSION = 1


@dataclass(frozen=True)
class BookFigures:
    """One book before it is rendered."""

    name: str
    chunk_count: int
    missing_count: int
    audio_seconds: float
    missing_seconds: float
    needs: tuple[DiskNeed, ...]

    @property
    def disk_bytes(self) -> int:
        return sum(need.total for need in self.needs)


@dataclass(frozen=True)
class BatchOutlook:
    """All that `higgs batch --plan` shows."""

    books: tuple[BookFigures, ...]
    mistakes: tuple[tuple[str, HiggsError], ...]
    """Books that cannot be rendered as they are, by name."""
    warnings: tuple[tuple[str, str], ...]
    times_real_time: float | None
    """How fast this machine has rendered with this model before."""

    @property
    def missing_seconds(self) -> float:
        return sum(book.missing_seconds for book in self.books)

    @property
    def render_seconds(self) -> float | None:
        rate = self.times_real_time
        return self.missing_seconds / rate if rate else None

    def document(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "version": JSON_VERSION,
            "books": [_row(book) for book in self.books],
            "mistakes": [{"book": name, "error": error.message} for name, error in self.mistakes],
            "warnings": [{"book": name, "text": text} for name, text in self.warnings],
            "totals": {
                "audio_seconds": round(sum(book.audio_seconds for book in self.books), 1),
                "missing_seconds": round(self.missing_seconds, 1),
                "render_seconds": self.render_seconds and round(self.render_seconds, 1),
                "disk_bytes": sum(book.disk_bytes for book in self.books),
            },
        }


def outlook(books: Sequence[BatchBook]) -> BatchOutlook:
    """Read, cast and plan every book, and look what is stored; nothing is opened or written."""
    figures, mistakes, warnings = [], [], []
    choice = common_choice(books)
    model = checkpoint_here(choice) if choice else None
    identity = model.identity(choice) if model and choice else None
    for book in books:
        try:
            read = read_book(book, writes=False)
            figures.append(figures_of(read, identity))
        except HiggsError as error:
            mistakes.append((book.name, error))
            continue
        warnings += [(book.name, each) for each in read.warnings]
    rate = recall_rate(model.name, choice.device) if model and choice else None
    return BatchOutlook(tuple(figures), tuple(mistakes), tuple(warnings), rate)


def figures_of(book: ReadBook, identity: ModelIdentity | None) -> BookFigures:
    """`identity`: of the model that would speak; None where it is not here."""
    groups = list(groups_of(book))
    missing = [(plan, _missing(scripts, plan, identity)) for scripts, plan in groups]
    seconds = sum(plan.chunks[number].seconds for plan, numbers in missing for number in numbers)
    count = sum(len(numbers) for _, numbers in missing)
    audio = sum(script.plan.audio_seconds for script in book.scripts)
    needs = disk_needs(book.scripts, (count, seconds))
    chunk_count = sum(len(plan.chunks) for _, plan in groups)
    return BookFigures(book.name, chunk_count, count, audio, seconds, needs)


def groups_of(book: ReadBook) -> Iterator[tuple[list[Book], Plan]]:
    """The scripts that one ledger serves, with their plan."""
    for scripts in spoken_together(book.scripts):
        one = len(scripts) == 1
        yield scripts, scripts[0].plan if one else merged([each.plan for each in scripts])


def group_ledger(
    scripts: Sequence[Book], plan: Plan, store: TakeStore, identity: ModelIdentity
) -> Ledger:
    """The ledger that serves them all."""
    together = chunk_numbers(plan, [each.plan for each in scripts]) if len(scripts) > 1 else ()
    return ledger_of(scripts[0].job, plan, store, identity, together)


def _missing(scripts: Sequence[Book], plan: Plan, identity: ModelIdentity | None) -> list[int]:
    """Numbers of the chunks that no stored take says."""
    everything = [chunk.number for chunk in plan.chunks]
    folder = scripts[0].store_folder
    if identity is None or not folder.is_dir():
        return everything
    from higgs_cli.takes.store import TakeStore

    ledger = group_ledger(scripts, plan, TakeStore(folder), identity)
    return [number for number in everything if ledger.state(number).next_attempt is not None]


def _row(book: BookFigures) -> dict[str, Any]:
    return {
        "book": book.name,
        "chunks": book.chunk_count,
        "missing_chunks": book.missing_count,
        "audio_seconds": round(book.audio_seconds, 1),
        "missing_seconds": round(book.missing_seconds, 1),
        "disk_bytes": book.disk_bytes,
    }
