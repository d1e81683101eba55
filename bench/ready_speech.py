"""A synthesizer that costs nothing: takes and their sound were made before anything is measured."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from higgs_cli.speech.protocol import (
    Accept,
    Answer,
    BurstSpoken,
    ChunkBegun,
    Ending,
    LanesIdle,
    LanesParked,
    NothingYet,
    Retry,
    Sampling,
    SpeechChunk,
    SpeechEvent,
    SpeechRun,
    SpokenChunk,
    SynthesizerDescription,
)

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes

CODEBOOKS, CODEBOOK_SIZE, FRAME_RATE = 8, 1024, 25
TAKES_MADE = 32
SYLLABLES_A_SECOND = 4.0


@dataclass
class ReadySpeech:
    """Speaks takes of one length; lanes take turns and are parked until they are answered."""

    seconds_per_take: float = 15.0
    sample_rate: int = 24000
    lane_count: int = 16
    thread_count: int = 1
    decoded_count: int = 0
    wait_seconds: float = 0.0
    """How long lanes take for a chunk, all at the same time, at no cost."""
    remarks = ()
    decodes_as = "ready"
    _sounds: list[np.ndarray] = field(default_factory=list)
    _codes: list[Codes] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = np.random.default_rng(0)
        frames = round(self.seconds_per_take * FRAME_RATE)
        for number in range(TAKES_MADE):
            codes = chance.integers(0, CODEBOOK_SIZE, (CODEBOOKS, frames)).astype(np.int16)
            codes[0, 0] = number
            self._codes.append(codes)
            self._sounds.append(speech_like(chance, frames, self.sample_rate))

    @property
    def description(self) -> SynthesizerDescription:
        return SynthesizerDescription(
            name="ready",
            device="cpu",
            precision="float32",
            model_fingerprint="ready",
            codec_fingerprint="ready",
            sample_rate=self.sample_rate,
            frame_rate=FRAME_RATE,
            codebook_count=CODEBOOKS,
            codebook_size=CODEBOOK_SIZE,
            lane_count=self.lane_count,
            is_exact=True,
        )

    def prepare(self) -> None:
        pass

    def encode_voice(self, recording: Path) -> Codes:
        raise NotImplementedError("the voices of this bench have no recordings")

    def side_decoder(self) -> ReadySpeech:
        return self

    def decode(self, codes: Codes) -> np.ndarray:
        self.decoded_count += 1
        return self._sounds[int(codes[0, 0])]

    def take(self, number: int) -> Codes:
        """Other codes for every number: the first of each frame row alone is looked at again."""
        codes = self._codes[number % TAKES_MADE].copy()
        codes[1, :4] = [number % 1024, number // 1024 % 1024, number >> 20, 1]
        return codes

    def speak(
        self,
        runs: Iterable[SpeechRun | NothingYet],
        sampling: Sampling,
        seed: int,
        lane_count: int,
        stream_codes: bool = False,
        prefix_bytes: int = 0,
    ) -> _Speaking:
        return _Speaking(self, iter(runs), lane_count)


class _Speaking:
    def __init__(
        self, voice: ReadySpeech, runs: Iterator[SpeechRun | NothingYet], lane_count: int
    ) -> None:
        self._voice, self._runs, self._lane_count = voice, runs, lane_count
        self._answered: dict[tuple[str, str], Answer] = {}
        self._spoken_count = 0
        self._is_open = True

    def answer(self, chunk: SpokenChunk, answer: Answer) -> None:
        self._answered[chunk.run_key, chunk.chunk_key] = answer

    def __iter__(self) -> Iterator[SpeechEvent]:
        lanes: list[tuple[SpeechRun, list[SpeechChunk]]] = []
        while True:
            while len(lanes) < self._lane_count and (run := self._next_run()) is not None:
                lanes.append((run, [each for each in run.chunks if each.stored_codes is None]))
            if not lanes and not self._is_open:
                return
            if not lanes:
                yield LanesIdle()
            for run, chunks in lanes:
                yield from self._begun(run, chunks)
            time.sleep(self._voice.wait_seconds)
            while waiting := sum(
                (run.key, chunks[0].key) not in self._answered for run, chunks in lanes
            ):
                yield LanesParked(waiting)
            for run, chunks in lanes:
                assert isinstance(self._answered.pop((run.key, chunks[0].key)), Accept | Retry)
                chunks.pop(0)
            lanes = [lane for lane in lanes if lane[1]]

    def _next_run(self) -> SpeechRun | None:
        following = next(self._runs, None) if self._is_open else None
        self._is_open = following is not None
        return following if isinstance(following, SpeechRun) else None

    def _begun(self, run: SpeechRun, chunks: list[SpeechChunk]) -> Iterator[SpeechEvent]:
        codes = self._voice.take(self._spoken_count)
        self._spoken_count += 1
        yield BurstSpoken(codes.shape[1], (ChunkBegun(run.key, chunks[0].key, 0),))
        yield SpokenChunk(run.key, chunks[0].key, 0, codes, Ending.ENDED, ())


def speech_like(chance: np.random.Generator, frames: int, sample_rate: int) -> np.ndarray:
    """Noise in bursts like syllables, with silence at both ends: no check has anything to say."""
    sample_count = frames * sample_rate // FRAME_RATE
    turns = np.arange(sample_count) / max(1, sample_count)
    seconds = sample_count / sample_rate
    bursts = np.clip(np.sin(2 * np.pi * SYLLABLES_A_SECOND * seconds * turns), 0, None)
    edges = (turns > 0.02) & (turns < 0.98)
    noise = 0.1 * chance.standard_normal(sample_count)
    return (np.clip(noise, -0.5, 0.5) * bursts * edges).astype(np.float32)
