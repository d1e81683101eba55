"""The engine's events and answers as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from higgs_cli.speech.higgs.errors import translated
from higgs_cli.speech.higgs.prompted_runs import tensor_of
from higgs_cli.speech.protocol import (
    Accept,
    Answer,
    ChunkBegun,
    ChunkFailed,
    Ending,
    FramesSpoken,
    LanesParked,
    Retry,
    SpeechEvent,
    SpokenChunk,
)
from model.engine.engine import Engine
from model.hardware.device import torch_threads
from model.runs import events
from model.runs.run import RunRequest

ENDINGS = {
    events.EndReason.CLOSED: Ending.ENDED,
    events.EndReason.BUDGET: Ending.BUDGET,
    events.EndReason.SILENCE: Ending.STALLED,
    events.EndReason.LOOP: Ending.LOOPED,
}


class HiggsSpeech:
    """The engine's events as plain data; see `synthesizer.Speech`."""

    def __init__(
        self, engine: Engine, runs: Iterable[RunRequest], on_one_core: bool = False
    ) -> None:
        """`on_one_core`: of a CPU whose other cores decode what was spoken."""
        self._engine = engine
        self._runs = runs
        self._on_one_core = on_one_core
        self._parked: dict[tuple[str, str], events.Take] = {}

    def answer(self, chunk: SpokenChunk, answer: Answer) -> None:
        take = self._parked.pop((chunk.run_key, chunk.chunk_key))
        self._engine.answer(take, _engine_answer(answer))

    def __iter__(self) -> Iterator[SpeechEvent]:
        with translated(), self._cores():
            for event in self._engine.generate(self._runs):
                yield self._plain(event)

    def _cores(self) -> AbstractContextManager[None]:
        return torch_threads(1) if self._on_one_core else nullcontext()

    def _plain(self, event: events.Event) -> SpeechEvent:
        if isinstance(event, events.Frame):
            if event.index == 0:
                return ChunkBegun(event.chunk_key, event.attempt)
            return FramesSpoken(1)
        if isinstance(event, events.Take):
            self._parked[event.run_key, event.chunk_key] = event
            return SpokenChunk(
                run_key=event.run_key,
                chunk_key=event.chunk_key,
                attempt=event.attempt,
                codes=event.codes.numpy().astype(np.int16),
                ending=ENDINGS[event.end],
                heard_keys=event.context_keys,
            )
        if isinstance(event, events.LaneFailure):
            return ChunkFailed(event.run_key, event.chunk_key, event.message)
        return LanesParked()


def _engine_answer(answer: Answer) -> events.Answer:
    if isinstance(answer, Accept):
        return events.Accept(tensor_of(answer.codes))
    return events.Retry() if isinstance(answer, Retry) else events.GiveUp()
