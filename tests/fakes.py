"""A synthesizer that needs no model: a tone for each word, and mishaps on request.

Like the real one it is exact: a chunk's codes depend on the seed, its key, the attempt, its voice
and what its run has heard, and on nothing else: not on lanes, nor on a kill and resume.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from higgs_cli.speech.protocol import (
    NOTHING_YET,
    Accept,
    Answer,
    BurstSpoken,
    ChunkBegun,
    ChunkFailed,
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
    SpokenFrames,
    SynthesizerDescription,
)

CODEBOOKS = 8
CODEBOOK_SIZE = 1024
SAMPLE_RATE = 24000
FRAME_RATE = 25
HOP = SAMPLE_RATE // FRAME_RATE
SILENT_CODE = 0

Mishap = Callable[[SpeechChunk, int], str | None]


def no_mishap(chunk: SpeechChunk, attempt: int) -> str | None:
    return None


@dataclass
class FakeSynthesizer:
    """`mishap(chunk, attempt)` names what goes wrong: see `_spoken`."""

    lane_count: int = 4
    mishap: Mishap = no_mishap
    seconds_per_chunk: float = 0.0
    memory_for_lanes: int = 1 << 30
    name: str = "fake"
    thread_count: int = 2
    chunks_spoken: list[str] = field(default_factory=list)
    voices_encoded: list[Path] = field(default_factory=list)
    runs_heard: list[SpeechRun] = field(default_factory=list)
    lanes_in_use: list[int] = field(default_factory=list)
    """How many lanes had a run, each time that one spoke a chunk."""
    is_prepared: bool = False

    remarks = ()
    decodes_as = "fake"

    def prepare(self) -> None:
        self.is_prepared = True

    @property
    def description(self) -> SynthesizerDescription:
        return SynthesizerDescription(
            name=self.name,
            device="cpu",
            precision="float32",
            model_fingerprint="fake-model",
            codec_fingerprint="fake-codec",
            sample_rate=SAMPLE_RATE,
            frame_rate=FRAME_RATE,
            codebook_count=CODEBOOKS,
            codebook_size=CODEBOOK_SIZE,
            lane_count=self.lane_count,
            is_exact=True,
        )

    def encode_voice(self, recording: Path) -> np.ndarray:
        self.voices_encoded.append(recording)
        noise = _noise("voice", recording.read_bytes().hex())
        return noise.integers(1, 1024, (CODEBOOKS, 50)).astype(np.int16)

    def speak(
        self,
        runs: Iterable[SpeechRun | NothingYet],
        sampling: Sampling,
        seed: int,
        lane_count: int,
        stream_codes: bool = False,
        prefix_bytes: int = 0,
    ) -> FakeSpeech:
        return FakeSpeech(self, iter(runs), sampling, seed, lane_count, stream_codes)

    def side_decoder(self) -> FakeSynthesizer:
        return self

    def stream(self) -> FakeSoundStream:
        return FakeSoundStream(self)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Each frame a tone by its first code; code 0 is silence, code 1023 full scale."""
        times = np.arange(HOP) / SAMPLE_RATE
        bend = np.sin(np.pi * np.arange(HOP) / HOP)
        pitch = 100.0 + 2.0 * (codes[0].astype(np.float64) % 256)
        amplitude = np.where(codes[0] == SILENT_CODE, 0.0, 0.15 + 0.0001 * codes[7])
        samples = amplitude[:, None] * np.sin(2 * np.pi * pitch[:, None] * times) * bend
        samples[codes[0] == 1023] = 1.0
        return samples.reshape(-1).astype(np.float32)


@dataclass
class FakeSoundStream:
    """Frame by frame: nothing is owed."""

    synthesizer: FakeSynthesizer

    def push(self, codes: np.ndarray) -> np.ndarray:
        return self.synthesizer.decode(codes)

    def finish(self) -> np.ndarray:
        return np.zeros(0, np.float32)


@dataclass
class FakeSpeech:
    """Lanes that speak one chunk per turn, and park until they are answered."""

    synthesizer: FakeSynthesizer
    runs: Iterator[SpeechRun | NothingYet]
    sampling: Sampling
    seed: int
    lane_count: int
    stream_codes: bool = False

    def __post_init__(self) -> None:
        self._answers: dict[tuple[str, str], Answer] = {}
        self._dropped: set[str] = set()
        self._is_open = True

    def answer(self, chunk: SpokenChunk, answer: Answer) -> None:
        self._answers[_place(chunk)] = answer

    def drop(self, run_key: str) -> None:
        self._dropped.add(run_key)

    def __iter__(self) -> Iterator[SpeechEvent]:
        lanes: list[_Lane] = []
        while True:
            lanes = [lane for lane in lanes if lane.run.key not in self._dropped]
            while len(lanes) < self.lane_count and (following := self._next_lane()):
                lanes.append(following)
            if not lanes and not self._is_open:
                return
            if not lanes:
                yield LanesIdle()
            elif all(lane.parked and _place(lane.parked) not in self._answers for lane in lanes):
                yield LanesParked(len(lanes))
            for lane in list(lanes):
                if lane.parked is None:
                    self.synthesizer.lanes_in_use.append(len(lanes))
                    yield from self._turn(lane)
                if lane.parked is not None and _place(lane.parked) in self._answers:
                    lane.go_on(self._answers.pop(_place(lane.parked)))
                if lane.is_done:
                    lanes.remove(lane)

    def _next_lane(self) -> _Lane | None:
        run = next(self.runs, None) if self._is_open else None
        if run is None or run is NOTHING_YET:
            self._is_open = run is NOTHING_YET
            return None
        self.synthesizer.runs_heard.append(run)
        return _Lane(run)

    def _turn(self, lane: _Lane) -> Iterator[SpeechEvent]:
        chunk = lane.current()
        if chunk is None:
            return
        attempt = lane.attempt
        yield BurstSpoken(0, (ChunkBegun(lane.run.key, chunk.key, attempt),))
        if self.lane_count > self.synthesizer.memory_for_lanes:
            from higgs_cli.errors import MemoryExhaustedError

            raise MemoryExhaustedError(f"no memory for {self.lane_count} lanes")
        mishap = self.synthesizer.mishap(chunk, attempt)
        if mishap == "raise":
            lane.is_done = True
            yield ChunkFailed(lane.run.key, chunk.key, attempt, "the model raised an error")
            return
        if mishap == "hang":
            time.sleep(60)
        time.sleep(self.synthesizer.seconds_per_chunk)
        sampling = lane.run.sampling or self.sampling
        seed = self.seed if lane.run.seed is None else lane.run.seed
        codes, ending = _spoken(lane, chunk, attempt, sampling, seed, mishap)
        self.synthesizer.chunks_spoken.append(chunk.text)
        spoken = SpokenChunk(
            lane.run.key, chunk.key, attempt, codes, ending, tuple(key for key, _ in lane.heard)
        )
        lane.parked = spoken
        streamed = SpokenFrames(lane.run.key, chunk.key, attempt, 0, codes)
        yield BurstSpoken(codes.shape[1], (), (streamed,) if self.stream_codes else ())
        yield spoken


