"""A book end to end: runs in lanes, the codec beside them, to samples in memory.

    python -m bench.book --int8 --record
    python -m bench.book --shape 3B --codec-width 1024 --device cuda --dtype bfloat16 --lanes 128

Random weights never end a take, so its length is its frame budget: lognormal around `--seconds`,
the longest first. Where the time goes is told by stage; the stages overlap.
"""

from __future__ import annotations

import argparse
import queue
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from bench import results
from bench.lane_speed import Spent, settle
from bench.quiet import paused
from bench.shapes import SHAPES
from bench.workload import chunk_lengths, positions_of, prefix_of, runs_of, silenced
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.engine.engine import Engine, shared_with_nobody
from model.runs.engine_settings import EngineSettings
from model.runs.events import Accept, ChunkFailed, SpokenChunk
from tokenizer.codec.codec import Codec
from tokenizer.codec.config import AcousticConfig, CodecConfig
from tokenizer.codec.fast.threaded_decoder import ThreadedDecoder
from tokenizer.codec.network import CodecNetwork


@dataclass(frozen=True)
class BookLoad:
    """How a book is spoken."""

    lanes: int
    shared: int = 190
    """Positions of the voice's prefix."""
    text: int = 30
    """Positions of a chunk's own prompt."""
    exact: bool = False
    int8: bool = False


@dataclass(frozen=True)
class Book:
    """Seconds of one book."""

    speech: float
    wall: float
    cpu: float
    """Of all threads."""
    prefill: float
    """CPU time of the thread that speaks, lane_prompt prompts: on a GPU the launches alone."""
    host: float
    """The rest of that thread's CPU time: on a CPU all of the steps, elsewhere their launch and the
    bookkeeping."""
    codec: float
    """CPU time of the threads that decode."""
    tail: float
    """Waiting for the codec when all is spoken."""

    @property
    def times_real_time(self) -> float:
        return self.speech / self.wall


def main() -> None:
    options = _options()
    torch.set_num_threads(options.threads)
    dtype = getattr(torch, options.dtype)
    model = silenced(random_model(SHAPES[options.shape], 0, options.device, dtype, False))
    codec = random_codec(options.codec_width, options.device)
    load = BookLoad(options.lanes, exact=options.exact, int8=options.int8)
    lengths = chunk_lengths(options.minutes, options.seconds)
    rows = []
    with paused(options.pause):
        speaker = BookSpeaker(model, codec, load, max(lengths))
        speaker.speak(lengths[: options.lanes])  # warm up: compile, allocate
        for _ in range(options.rounds):
            rows.append(_row(speaker.speak(lengths)))
            print(" | ".join(rows[-1]), flush=True)
    if options.record:
        results.append(_title(options), results.table(HEADER, rows))


HEADER = (
    "speech, s",
    "wall, s",
    "times real time",
    "CPU time of all threads, s",
    "prefill, s",
    "speaking thread without prefill, s",
    "codec, s",
    "waiting for the codec at the end, s",
)


