"""A codec that decodes in threads of its own while something else keeps the device or a core busy.

On a CPU every thread decodes alone, one clip each: several cores are used by several clips, and the
bits of a clip do not depend on how many cores there are. On CUDA the clips of all threads that wait
are decoded together, in windows of one shape (see `window_decoder.py`), on a stream of low priority
that fills the gaps of the work beside it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import torch
from torch import Tensor

from tokenizer.codec.codec import PIECE_FRAMES, Codec
from tokenizer.codec.fast.window_decoder import WindowDecoder, WindowSettings, settings_for
from tokenizer.codec.stream import DecodeStream, PreparedDecoder

MOST_THREADS = 4
"""More than that many clips at once gain little: their checks share one interpreter."""
MOST_CUDA_THREADS = 8
"""Threads that mostly wait for the device; together they fill a batch."""


class ThreadedDecoder:
    """For any thread but the one that speaks; shares the weights of the codec it is made of."""

    def __init__(self, codec: Codec, windows: WindowSettings | None = None) -> None:
        """`windows`: how to decode in windows; None: as suits CUDA, and not at all elsewhere."""
        self._codec = codec
        self._making = threading.Lock()
        self._decoder: PreparedDecoder | None = None
        self._own = threading.local()
        windows = windows or settings_for(codec.device)
        self._together = None if windows is None else _Together(codec, windows)
        most = MOST_THREADS if codec.device.type == "cpu" else MOST_CUDA_THREADS
        self.thread_count = thread_count(os.cpu_count() or 1, most)
        self.arithmetic = _arithmetic(codec.device, windows)
        """Names what besides the codec decides the bits of a clip."""

    def prepare(self) -> None:
        """Make what the first clip would make, before the lanes begin: while a CUDA graph is being
        recorded in one thread, no other may record one."""
        if self._together is not None:
            self._together.prepare()

    def decode(self, codes: Tensor | np.ndarray) -> Tensor:
        """Codes [codebooks, frames] -> float32 samples [frames * hop] in host memory."""
        checked = self._codec.checked_codes(codes, torch.device("cpu"))
        if self._together is not None and len(checked) == self._codec.codebook_count:
            samples = self._together.decode(checked)
            if bool(samples.isfinite().all()):
                return samples
        # Few codebooks, or numbers beyond a short format: piece by piece, in float32.
        self._settle_thread()
        with torch.inference_mode():
            return torch.cat([piece.cpu() for piece in self._pieces(checked)])

    def stream(self) -> ThreadedStream:
        """A clip whose codes come piece by piece; in float32, whatever `decode` uses."""
        return ThreadedStream(self._codec, self._prepared().stream(), self._settle_thread)

    def _pieces(self, codes: Tensor) -> Iterator[Tensor]:
        stream = self._prepared().stream()
        for piece in codes.to(self._codec.device).split(PIECE_FRAMES, dim=1):
            yield stream.push(piece[None])[0]
        yield stream.finish()[0]

    def _prepared(self) -> PreparedDecoder:
        """Made by the first thread that decodes: what suits one core is chosen there."""
        with self._making:
            if self._decoder is None:
                self._decoder = PreparedDecoder(self._codec.network)
            return self._decoder

    def _settle_thread(self) -> None:
        """Torch counts threads for each thread that calls it; the speaking one keeps its own."""
        is_cpu = self._codec.device.type == "cpu"
        if is_cpu and not getattr(self._own, "is_settled", False):
            torch.set_num_threads(1)
            self._own.is_settled = True


class ThreadedStream:
    """One clip on its way from codes to sound, in whichever thread asks for it."""

    def __init__(
        self, codec: Codec, stream: DecodeStream, settle_thread: Callable[[], None]
    ) -> None:
        self._codec, self._stream, self._settle_thread = codec, stream, settle_thread
        self._is_empty = True

    def push(self, codes: Tensor | np.ndarray) -> Tensor:
        """Codes [codebooks, frames] -> the float32 samples that are settled by now, on the host."""
        checked = self._codec.checked_codes(codes, self._codec.device)
        self._is_empty = False
        self._settle_thread()
        with torch.inference_mode():
            return self._stream.push(checked[None])[0].cpu()

    def finish(self) -> Tensor:
        """Every sample still owed; none of a clip without codes."""
        if self._is_empty:
            return torch.zeros(0)
        self._settle_thread()
        with torch.inference_mode():
            return self._stream.finish()[0].cpu()


def _arithmetic(device: torch.device, windows: WindowSettings | None) -> str:
    if device.type == "cuda":
        processor = torch.cuda.get_device_name(device)
    else:
        processor = f"{device.type} {torch.backends.cpu.get_cpu_capability()}"
    try:
        compiler = version("numba")
    except PackageNotFoundError:
        compiler = "none"
    return f"{processor}, torch {torch.__version__}, numba {compiler}, {windows}"


class _Together:
    """The clips of all threads that wait, decoded at once by the first to get the device."""

    def __init__(self, codec: Codec, settings: WindowSettings) -> None:
        self._codec, self._settings = codec, settings
        self._waiting: deque[_Job] = deque()
        self._device = threading.Lock()
        self._decoder: WindowDecoder | None = None

    def prepare(self) -> None:
        with self._device:
            self._ready()

    def decode(self, codes: Tensor) -> Tensor:
        job = _Job(codes)
        self._waiting.append(job)
        with self._device:
            if not job.is_done:
                self._decode_waiting()
        return job.result()

    def _decode_waiting(self) -> None:
        jobs = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            sounds = self._ready().decode([job.codes for job in jobs])
        except Exception as problem:
            for job in jobs:
                job.problem = problem
            return
        for job, samples in zip(jobs, sounds, strict=True):
            job.samples = samples

    def _ready(self) -> WindowDecoder:
        if self._decoder is None:
            self._decoder = WindowDecoder(self._codec.network, self._settings)
        return self._decoder


class _Job:
    """One clip that a thread waits for."""

    def __init__(self, codes: Tensor) -> None:
        self.codes = codes
        self.samples: Tensor | None = None
        self.problem: Exception | None = None

    @property
    def is_done(self) -> bool:
        return self.samples is not None or self.problem is not None

    def result(self) -> Tensor:
        if self.problem is not None:
            raise self.problem
        assert self.samples is not None
        return self.samples


def thread_count(core_count: int, most: int = MOST_THREADS) -> int:
    """One core is left to the lanes, if there is more than one."""
    return max(1, min(most, core_count - 1))
