"""The door to the model, as a Protocol: load voices, speak runs, decode codes.

Everything above the door is plain data and numpy; the folder `higgs/` alone knows the model, and
tests hand in a fake. Events, answers and sampling are the engine's own classes, and those are
imported from here. Codes are int16 arrays `[codebooks, frames]` without the delay pattern and
without BOS or EOS; samples are float32 in [-1, 1].

    speech = synthesizer.speak(runs, sampling)
    for event in speech:                      # a SpokenChunk parks its lane ...
        speech.answer(event, Accept())        # ... until it is answered, now or later

A source of runs may yield `NOTHING_YET` and have runs later: see `run_queue.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from higgs_cli.checkpoints.identity import ModelIdentity
from model.runs.events import (
    NOTHING_YET,
    Accept,
    Answer,
    BurstSpoken,
    ChunkBegun,
    ChunkFailed,
    Ending,
    GiveUp,
    LanesIdle,
    LanesParked,
    NothingYet,
    Retry,
    SpokenChunk,
    SpokenFrames,
)
from model.runs.events import SpeechEvent as EngineEvent
from model.runs.sampling_settings import Sampling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from model.runs.events import Codes

    Samples: TypeAlias = NDArray[np.float32]

SpeechEvent: TypeAlias = "EngineEvent | RunsLost"

__all__ = [
    "NOTHING_YET",
    "Accept",
    "Answer",
    "BurstSpoken",
    "ChunkBegun",
    "ChunkFailed",
    "CodesForm",
    "Ending",
    "GiveUp",
    "LanesIdle",
    "LanesParked",
    "NothingYet",
    "Retry",
    "RunsLost",
    "Sampling",
    "SideDecoder",
    "SoundStream",
    "Speech",
    "SpeechChunk",
    "SpeechEvent",
    "SpeechRun",
    "SpokenChunk",
    "SpokenFrames",
    "Synthesizer",
    "SynthesizerDescription",
    "VoiceReference",
]


@dataclass(frozen=True)
class RunsLost:
    """Who spoke these runs is gone: what is not stored of them is to be asked for again."""

    run_keys: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class CodesForm:
    """What the codes of one model are."""

    codebook_count: int
    codebook_size: int

    def has(self, codes: Codes) -> bool:
        """Codes `[codebooks, frames]`, all of them in the codebooks."""
        if codes.ndim != 2 or codes.shape[0] != self.codebook_count:
            return False
        return not codes.size or bool(codes.min() >= 0 and codes.max() < self.codebook_size)


@dataclass(frozen=True)
class SynthesizerDescription:
    """Who speaks: enough to name it, to key its takes, and to make them again."""

    name: str
    device: str
    precision: str
    model_fingerprint: str
    codec_fingerprint: str
    sample_rate: int
    frame_rate: int
    codebook_count: int
    codebook_size: int
    lane_count: int
    is_exact: bool
    """Whether the same chunk in the same context always gives the same codes, bit for bit."""

    @property
    def codes_form(self) -> CodesForm:
        return CodesForm(self.codebook_count, self.codebook_size)

    @property
    def identity(self) -> ModelIdentity:
        return ModelIdentity(self.model_fingerprint, self.codec_fingerprint, self.precision)


@dataclass(frozen=True)
class VoiceReference:
    """What a run hears, or reads, of one speaker before it begins to speak: SPEAKER0, 1, ...

    `codes` with a transcript: the recording as an earlier turn. `codes` alone: the recording in
    the system message. `description` alone: words in the system message.
    """

    speaker: str
    transcript: str | None = None
    description: str | None = None
    codes: Codes | None = None

    @property
    def is_blank(self) -> bool:
        """The model is left to choose."""
        return self.codes is None and not self.description


@dataclass(frozen=True)
class SpeechChunk:
    """The text of one generation, with the bounds it must keep."""

    key: str
    """Chunk key: with the seed and the attempt it decides every random number of the chunk."""
    text: str
    """With `[SPEAKERn]` before it where several speak in one run."""
    frame_budget: int
    minimum_frames: int
    first_attempt: int = 0
    stored_codes: Codes | None = None
    """A take from the store: it is heard as context, not spoken again, and raises no event."""


@dataclass(frozen=True)
class SpeechRun:
    """Chunks spoken one after another in one context: each hears what came before it."""

    key: str
    scene: str
    references: tuple[VoiceReference, ...]
    chunks: tuple[SpeechChunk, ...]
    context_chunks: int
    sampling: Sampling | None = None
    """Its own, where it is not that of all; so with the seed."""
    seed: int | None = None


class Speech(Protocol):
    """Runs being spoken. Iterating drives the lanes; every `SpokenChunk` wants one answer, at once
    or any number of events later: its lane waits, the others go on."""

    def __iter__(self) -> Iterator[SpeechEvent]: ...

    def answer(self, chunk: SpokenChunk, answer: Answer) -> None: ...

    def drop(self, run_key: str) -> None:
        """Nobody wants this run any more: nothing more is told of it, and its lane is free before
        the next burst begins. Called between two events."""
        ...


class SoundStream(Protocol):
    """One take on its way from codes to sound: what comes out, joined, is what `decode` makes of
    all its codes. For one thread at a time."""

    def push(self, codes: Codes) -> Samples:
        """The samples that are settled by now: some ten frames fewer than were pushed."""
        ...

    def finish(self) -> Samples:
        """Every sample still owed; of no further use then."""
        ...


class SideDecoder(Protocol):
    """Decodes in threads of its own while the lanes speak."""

    @property
    def thread_count(self) -> int:
        """How many threads may decode at the same time, and are worth having here."""

    @property
    def decodes_as(self) -> str:
        """Names all that decides the bits of a sound: codec, device, precision, programs."""

    def decode(self, codes: Codes) -> Samples:
        """As `Synthesizer.decode`, up to rounding in the precision that takes are decoded in;
        always to the same bits."""
        ...

    def stream(self) -> SoundStream:
        """A take whose codes come piece by piece."""
        ...


class Synthesizer(Protocol):
    """The model and its codec, opened.

    Raises only `HiggsError`s: `MemoryExhaustedError` when fewer lanes would help, `DeviceError`
    when the device is lost. After the first, `speak` may be called again with what is unspoken.
    """

    @property
    def description(self) -> SynthesizerDescription: ...

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know before it speaks: how it lies in memory, whether that is tight,
        and what has to be waited for once on this machine."""
        ...

    def prepare(self) -> None:
        """Open what speaking needs, and make what is made once on a machine: no time that a render
        takes or guesses holds it."""
        ...

    def encode_voice(self, recording: Path) -> Codes:
        """A reference recording as codes; the caller caches them by content."""
        ...

    def speak(
        self,
        runs: Iterable[SpeechRun | NothingYet],
        sampling: Sampling,
        seed: int,
        lane_count: int,
        stream_codes: bool = False,
        prefix_bytes: int = 0,
    ) -> Speech:
        """Speak the runs in at most so many lanes; `runs` is read lazily, in order. With
        `stream_codes` every `BurstSpoken` has the codes of its frames. Prefixes are kept up to
        `prefix_bytes`, the latest few whatever their size."""
        ...

    def decode(self, codes: Codes) -> Samples:
        """Codes to samples, as many for each frame as rates say."""
        ...

    def side_decoder(self) -> SideDecoder:
        """A decoder for takes that are checked while others are spoken."""
        ...