class BookSpeaker:
    """Speaks every chunk as a run of its own, and decodes takes as they come."""

    def __init__(
        self, model: LanguageModel, codec: Codec | None, load: BookLoad, longest: int
    ) -> None:
        self._model, self._codec, self._load = model, codec, load
        self._prefix = prefix_of(model.config, load.shared)
        settings = EngineSettings(
            lane_count=load.lanes,
            position_count=positions_of(model.config, load.shared, load.text, longest),
            exact=load.exact,
            int8=load.int8,
            silence_frames=0,
            loop_frames=0,
        )
        self._engine = Engine(model, settings)
        self._prefilling: list[Spent] = []
        for context in (self._engine._context, self._engine._ready_runs.context):
            self._prefilling.append(Spent(context.prepare, time.thread_time))
            context.prepare = self._prefilling[-1]  # type: ignore[method-assign]

    def speak(self, frame_counts: list[int]) -> Book:
        """Without a codec the frames are counted as if they were decoded at once."""
        runs = runs_of(self._model.config, self._prefix, self._load.text, frame_counts)
        decoder = None if self._codec is None else Decoder(self._codec)
        settle(self._model.device)
        before, frames = self._prefill_seconds(), 0
        wall, cpu, own = time.perf_counter(), time.process_time(), time.thread_time()
        turns = shared_with_nobody if decoder is None else decoder.before_burst
        for event in self._engine.generate(runs, turns):
            assert not isinstance(event, ChunkFailed), event
            if isinstance(event, SpokenChunk):
                frames += event.codes.shape[1]
                if decoder is not None:
                    decoder.put(event.codes)
                self._engine.answer(event, Accept())
        own, spoken_at = time.thread_time() - own, time.perf_counter()
        sample_count = 0 if decoder is None else decoder.finish()
        ended, prefill = time.perf_counter(), self._prefill_seconds() - before
        return Book(
            speech=frames / 25 if self._codec is None else sample_count / self._codec.sample_rate,
            wall=ended - wall,
            cpu=time.process_time() - cpu,
            prefill=prefill,
            host=max(0.0, own - prefill),
            codec=0.0 if decoder is None else decoder.seconds,
            tail=ended - spoken_at,
        )

    def _prefill_seconds(self) -> float:
        return sum(one.seconds for one in self._prefilling)


class Decoder:
    """Decodes takes in the order they come, on threads of its own; samples are counted."""

    def __init__(self, codec: Codec) -> None:
        self._side = ThreadedDecoder(codec)
        self._side.prepare()
        self._waiting: queue.Queue[np.ndarray | None] = queue.Queue()
        self._done: queue.Queue[tuple[int, float]] = queue.Queue()
        self._threads = [
            threading.Thread(target=self._work) for _ in range(self._side.thread_count)
        ]
        for thread in self._threads:
            thread.start()
        self.seconds = 0.0

    def put(self, codes: np.ndarray) -> None:
        self._waiting.put(codes)

    def before_burst(self) -> None:
        """As a render does: the codec takes its turn with the lanes."""
        self._side.before_burst()

    def finish(self) -> int:
        """Wait for all that is left; how many samples there are."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        done = [self._done.get() for _ in self._threads]
        self.seconds = sum(seconds for _, seconds in done)
        return sum(count for count, _ in done)

    def _work(self) -> None:
        count = 0
        while (codes := self._waiting.get()) is not None:
            count += len(self._side.decode(codes.astype(np.int64)))
        self._done.put((count, time.thread_time()))


def random_codec(width: int, device: str | torch.device) -> Codec:
    """A codec of the published rates whose decoder begins with `width` channels."""
    torch.manual_seed(0)
    config = CodecConfig(acoustic=AcousticConfig(decoder_width=width, latent_size=width // 4))
    return Codec(CodecNetwork(config).eval(), torch.device(device))


def _row(book: Book) -> list[str]:
    return [
        f"{book.speech:.0f}",
        f"{book.wall:.2f}",
        f"{book.times_real_time:.1f}",
        f"{book.cpu:.2f}",
        *(f"{one:.2f}" for one in (book.prefill, book.host, book.codec, book.tail)),
    ]


def _title(options: argparse.Namespace) -> str:
    precision = "int8" if options.int8 else options.dtype
    mode = "exact" if options.exact else "fast"
    return (
        f"A book of {options.minutes:g} minutes, size {options.shape}, {precision}, {mode} mode, "
        f"{options.lanes} lanes, codec decoder of width {options.codec_width}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A book end to end, with random weights.")
    parser.add_argument("--shape", default="A", help="A, B, 3B")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=8.0, help="of a chunk, in the mean")
    parser.add_argument("--lanes", type=int, default=8)
    parser.add_argument("--codec-width", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--int8", action="store_true")
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--pause", type=Path, help="a file of process ids to stop meanwhile")
    parser.add_argument("--record", action="store_true", help="append to RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
