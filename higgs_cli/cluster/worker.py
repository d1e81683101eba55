"""A worker: one open model on one device, that speaks what it is given and stores what it spoke.

    obey(orders)  ──►  speaking thread: lanes ─► check ─► take store
    listen()      ◄──  reports

The one that plans decides what each take is stored as and how its lane goes on (see `messages.py`);
a worker knows nothing of plans. It keeps no state that is worth saving: what it has not stored is
spoken again elsewhere.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.checks.checker import CheckedChunk, Shelf, TakeChecker
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
from higgs_cli.errors import GenerationFailedError, HiggsError
from higgs_cli.files.object_address import is_object_address, object_address
from higgs_cli.files.stand_ins import stand_in
from higgs_cli.speech.protocol import (
    NOTHING_YET,
    BurstSpoken,
    ChunkFailed,
    LanesIdle,
    LanesParked,
    NothingYet,
    Sampling,
    SpeechEvent,
    SpeechRun,
    SpokenChunk,
    Synthesizer,
    SynthesizerDescription,
)
from higgs_cli.takes.kept_sounds import sounds_of
from higgs_cli.takes.store import TakeStore

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes, Speech

LOOKED_AGAIN_SECONDS = 0.005
"""How soon a lane that waits for its check is looked at again."""


class Worker:
    """`open_speech` is called where the worker runs."""

    def __init__(self, open_speech: Callable[[], Synthesizer]) -> None:
        self._open_speech = open_speech
        self._orders: deque[Order] = deque()
        self._reports: list[Report] = []
        self._changed = threading.Condition()
        self._is_ended = False
        self._runs: deque[SpeechRun] = deque()
        self._spoken: dict[Place, SpokenChunk] = {}
        self._shelves: dict[str, Shelf] = {}

    @cached_property
    def _synthesizer(self) -> Synthesizer:
        """Opened by the first call, so that what stands in the way is that call's error."""
        return self._open_speech()

    def description(self) -> SynthesizerDescription:
        return self._synthesizer.description

    def process_id(self) -> int:
        return os.getpid()

    def encode_voice(self, recording: bytes, name: str) -> Codes:
        """Of a recording as it lies elsewhere."""
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(name).name
            path.write_bytes(recording)
            return self._synthesizer.encode_voice(path)

    def begin(self, sampling: Sampling, seed: int, lane_count: int) -> None:
        """From now on it speaks, in a thread of its own, until the process ends."""
        self._synthesizer.prepare()
        threading.Thread(
            target=self._speak, args=(sampling, seed, lane_count), name="speaking", daemon=True
        ).start()

    def obey(self, orders: list[Order]) -> None:
        with self._changed:
            self._orders.extend(orders)
            self._changed.notify_all()

    def listen(self, seconds: float) -> list[Report]:
        """What has happened since, as soon as anything has, or nothing after so long."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._reports), seconds)
            reports, self._reports = self._reports, []
            return reports

    # -- in the speaking thread ------------------------------------------------------------

    def _speak(self, sampling: Sampling, seed: int, lane_count: int) -> None:
        try:
            speech = self._synthesizer.speak(self._source(), sampling, seed, lane_count)
            with TakeChecker(self._synthesizer) as checker:
                for event in speech:
                    self._tell(event)
                    self._go_on(event, speech, checker)
            raise GenerationFailedError("the model stopped speaking")
        except HiggsError as trouble:
            self._report(Broken(trouble))
        except Exception as problem:  # whatever it is, the one that plans must hear of it
            self._report(Broken(GenerationFailedError(f"{type(problem).__name__}: {problem}")))

    def _source(self) -> Iterator[SpeechRun | NothingYet]:
        while True:
            self._take_runs()
            if not self._runs:
                yield NOTHING_YET
                continue
            run = self._runs.popleft()
            self._report(Taken((run.key,)))
            yield run

    def _tell(self, event: SpeechEvent) -> None:
        if isinstance(event, BurstSpoken) and (event.begun or event.frame_count):
            self._report(Begun(event.frame_count, event.begun))
        elif isinstance(event, SpokenChunk):
            place = (event.run_key, event.chunk_key, event.attempt)
            self._spoken[place] = event
            frames = int(event.codes.shape[1])
            self._report(TakeSpoken(place, frames, event.ending, event.heard_keys))
        elif isinstance(event, ChunkFailed):
            place = (event.run_key, event.chunk_key, event.attempt)
            self._report(Failed(place, event.reason))

    def _go_on(self, event: SpeechEvent, speech: Speech, checker: TakeChecker) -> None:
        """Do what was ordered, report what was checked; where lanes can do nothing else, wait."""
        answered = self._obey(speech, checker)
        for checked in checker.finished():
            self._report(_stored(checked))
        if isinstance(event, LanesIdle):
            while not self._runs:
                self._wait()
                self._obey(speech, checker)
        elif isinstance(event, LanesParked):
            while not answered:
                self._wait()
                for checked in checker.finished():
                    self._report(_stored(checked))
                answered = self._obey(speech, checker)

    def _wait(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._orders), LOOKED_AGAIN_SECONDS)

    def _take_runs(self) -> None:
        """What else was ordered is left for later."""
        with self._changed:
            orders = list(self._orders)
            self._runs.extend(order.run for order in orders if isinstance(order, GiveRun))
            self._orders = deque(order for order in orders if not isinstance(order, GiveRun))

    def _obey(self, speech: Speech, checker: TakeChecker) -> bool:
        """Whether a lane was told how to go on."""
        with self._changed:
            orders = list(self._orders)
            self._orders.clear()
        answered = False
        for order in orders:
            if isinstance(order, GiveRun):
                self._runs.append(order.run)
            elif isinstance(order, Store):
                shelf = self._shelf(order.folder)
                checker.give(self._spoken[order.place], order.chunk, order.slate, shelf)
            elif isinstance(order, GoOn):
                speech.answer(self._spoken.pop(order.place), order.answer)
                answered = True
        return answered

    def _shelf(self, folder: str) -> Shelf:
        if folder not in self._shelves:
            is_object = is_object_address(folder)
            store = TakeStore(stand_in(object_address(folder)) if is_object else Path(folder))
            self._shelves[folder] = Shelf(store, sounds_of(store.sounds, self._synthesizer))
        return self._shelves[folder]

    def _report(self, report: Report) -> None:
        with self._changed:
            self._reports.append(report)
            self._changed.notify_all()


def _stored(checked: CheckedChunk) -> Stored:
    spoken = checked.spoken
    place = (spoken.run_key, spoken.chunk_key, spoken.attempt)
    record = None if checked.take is None else checked.take.record
    return Stored(place, record, checked.trouble)
