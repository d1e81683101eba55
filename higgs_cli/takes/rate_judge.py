"""When the rate of a voice may be judged, and by which norm: of the books that one ledger speaks.

A voice's norm is taken from the first takes of its first chunks in the plan's order, so that it
stands long before the end of a book. A run is judged whole, when all of it was spoken once and the
norms of its voices stand: what a chunk has heard must not depend on which of them came first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from higgs_cli.planning.plan import Chunk, Plan, Run
from higgs_cli.takes.speech_rate import (
    LEAST_TAKES,
    SAMPLE_CHUNKS,
    USUAL,
    Norm,
    is_told_by_rate,
    norm_of,
    rate_of,
)
from higgs_cli.takes.take import TakeRecord

Voice = tuple[str, str | None]
"""Speaker and mood."""


class RateJudge:
    """Knows which runs were judged. `books`: the numbers of each one's chunks, in its own order."""

    def __init__(
        self,
        plan: Plan,
        books: Sequence[Sequence[int]],
        is_spoken: Callable[[int], bool],
        first_take: Callable[[int], TakeRecord | None],
    ) -> None:
        """`is_spoken`: whether a chunk's first takes are all there; of those, the one to go by."""
        self._plan = plan
        self._is_spoken = is_spoken
        self._first_take = first_take
        self._samples = [_samples_of([plan.chunks[number] for number in book]) for book in books]
        self._samples_of_chunk: dict[int, list[_Sample]] = {}
        for book, samples in zip(books, self._samples, strict=True):
            for number in book:
                own = self._samples_of_chunk.setdefault(number, [])
                own.append(samples[_voice_of(plan.chunks[number])])
        self._open = [sample for samples in self._samples for sample in samples.values()]
        self._spoken: dict[int, Run] = {}
        """Runs that were spoken once and wait for a norm, by number."""
        self._judged: set[int] = set()

    def judge(self, runs: Iterable[Run]) -> list[Run]:
        """The runs that may be judged from now on, in the plan's order. `runs`: all of which
        something was spoken since this was last asked."""
        spoken = [run for run in runs if run.number not in self._judged and self._is_whole(run)]
        self._spoken.update((run.number, run) for run in spoken)
        asked = self._spoken if self._some_norm_stands() else [run.number for run in spoken]
        ready = [self._spoken[number] for number in sorted(asked) if self._has_norms(number)]
        for run in ready:
            del self._spoken[run.number]
            self._judged.add(run.number)
        return ready

    def is_judged(self, run: Run) -> bool:
        return run.number in self._judged

    def norms(self, number: int) -> list[Norm]:
        """What is usual for a chunk's voice in each book that has the chunk; none before its run
        is judged."""
        if self._plan.run_of[number].number not in self._judged:
            return []
        return [sample.norm for sample in self._samples_of_chunk[number] if sample.norm is not None]

    def _is_whole(self, run: Run) -> bool:
        return all(map(self._is_spoken, run.chunks))

    def _has_norms(self, run_number: int) -> bool:
        chunks = self._spoken[run_number].chunks
        return all(one.norm is not None for n in chunks for one in self._samples_of_chunk[n])

    def _some_norm_stands(self) -> bool:
        """Whether one stands that did not yet."""
        still_open = [sample for sample in self._open if not self._stands(sample)]
        has_come = len(still_open) < len(self._open)
        self._open = still_open
        return has_come

    def _stands(self, sample: _Sample) -> bool:
        while sample.norm is None and self._is_spoken(number := sample.waiting[0]):
            sample.hear(self._plan.chunks[number], self._first_take(number))
        return sample.norm is not None


class _Sample:
    """The first chunks of one voice in one book, and its norm once all of them were spoken."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.waiting = deque(numbers)
        self._rates: list[float] = []
        self.norm = USUAL if len(self.waiting) < LEAST_TAKES else None

    def hear(self, chunk: Chunk, take: TakeRecord | None) -> None:
        """The first of those that wait was spoken."""
        self.waiting.popleft()
        if (rate := rate_of(chunk, take)) is not None:
            self._rates.append(rate)
        if not self.waiting:
            self.norm = norm_of(self._rates)


def _samples_of(chunks: Sequence[Chunk]) -> dict[Voice, _Sample]:
    numbers: dict[Voice, list[int]] = {}
    for chunk in chunks:
        own = numbers.setdefault(_voice_of(chunk), [])
        if len(own) < SAMPLE_CHUNKS and is_told_by_rate(chunk):
            own.append(chunk.number)
    return {voice: _Sample(own) for voice, own in numbers.items()}


def _voice_of(chunk: Chunk) -> Voice:
    return chunk.speaker, chunk.mood
