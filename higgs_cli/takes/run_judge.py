"""When takes may be judged by what they are held to, and what is said of them then: run by run.

A run is judged whole, when all of it was spoken once, all of that was heard by whoever listens, the
norms of its voices stand, and it is known what its chunks may spend on retries: what a chunk has
heard must not depend on which of them came first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from higgs_cli.listening.hearing import Hearing
from higgs_cli.planning.plan import Plan, Run
from higgs_cli.takes.book_judge import BookJudge, SpokenTakes
from higgs_cli.takes.heard_files import HeardFiles
from higgs_cli.takes.heard_takes import ToHear
from higgs_cli.takes.measure import Measure
from higgs_cli.takes.retry_budget import BudgetRules
from higgs_cli.takes.take import Finding, TakeRecord, Verdict

Books = Sequence[Sequence[Sequence[int]]]
"""Of each book, for each of its chapters: the numbers of its chunks, in its own order."""


@dataclass(frozen=True)
class Verdicts:
    """What one book says of the takes of a chunk, besides their records."""

    findings: Mapping[int, Sequence[Finding]] = field(default_factory=dict)
    """Of each attempt."""
    granted: int | None = None
    """How many retries they may cost."""

    @property
    def refusals(self) -> dict[int, Finding]:
        """What speaks against each attempt that does not pass."""
        return {
            attempt: finding
            for attempt, found in self.findings.items()
            for finding in reversed(found)
            if finding.verdict is Verdict.FAIL
        }


class RunJudge:
    """Knows which runs of a plan were judged, of the books that it holds."""

    def __init__(
        self,
        plan: Plan,
        books: Books,
        measures: Sequence[Measure],
        takes: SpokenTakes,
        files: HeardFiles,
        rules: BudgetRules,
    ) -> None:
        self._plan = plan
        self._takes = takes
        self._books = [
            BookJudge(
                [[plan.chunks[number] for number in numbers] for numbers in book],
                measures,
                takes,
                files,
                rules,
            )
            for book in books
        ]
        self._spoken: dict[int, Run] = {}
        """Runs that were spoken once, and wait for a norm or a hearing, by number."""
        self._ready: dict[int, Run] = {}
        """Runs of which all is known but what they may spend."""
        self._judged: set[int] = set()

    def judge(self, runs: Iterable[Run]) -> list[Run]:
        """The runs that may be judged from now on, in the plan's order. `runs`: all of which
        something was spoken or heard since this was last asked."""
        asked = [run for run in runs if self._is_new(run) and self._is_whole(run)]
        self._spoken.update((run.number, run) for run in asked)
        stands = any([book.some_norm_stands() for book in self._books])
        for number in sorted(self._spoken if stands else {run.number for run in asked}):
            if self._is_ready(self._spoken[number]):
                run = self._ready[number] = self._spoken.pop(number)
                for book in self._books:
                    book.tell(run.chunks)
        judged = [run for _, run in sorted(self._ready.items()) if self._is_granted(run)]
        for run in judged:
            del self._ready[run.number]
            self._judged.add(run.number)
        return judged

    def is_judged(self, run: Run) -> bool:
        return run.number in self._judged

    def verdicts(self, number: int, records: Sequence[TakeRecord]) -> list[Verdicts]:
        """By each book that has the chunk; one that says nothing before its run is judged."""
        if not self.is_judged(self._plan.run_of[number]):
            return [Verdicts()]
        return [
            Verdicts(
                {record.attempt: book.findings(number, record) for record in records},
                book.granted(number),
            )
            for book in self._books
            if book.has(number)
        ] or [Verdicts()]

    def hearing(self, number: int, record: TakeRecord | None) -> Hearing | None:
        """What was heard of a take, by whoever hears words."""
        found = (book.hearing(number, record) for book in self._books if book.has(number))
        return next((heard for heard in found if heard is not None), None)

    def to_hear(self, numbers: Collection[int]) -> Iterator[ToHear]:
        """What of these chunks is there and was not heard yet."""
        for book in self._books:
            yield from book.to_hear(numbers)

    def gates_of(self, number: int) -> list[Measure]:
        """Those whose listeners hear takes of this chunk."""
        found = (gate for book in self._books for gate in book.gates(number))
        return list({gate.listener: gate for gate in found}.values())

    def _is_new(self, run: Run) -> bool:
        return run.number not in self._judged and run.number not in self._ready

    def _is_whole(self, run: Run) -> bool:
        return all(map(self._takes.has_first_takes, run.chunks))

    def _is_ready(self, run: Run) -> bool:
        return all(book.is_ready(number) for number in run.chunks for book in self._books)

    def _is_granted(self, run: Run) -> bool:
        return all(book.is_granted(number) for number in run.chunks for book in self._books)
