"""The door to the model, as a Protocol: load voices, speak runs, decode codes.

Everything above the door is plain data and numpy; `higgs_synthesizer.py` is the one file behind it
that knows the model, and tests hand in a fake. Codes are int16 arrays `[codebooks, frames]` without
the delay pattern and without BOS or EOS; samples are float32 in [-1, 1].

    speech = synthesizer.speak(runs, sampling)
    for event in speech:                      # a SpokenChunk parks its lane ...
        speech.answer(event, Accept())        # ... until it is answered
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int16]
    Samples = NDArray[np.float32]


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
    lane_count: int
    is_exact: bool
    """Whether the same chunk in the same context always gives the same codes, bit for bit."""

    @property
    def samples_per_frame(self) -> int:
        return self.sample_rate // self.frame_rate


@dataclass(frozen=True)
class Sampling:
    """How codes are drawn from the model's logits."""

    temperature: float = 0.7
    top_k: int | None = 50
    top_p: float = 0.95
    repeat_window: int = 7
    repeat_limit: int = 2


@dataclass(frozen=True)
class VoiceReference:
    """What a run hears, or reads, of one speaker before it begins to speak.

    `codes` with a transcript: the recording as an earlier turn. `codes` alone: the recording in
    the system message. `description` alone: words in the system message.
    """

    speaker_label: str
    transcript: str | None = None
    description: str | None = None
    codes: Codes | None = None


@dataclass(frozen=True)
class SpeechChunk:
    """The text of one generation, with the bounds it must keep."""

    key: str
    """Take key: with the seed and the attempt it decides every random number of the chunk."""
    text: str
    frame_budget: int
    minimum_frames: int
    first_attempt: int = 0
    spoken_codes: Codes | None = None
    """A take from the store: it is heard as context, not spoken again, and raises no event."""


@dataclass(frozen=True)
class SpeechRun:
    """Chunks spoken one after another in one context: each hears what came before it."""

    key: str
    scene: str
    references: tuple[VoiceReference, ...]
    chunks: tuple[SpeechChunk, ...]
    context_chunks: int


class Ending(StrEnum):
    """Why a chunk's generation stopped."""

    ENDED = "ended"
    BUDGET = "budget"
    STALLED = "stalled"
    LOOPED = "looped"
    NOT_FINITE = "not-finite"
    TIMED_OUT = "timed-out"


@dataclass(frozen=True)
class SpokenChunk:
    """A chunk came to its end; its lane is parked until `Speech.answer`."""

    run_key: str
    chunk_key: str
    attempt: int
    codes: Codes
    ending: Ending


@dataclass(frozen=True)
class FramesSpoken:
    """A heartbeat: how many frames all lanes have spoken since the last one."""

    frame_count: int
    busy_lanes: int


@dataclass(frozen=True)
class LanesChanged:
    """Memory ran out: the work goes on with fewer lanes, nothing finished is lost."""

    lane_count: int
    reason: str


@dataclass(frozen=True)
class ChunkFailed:
    """A chunk could not be spoken at all; its run went on without it. Needs no answer."""

    run_key: str
    chunk_key: str
    reason: str


SpeechEvent = SpokenChunk | FramesSpoken | LanesChanged | ChunkFailed


@dataclass(frozen=True)
class Accept:
    """Keep this attempt; the run goes on from it."""


@dataclass(frozen=True)
class Retry:
    """Speak the chunk again, with the next attempt's noise."""


@dataclass(frozen=True)
class GiveUp:
    """No more attempts: the run goes on from `codes`, the best attempt, or without the chunk."""

    codes: Codes | None = None


Answer = Accept | Retry | GiveUp


class Speech(Protocol):
    """Runs being spoken. Iterating drives the lanes; every `SpokenChunk` wants one answer."""

    def __iter__(self) -> Iterator[SpeechEvent]: ...

    def answer(self, chunk: SpokenChunk, answer: Answer) -> None: ...


class Synthesizer(Protocol):
    """The model and its codec, opened."""

    @property
    def description(self) -> SynthesizerDescription: ...

    def encode_voice(self, recording: Path) -> Codes:
        """A reference recording as codes; the caller caches them by content."""
        ...

    def speak(self, runs: Iterable[SpeechRun], sampling: Sampling, seed: int) -> Speech:
        """Speak the runs in as many lanes as fit; `runs` is read lazily, in order."""
        ...

    def decode(self, codes: Codes) -> Samples:
        """Codes to samples, `samples_per_frame` for each frame."""
        ...
