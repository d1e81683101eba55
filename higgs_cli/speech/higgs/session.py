"""Runs being spoken by the engine: its events and answers pass through as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext

from higgs_cli.speech.higgs.errors import translated
from higgs_cli.speech.protocol import Answer, NothingYet, SpeechEvent, SpokenChunk
from model.engine.engine import Engine, shared_with_nobody
from model.hardware.device import torch_threads
from model.runs.run import RunRequest


class HiggsSpeech:
    """The engine with its errors as `HiggsError`s; see `protocol.Speech`."""

    def __init__(
        self,
        engine: Engine,
        runs: Iterable[RunRequest | NothingYet],
        on_one_core: bool = False,
        before_burst: Callable[[], None] = shared_with_nobody,
    ) -> None:
        """`on_one_core`: of a CPU whose other cores decode what was spoken. `before_burst`: called
        where whoever decodes on the same device takes its turn."""
        self._engine = engine
        self._runs = runs
        self._on_one_core = on_one_core
        self._before_burst = before_burst

    def answer(self, chunk: SpokenChunk, answer: Answer) -> None:
        self._engine.answer(chunk, answer)

    def drop(self, run_key: str) -> None:
        self._engine.drop(run_key)

    def __iter__(self) -> Iterator[SpeechEvent]:
        with translated(), self._cores():
            yield from self._engine.generate(self._runs, self._before_burst)

    def _cores(self) -> AbstractContextManager[None]:
        return torch_threads(1) if self._on_one_core else nullcontext()
