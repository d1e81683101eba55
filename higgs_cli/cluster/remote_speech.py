"""Runs being spoken by many workers, as one `Speech`, with the checks where the takes are.

    loop ◄─ events ─ RemoteSpeech ◄─ reports ─ workers
    loop ─ answers ─►            ─ orders ─►

Who listens, listens here: a take to be heard before its lane goes on is read from the store.

A worker that is lost is one event, `RunsLost`: what its lanes had is asked for again, and what it
had stored counts.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from higgs_cli.checks.checker import CheckedChunk, Shelf
from higgs_cli.cluster.hand_out import HandOut
from higgs_cli.cluster.messages import (
    Begun,
    Broken,
    Failed,
    GiveRun,
    GoOn,
    Order,
    Place,
    Report,
    Store,
    Stored,
    Taken,
    TakeSpoken,
)
from higgs_cli.errors import DeviceError, HiggsError
from higgs_cli.files.stand_ins import address_of
from higgs_cli.listening.ears import Ears, Hearings
from higgs_cli.planning.plan import Chunk
from higgs_cli.speech.protocol import (
    Answer,
    BurstSpoken,
    ChunkFailed,
    GiveUp,
    LanesIdle,
    NothingYet,
    Retry,
    RunsLost,
    SpeechEvent,
    SpeechRun,
    SpokenChunk,
)
from higgs_cli.stopping import checkpoint
from higgs_cli.takes.heard_takes import is_worth_hearing
from higgs_cli.takes.take import Slate, Take, TakeRecord

if TYPE_CHECKING:
    from higgs_cli.audio.clip import AudioClip
    from higgs_cli.speech.protocol import Codes

WAITED_SECONDS = 0.02
"""For reports, before the loop is asked what it wants."""
IDLE_LOOKS = 3
"""What was lost is asked for at the next look at the source, and given at the one after."""
SILENT_SECONDS = 300.0
"""A worker that has runs and says nothing for so long hangs."""


class WorkerProcesses(Protocol):
    """The processes, wherever they run; each has a number that is never given twice."""

    @property
    def numbers(self) -> list[int]:
        """Of those that can be spoken to now."""

    def send(self, number: int, orders: list[Order]) -> None: ...

    def reports(self, seconds: float) -> list[tuple[int, list[Report]]]:
        """What they say, as soon as one says anything."""

    def lost(self) -> list[tuple[int, str]]:
        """Those that died, hang, or were taken away since the last look, and why."""

    def end(self, number: int, why: str) -> None:
        """It is of no use any more: it is told as lost."""

    @property
    def can_grow(self) -> bool:
        """Whether another may come in the place of one that was lost."""


class RemoteSpeech:
    """One `speak` over all workers; see `speech/protocol.Speech`. It is its own checker, too."""

    def __init__(
        self,
        workers: WorkerProcesses,
        runs: Iterator[SpeechRun | NothingYet],
        lane_count: int,
        sample_rate: int,
    ) -> None:
        """`lane_count`: of each worker."""
        self._sample_rate = sample_rate
        self._heard_at: dict[int, float] = {}
        self._idle_looks = 0
        self._workers = workers
        self._hand_out = HandOut(runs)
        self._room = max(1, lane_count // 2)
        self._worker_of: dict[Place, int] = {}
        """Who holds the codes of a take that is not answered yet."""
        self._spoken: dict[Place, SpokenChunk] = {}
        self._listening: dict[Place, tuple[Shelf, Mapping[str, Ears]]] = {}
        """Who is to hear a take when it is stored, and where it lies then."""
        self._heard: deque[tuple[CheckedChunk, dict[str, Future[Hearings]]]] = deque()
        self._checked: deque[CheckedChunk] = deque()
        self._troubles: list[HiggsError] = []

    # -- as Speech -------------------------------------------------------------------------

    def __iter__(self) -> Iterator[SpeechEvent]:
        while True:
            checkpoint()
            self._welcome()
            yield from self._lost()
            self._give()
            if self._hand_out.is_done:
                return
            told = False
            for number, reports in self._workers.reports(WAITED_SECONDS):
                for report in reports:
                    told = True
                    self._heard_at[number] = time.monotonic()
                    yield from self._events(number, report)
            self._idle_looks = self._idle_looks + 1 if self._is_idle else 0
            if self._idle_looks >= IDLE_LOOKS:
                yield LanesIdle()
            elif not told or self._checked or self._heard:
                yield BurstSpoken(0)  # so that whoever listens may answer what was checked

    def answer(self, chunk: SpokenChunk, answer: Answer) -> None:
        place = _place(chunk)
        number = self._worker_of.pop(place, None)
        if number is None:
            return  # its worker was lost meanwhile: the run is spoken again
        self._workers.send(number, [GoOn(place, answer)])
        if not isinstance(answer, Retry) and self._hand_out.ends_with(number, *place[:2]):
            self._hand_out.ended(number, place[0])

    def drop(self, run_key: str) -> None:
        """Only who streams drops runs, and workers do not stream: it is spoken to its end."""

    # -- as checker ------------------------------------------------------------------------

    def give(
        self,
        spoken: SpokenChunk,
        chunk: Chunk,
        slate: Slate | None,
        shelf: Shelf,
        ears: Mapping[str, Ears] | None = None,
    ) -> None:
        place = _place(spoken)
        number = self._worker_of.get(place)
        if number is not None:
            if ears:
                self._listening[place] = shelf, ears
            address = address_of(shelf.folder)
            folder = str(address or shelf.folder.resolve())
            self._workers.send(number, [Store(place, chunk, slate, folder)])

    def finished(self) -> Iterator[CheckedChunk]:
        while self._heard and all(each.done() for each in self._heard[0][1].values()):
            checked, asked = self._heard.popleft()
            heard = {listener: each.result()[0] for listener, each in asked.items()}
            self._checked.append(replace(checked, heard=heard))
        while self._checked:
            yield self._checked.popleft()

    def wait(self) -> None:
        """Its events are those of the speech itself."""

    def rest(self, seconds: float) -> Iterator[CheckedChunk]:
        """What is being checked is stored by its worker, whether anybody waits or not."""
        end = time.monotonic() + seconds
        while (self._spoken or self._heard) and time.monotonic() < end:
            for number, reports in self._workers.reports(WAITED_SECONDS):
                for report in reports:
                    if isinstance(report, Stored):
                        list(self._events(number, report))
            yield from self.finished()

    def __enter__(self) -> RemoteSpeech:
        return self

    def __exit__(self, *error: object) -> None:
        """The workers belong to the synthesizer."""

    # -- workers ---------------------------------------------------------------------------

    def _welcome(self) -> None:
        for number in self._workers.numbers:
            if not self._hand_out.knows(number):
                self._hand_out.add(number, self._room)
                self._heard_at[number] = time.monotonic()

    @property
    def _is_idle(self) -> bool:
        """Somebody could speak, and nobody was given anything."""
        return self._hand_out.is_empty and bool(self._workers.numbers)

    def _give(self) -> None:
        """Runs to whoever has room."""
        for number in self._workers.numbers:
            orders: list[Order] = []
            while (run := self._hand_out.next_for(number)) is not None:
                orders.append(GiveRun(run))
            if orders:
                self._workers.send(number, orders)

    def _lost(self) -> Iterator[SpeechEvent]:
        for number in self._workers.numbers:
            if not self._hand_out.has_runs(number):
                self._heard_at[number] = time.monotonic()
            elif time.monotonic() > self._heard_at[number] + SILENT_SECONDS:
                self._workers.end(number, f"said nothing for {SILENT_SECONDS:.0f} s")
        for number, why in self._workers.lost():
            runs = self._hand_out.remove(number)
            for place in [each for each, holder in self._worker_of.items() if holder == number]:
                del self._worker_of[place]
                self._spoken.pop(place, None)
            if runs:
                yield RunsLost(tuple(run.key for run in runs), why)
        if not self._workers.numbers and not self._workers.can_grow:
            raise self._troubles[-1] if self._troubles else DeviceError("every worker was lost")

    def _events(self, number: int, report: Report) -> Iterator[SpeechEvent]:
        """What a report means to the loop."""
        if isinstance(report, TakeSpoken) and not self._hand_out.has(number, report.place[0]):
            self._workers.send(number, [GoOn(report.place, GiveUp())])  # of an earlier speech
        elif isinstance(report, Begun):
            own = tuple(each for each in report.chunks if self._hand_out.has(number, each.run_key))
            yield BurstSpoken(report.frame_count, own)
        elif isinstance(report, Taken):
            for run_key in report.run_keys:
                self._hand_out.taken(number, run_key)
        elif isinstance(report, TakeSpoken):
            yield self._chunk(number, report)
        elif isinstance(report, Stored):
            spoken = self._spoken.pop(report.place, None)
            if spoken is not None and self._worker_of.get(report.place) == number:
                take = None if report.record is None else _without_codes(report.record, spoken)
                self._take_in(CheckedChunk(spoken, take, report.trouble), report)
        elif isinstance(report, Failed) and self._hand_out.has(number, report.place[0]):
            self._hand_out.ended(number, report.place[0])
            yield ChunkFailed(*report.place, report.reason)
        elif isinstance(report, Broken):
            self._troubles.append(report.trouble)
            self._workers.end(number, report.trouble.message)

    def _take_in(self, checked: CheckedChunk, report: Stored) -> None:
        """It is stored: have it heard, or hand it on."""
        shelf, ears = self._listening.pop(report.place, (None, {}))
        if shelf is None or checked.take is None or not is_worth_hearing(checked.take.record):
            self._checked.append(checked)
            return
        codes, rate, sounds = shelf.codes_of(checked.take.record), self._sample_rate, shelf.sounds

        def clips() -> list[AudioClip]:
            from higgs_cli.audio.clip import AudioClip

            return [AudioClip(sounds.of(codes), rate)]

        asked = {listener: each.hear(clips, at_once=True) for listener, each in ears.items()}
        self._heard.append((checked, asked))

    def _chunk(self, number: int, report: TakeSpoken) -> SpokenChunk:
        import numpy as np

        codes: Codes = np.zeros((0, report.frame_count), np.int16)
        spoken = SpokenChunk(*report.place, codes, report.ending, report.heard_keys)
        self._worker_of[report.place] = number
        self._spoken[report.place] = spoken
        return spoken


def _place(chunk: SpokenChunk) -> Place:
    return chunk.run_key, chunk.chunk_key, chunk.attempt


def _without_codes(record: TakeRecord, spoken: SpokenChunk) -> Take:
    return Take(record, spoken.codes)
