"""A book end to end: runs in lanes on one core, the codec on another, to samples in memory.

    python -m bench.book --int8 --record
    python -m bench.book --shape 3B --codec-width 1024 --device cuda --dtype bfloat16 --lanes 128

Random weights never end a take, so its length is its frame budget: lognormal around `--seconds`,
the longest first. Where the time goes is told by stage; the stages overlap.
"""

from __future__ import annotations

import argparse
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from bench import results
from bench.decode import SAMPLING, prompt_of, silenced
from bench.quiet import paused
from bench.shapes import SHAPES
from model.engine import Engine
from model.language_model import LanguageModel
from model.random_model import random_model
from model.requests import Accept, ChunkRequest, EngineSettings, Prompt, RunRequest, Take
from tokenizer.codec import Codec
from tokenizer.codec_config import AcousticConfig, CodecConfig
from tokenizer.codec_network import CodecNetwork

FRAME_RATE = 25


def main() -> None:
    options = _options()
    torch.set_num_threads(options.threads)
    model, codec = _model(options), random_codec(options.codec_width, options.device)
    lengths = chunk_lengths(options.minutes, options.seconds)
    speak_book(model, codec, lengths[: options.lanes], options)  # warm up: compile, allocate
    rows = []
    for _ in range(options.rounds):
        with paused(options.pause):
            rows.append(_row(speak_book(model, codec, lengths, options)))
        print(" | ".join(rows[-1]), flush=True)
    if options.record:
        results.append(_title(options), results.table(HEADER, rows))


HEADER = (
    "speech, s",
    "wall, s",
    "times real time",
    "CPU time of both cores, s",
    "steps, s",
    "between steps (prefill, bookkeeping), s",
    "codec, s",
    "waiting for the codec at the end, s",
)


@dataclass(frozen=True)
class Book:
    """Seconds of one book. Steps, the time between them and the codec are CPU seconds."""

    speech: float
    wall: float
    cpu: float
    steps: float
    between: float
    codec: float
    tail: float


def chunk_lengths(minutes: float, mean_seconds: float) -> list[int]:
    """Frames of each chunk, lognormal, longest first."""
    chance, lengths = random.Random(0), []
    while sum(lengths) < minutes * 60 * FRAME_RATE:
        seconds = mean_seconds * chance.lognormvariate(-0.08, 0.4)
        lengths.append(max(25, round(seconds * FRAME_RATE)))
    return sorted(lengths, reverse=True)


def speak_book(
    model: LanguageModel, codec: Codec, lengths: list[int], options: argparse.Namespace
) -> Book:
    """Speak every chunk as a run of its own, and decode takes as they come."""
    prompt = prompt_of(model.config)
    engine = _engine(model, len(prompt.ids) + max(lengths), options)
    stepping = Stopwatch(engine._step.step)
    engine._step.step = stepping  # type: ignore[method-assign]
    decoder = Decoder(codec)
    runs = (_run(prompt, number, frames) for number, frames in enumerate(lengths))
    wall, cpu, own = time.perf_counter(), time.process_time(), time.thread_time()
    for event in engine.generate(runs):
        if isinstance(event, Take):
            decoder.put(event.codes)
            engine.answer(event, Accept())
    own = time.thread_time() - own
    decoded_at = time.perf_counter()
    sample_count = decoder.finish()
    ended = time.perf_counter()
    return Book(
        speech=sample_count / codec.sample_rate,
        wall=ended - wall,
        cpu=time.process_time() - cpu,
        steps=stepping.seconds,
        between=own - stepping.seconds,
        codec=decoder.seconds,
        tail=ended - decoded_at,
    )


class Stopwatch:
    """Calls a function and adds up the CPU time it took on this thread."""

    def __init__(self, function: Callable[[int, int], None]) -> None:
        self.seconds = 0.0
        self._function = function

    def __call__(self, width: int, key_count: int) -> None:
        began = time.thread_time()
        self._function(width, key_count)
        self.seconds += time.thread_time() - began


class Decoder:
    """Decodes takes in the order they come, on a thread of its own."""

    def __init__(self, codec: Codec) -> None:
        self.seconds = 0.0
        self._codec = codec
        self._waiting: queue.Queue[torch.Tensor | None] = queue.Queue()
        self._sample_count = 0
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def put(self, codes: torch.Tensor) -> None:
        self._waiting.put(codes)

    def finish(self) -> int:
        """Wait for all that is left; how many samples there are."""
        self._waiting.put(None)
        self._thread.join()
        return self._sample_count

    def _work(self) -> None:
        torch.set_num_threads(1)
        while (codes := self._waiting.get()) is not None:
            self._sample_count += len(self._codec.decode(codes).cpu())
            self.seconds = time.thread_time()


def random_codec(width: int, device: str) -> Codec:
    """A codec of the published rates whose decoder begins with `width` channels."""
    torch.manual_seed(0)
    config = CodecConfig(acoustic=AcousticConfig(decoder_width=width, latent_size=width // 4))
    return Codec(CodecNetwork(config).eval(), torch.device(device))


def _model(options: argparse.Namespace) -> LanguageModel:
    dtype = getattr(torch, options.dtype)
    return silenced(random_model(SHAPES[options.shape], 0, options.device, dtype, False))


def _engine(model: LanguageModel, positions: int, options: argparse.Namespace) -> Engine:
    settings = EngineSettings(
        lane_count=options.lanes,
        position_count=positions + 2 * model.config.codebook_count + 64,
        exact=options.exact,
        int8=options.int8,
        silence_frames=0,
        loop_frames=0,
    )
    return Engine(model, settings)


def _run(prompt: Prompt, number: int, frames: int) -> RunRequest:
    prefix = Prompt(prompt.ids[:-30], prompt.codes)
    chunk = ChunkRequest(f"chunk {number}", Prompt(prompt.ids[-30:]), frames, frames)
    return RunRequest(f"run {number}", prefix, (chunk,), (), number, SAMPLING)


def _row(book: Book) -> list[str]:
    stages = (book.steps, book.between, book.codec, book.tail)
    return [
        f"{book.speech:.0f}",
        f"{book.wall:.2f}",
        f"{book.speech / book.wall:.1f}",
        f"{book.cpu:.2f}",
        *(f"{seconds:.2f}" for seconds in stages),
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
