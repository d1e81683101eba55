"""What the takes of one book are held to: norms of its voices, what was heard, a budget of retries.

A voice's norm is taken from the first takes of its first chunks in the plan's order, so that it
stands long before the end of a book. Each book has norms of its own, also where several are spoken
together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from higgs_cli.listening.hearing import Hearing
from higgs_cli.listening.listener import Heard
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.heard_files import HeardFiles
from higgs_cli.takes.heard_takes import HeardTakes, ToHear, is_worth_hearing
from higgs_cli.takes.measure import Evidence, Measure, Norm, Voice, voice_of
from higgs_cli.takes.retry_budget import BudgetRules, RetryBudget
from higgs_cli.takes.take import Finding, TakeRecord, Verdict

SAMPLE_CHUNKS = 20
"""A voice's norm is taken from its first so many: chapters need not wait for the end of a book."""
LEAST_TAKES = 8
"""With fewer of a voice, they say too little of it."""


class SpokenTakes(Protocol):
    """The takes of chunks, as a ledger knows them."""

    def has_first_takes(self, number: int) -> bool:
        """Whether a chunk's first takes are all there."""

    def first_take(self, number: int) -> TakeRecord | None:
        """Of those the one to go by."""

    def records(self, number: int) -> Sequence[TakeRecord]:
        """All of them, in order."""

    def wants_more(self, number: int, refused: Collection[int]) -> bool:
        """Whether its first takes are too few good ones if these are none."""


class BookJudge:
    """Of one book: `chapters` are its chunks, in its own order."""

    def __init__(
        self,
        chapters: Sequence[Sequence[Chunk]],
        measures: Sequence[Measure],
        takes: SpokenTakes,
        files: HeardFiles,
        rules: BudgetRules,
    ) -> None:
        chunks = [chunk for chapter in chapters for chunk in chapter]
        self._chunks = {chunk.number: chunk for chunk in chunks}
        self._takes = takes
        own = [measure.of_book(chunks) for measure in measures]
        self._held = [_Held(measure, chapters, takes, files) for measure in own]
        self._budget = RetryBudget(chunks, rules)

    def some_norm_stands(self) -> bool:
        """Whether one stands that did not yet."""
        return any([held.some_norm_stands() for held in self._held])

    def is_ready(self, number: int) -> bool:
        """Whether a chunk that was spoken may be judged."""
        chunk = self._chunks.get(number)
        return chunk is None or all(held.is_ready(chunk) for held in self._held)

    def has(self, number: int) -> bool:
        return number in self._chunks

    def findings(self, number: int, record: TakeRecord | None) -> tuple[Finding, ...]:
        """All that is to be said of a take of a chunk of this book."""
        chunk = self._chunks[number]
        found = (held.finding(chunk, record) for held in self._held)
        return tuple(finding for finding in found if finding is not None)

    def hearing(self, number: int, record: TakeRecord | None) -> Hearing | None:
        """What was heard of a take, by whoever hears words."""
        found = (held.heard(number, record) for held in self._held)
        return next((heard for heard in found if isinstance(heard, Hearing)), None)

    def to_hear(self, numbers: Collection[int]) -> Iterator[ToHear]:
        """What can be heard of these chunks."""
        for held in self._held:
            yield from held.to_hear(numbers)

    def gates(self, number: int) -> Iterator[Measure]:
        """Those whose listener hears takes of this chunk."""
        chunk = self._chunks.get(number)
        for held in self._held:
            if chunk is not None and held.measure.listener and held.measure.is_told(chunk):
                yield held.measure

    # -- the budget ------------------------------------------------------------------------

    def tell(self, numbers: Iterable[int]) -> None:
        """These chunks may be judged: those whose first takes fail want retries."""
        own = [number for number in numbers if number in self._chunks]
        self._budget.tell(own, [number for number in own if self._fails(number)])

    def is_granted(self, number: int) -> bool:
        """Whether it is known how many retries a chunk has."""
        return number not in self._chunks or self._budget.is_known(number)

    def granted(self, number: int) -> int:
        return self._budget.granted(number)

    def _refused(self, number: int, records: Iterable[TakeRecord]) -> frozenset[int]:
        """The attempts among these that do not pass."""
        found = ((record.attempt, self.findings(number, record)) for record in records)
        return frozenset(
            attempt
            for attempt, findings in found
            if any(finding.verdict is Verdict.FAIL for finding in findings)
        )

    def _fails(self, number: int) -> bool:
        refused = self._refused(number, self._takes.records(number))
        return self._takes.wants_more(number, refused)