def _place(chunk: SpokenChunk) -> tuple[str, str]:
    return chunk.run_key, chunk.chunk_key


class _Lane:
    """One run: what it has heard, and where it is."""

    def __init__(self, run: SpeechRun) -> None:
        self.run = run
        self.heard: list[tuple[str, np.ndarray]] = []
        self.parked: SpokenChunk | None = None
        self.is_done = False
        self._index = 0
        self._hear_stored()
        chunk = self.current()
        self.attempt = chunk.first_attempt if chunk else 0

    def current(self) -> SpeechChunk | None:
        return self.run.chunks[self._index] if self._index < len(self.run.chunks) else None

    def go_on(self, answer: Answer) -> None:
        assert self.parked is not None
        spoken, self.parked = self.parked, None
        if isinstance(answer, Retry):
            self.attempt += 1
            return
        if isinstance(answer, Accept):
            codes = spoken.codes if answer.codes is None else answer.codes
            self._hear(spoken.chunk_key, codes)
        self._index += 1
        self._hear_stored()
        chunk = self.current()
        self.attempt = chunk.first_attempt if chunk else 0

    def _hear_stored(self) -> None:
        while (chunk := self.current()) and chunk.stored_codes is not None:
            self._hear(chunk.key, chunk.stored_codes)
            self._index += 1
        self.is_done = chunk is None

    def _hear(self, key: str, codes: np.ndarray) -> None:
        """A rebase keeps the last chunks when twice as many are in the context."""
        self.heard.append((key, codes))
        if len(self.heard) >= max(1, 2 * self.run.context_chunks):
            self.heard = self.heard[len(self.heard) - self.run.context_chunks :]


def _spoken(
    lane: _Lane, chunk: SpeechChunk, attempt: int, sampling: Sampling, seed: int, mishap: str | None
) -> tuple[np.ndarray, Ending]:
    voices = [str(each.codes is not None and each.codes.sum()) for each in lane.run.references]
    context = [str(int(codes.astype(np.int64).sum())) for _, codes in lane.heard]
    noise = _noise(seed, chunk.key, attempt, sampling, *voices, "context", *context)
    codes = _words(chunk.text, noise)
    if mishap == "endless":
        frames = noise.integers(1, 1000, (CODEBOOKS, chunk.frame_budget))
        return frames.astype(np.int16), Ending.BUDGET
    if mishap == "stalled":
        return codes, Ending.STALLED
    return _gone_wrong(codes, mishap), Ending.ENDED


def _gone_wrong(codes: np.ndarray, mishap: str | None) -> np.ndarray:
    if mishap == "silent":
        codes[0] = SILENT_CODE
    elif mishap == "half":
        codes = np.concatenate([codes[:, : codes.shape[1] // 2], _silence(3)], axis=1)
    elif mishap == "dropped":
        codes[0, 13:21] = SILENT_CODE  # the second word
    elif mishap == "early":
        codes = codes[:, :2]
    elif mishap == "clipping":
        codes[0, 5:8] = 1023
    elif mishap == "cut-off":
        codes[0, -3:] = 1023
    elif mishap == "nothing":
        codes = codes[:, :0]
    elif mishap == "long-silence":
        gap = np.zeros((CODEBOOKS, 60), dtype=np.int16)
        middle = codes.shape[1] // 2
        codes = np.concatenate([codes[:, :middle], gap, codes[:, middle:]], axis=1)
    return codes


def _words(text: str, noise: np.random.Generator) -> np.ndarray:
    """A tone of eight frames for each word, and silence around them."""
    parts = [_silence(3)]
    for word in text.split():
        tone = noise.integers(1, 1000, (CODEBOOKS, 8)).astype(np.int16)
        tone[0] = 1 + (_number(word) + np.arange(8) * 37 + tone[0] % 5) % 1000
        parts += [tone, _silence(2)]
    return np.concatenate([*parts, _silence(3)], axis=1)


def _silence(frames: int) -> np.ndarray:
    return np.zeros((CODEBOOKS, frames), dtype=np.int16)


def _number(word: str) -> int:
    return int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % 1000


def _noise(*parts: object) -> np.random.Generator:
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
