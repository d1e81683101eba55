"""All workers as one synthesizer: what is above the door does not notice.

Its takes are checked and stored where they are spoken, recordings of voices are encoded by a
worker, and the books of a batch are mastered on other machines: only who asks for sound opens a
codec here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from higgs_cli.checks.checker import Checker
from higgs_cli.cluster.remote_speech import RemoteSpeech, WorkerProcesses
from higgs_cli.errors import UsageError
from higgs_cli.speech.protocol import (
    NothingYet,
    Sampling,
    SideDecoder,
    SoundStream,
    Speech,
    SpeechRun,
    Synthesizer,
    SynthesizerDescription,
)

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes, Samples


class OpenWorkers(WorkerProcesses, Protocol):
    """Workers that have opened their models."""

    @property
    def described(self) -> SynthesizerDescription:
        """The same for all of them."""

    @property
    def count(self) -> int:
        """Those that speak, and those that still open their models."""

    @property
    def remarks(self) -> tuple[str, ...]: ...

    def encode_voice(self, recording: bytes, name: str) -> Codes: ...

    def call(self, function: Callable[..., Any], *given: Any) -> Any:
        """What a function gives, on whichever machine has time."""

    def begin(self, sampling: Sampling, seed: int, lane_count: int) -> None:
        """All of them speak from now on, and whoever comes later too."""


class RemoteSynthesizer:
    """See `speech/protocol.Synthesizer`."""

    def __init__(
        self,
        workers: OpenWorkers,
        open_here: Callable[[], Synthesizer],
        render_there: Callable[[Sequence[Any], str], Any] | None = None,
    ) -> None:
        """`render_there` makes files of jobs whose takes are all stored, in the precision that is
        named, on another machine."""
        self._workers = workers
        self._open_here = open_here
        self._render_there = render_there

    @cached_property
    def _here(self) -> Synthesizer:
        return self._open_here()

    @property
    def description(self) -> SynthesizerDescription:
        told = self._workers.described
        return replace(told, device=f"{_workers(self.worker_count)} on {told.device}")

    @property
    def remarks(self) -> tuple[str, ...]:
        return self._workers.remarks

    def prepare(self) -> None:
        """Each worker does, when it begins."""

    def encode_voice(self, recording: Path) -> Codes:
        return self._workers.encode_voice(recording.read_bytes(), recording.name)

    def speak(
        self,
        runs: Iterable[SpeechRun | NothingYet],
        sampling: Sampling,
        seed: int,
        lane_count: int,
        stream_codes: bool = False,
        prefix_bytes: int = 0,
    ) -> RemoteSpeech:
        if stream_codes:
            raise UsageError("workers of a cluster do not stream")
        self._workers.begin(sampling, seed, lane_count)
        return RemoteSpeech(self._workers, iter(runs), lane_count, self.description.sample_rate)

    def checker(self, speech: Speech) -> AbstractContextManager[Checker]:
        assert isinstance(speech, RemoteSpeech)
        return speech

    @property
    def finishes_elsewhere(self) -> bool:
        return self._render_there is not None

    @property
    def worker_count(self) -> int:
        return max(1, self._workers.count)

    def finish(self, jobs: Sequence[Any]) -> tuple[Any, ...]:
        """The reports of jobs whose takes are all stored: mastered and written elsewhere."""
        assert self._render_there is not None
        weights = self.description.precision.partition("+")[0]  # the rest is in the choice
        return tuple(self._workers.call(self._render_there, jobs, weights))

    def decode(self, codes: Codes) -> Samples:
        return self._here.decode(codes)

    def side_decoder(self) -> SideDecoder:
        return _LateDecoder(self)

    @property
    def here(self) -> Synthesizer:
        return self._here


class _LateDecoder:
    """Opens the codec here when a sound is first wanted that nobody has kept."""

    def __init__(self, owner: RemoteSynthesizer) -> None:
        self._owner = owner

    @cached_property
    def _decoder(self) -> SideDecoder:
        return self._owner.here.side_decoder()

    @property
    def thread_count(self) -> int:
        return self._decoder.thread_count

    @property
    def decodes_as(self) -> str:
        return self._decoder.decodes_as

    def decode(self, codes: Codes) -> Samples:
        return self._decoder.decode(codes)

    def stream(self) -> SoundStream:
        return self._decoder.stream()


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"