class _Held:
    """One measure, with the norms of the voices of the book."""

    def __init__(
        self,
        measure: Measure,
        chapters: Sequence[Sequence[Chunk]],
        takes: SpokenTakes,
        files: HeardFiles,
    ) -> None:
        self.measure = measure
        self._takes = takes
        listener = measure.listener
        self._heard = (
            HeardTakes(measure, listener, chapters, files, takes.first_take) if listener else None
        )
        chunks = [chunk for chapter in chapters for chunk in chapter]
        self._samples = _samples_of(measure, chunks)
        self._open = [sample for sample in self._samples.values() if sample.norm is None]

    def some_norm_stands(self) -> bool:
        still_open = [sample for sample in self._open if not self._stands(sample)]
        has_come = len(still_open) < len(self._open)
        self._open = still_open
        return has_come

    def is_ready(self, chunk: Chunk) -> bool:
        return self._samples[voice_of(chunk)].norm is not None and self._is_heard(chunk.number)

    def finding(self, chunk: Chunk, record: TakeRecord | None) -> Finding | None:
        evidence = self._evidence(chunk.number, record)
        if evidence is None or not self.measure.is_told(chunk):
            return None
        return self.measure.finding(chunk, evidence, self._samples[voice_of(chunk)].norm)

    def heard(self, number: int, record: TakeRecord | None) -> Heard | None:
        return self._heard.of(number, record) if self._heard is not None else None

    def to_hear(self, numbers: Collection[int]) -> Iterator[ToHear]:
        if self._heard is not None:
            yield from self._heard.to_hear(
                numbers, self._takes.has_first_takes, self._worth_hearing
            )

    def _worth_hearing(self, number: int) -> list[TakeRecord]:
        return [record for record in self._takes.records(number) if is_worth_hearing(record)]

    def _is_heard(self, number: int) -> bool:
        """Its first take, and whatever else there is to go by."""
        heard = self._heard
        if heard is None:
            return True
        takes = (self._takes.first_take(number), *self._worth_hearing(number))
        return all(heard.is_known(number, record) for record in takes)

    def _evidence(self, number: int, record: TakeRecord | None) -> Evidence:
        return record if self._heard is None else self._heard.of(number, record)

    def _stands(self, sample: _Sample) -> bool:
        while sample.norm is None and self._takes.has_first_takes(
            number := sample.waiting[0].number
        ):
            first = self._takes.first_take(number)
            if self._heard is not None and not self._heard.is_known(number, first):
                return False
            sample.hear(self._evidence(number, first))
        return sample.norm is not None


class _Sample:
    """The first chunks of one voice, and its norm once all of them were spoken and heard."""

    def __init__(self, measure: Measure, voice: Voice, chunks: Sequence[Chunk]) -> None:
        self.waiting = deque(chunks)
        self._measure, self._voice = measure, voice
        self._found: list[tuple[Chunk, Evidence]] = []
        self.norm: Norm = measure.norm(voice, ()) if len(chunks) < LEAST_TAKES else None

    def hear(self, evidence: Evidence) -> None:
        """Of the first of those that wait."""
        chunk = self.waiting.popleft()
        if evidence is not None:
            self._found.append((chunk, evidence))
        if not self.waiting:
            self.norm = self._measure.norm(self._voice, self._found)


def _samples_of(measure: Measure, chunks: Sequence[Chunk]) -> dict[Voice, _Sample]:
    told: dict[Voice, list[Chunk]] = {}
    for chunk in chunks:
        own = told.setdefault(voice_of(chunk), [])
        if len(own) < SAMPLE_CHUNKS and measure.is_told(chunk):
            own.append(chunk)
    return {voice: _Sample(measure, voice, own) for voice, own in told.items()}
