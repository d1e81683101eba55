"""A codec that decodes in threads of its own while something else keeps the device or a core busy.

On a CPU every thread decodes alone, one clip each: several cores are used by several clips, and the
bits of a clip do not depend on how many cores there are. On CUDA the clips of all threads that wait
are decoded together, in windows of one shape (`window_decoder.py`, `shared_batches.py`), between
the bursts of the lanes on the same device.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import torch
from torch import Tensor

from tokenizer.codec.codec import PIECE_FRAMES, Codec
from tokenizer.codec.fast.shared_batches import SharedBatches
from tokenizer.codec.fast.window_decoder import WindowSettings, settings_for
from tokenizer.codec.full_float32 import full_float32
from tokenizer.codec.stream import DecodeStream, PreparedDecoder

MOST_THREADS = 4
"""More than that many clips at once gain little: their checks share one interpreter."""
CUDA_THREADS = 32
"""However few cores there are: they mostly wait. Between two bursts of the lanes a thread gets one
sound, so there are more than takes that end in one burst, 20 of 8 seconds in 256 lanes."""


class ThreadedDecoder:
    """For any thread but the one that speaks; shares the weights of the codec it is made of."""

    def __init__(self, codec: Codec, windows: WindowSettings | None = None) -> None:
        """`windows`: how to decode in windows; None: as suits CUDA, and not at all elsewhere."""
        self._codec = codec
        self._making = threading.Lock()
        self._decoder: PreparedDecoder | None = None
        self._own = threading.local()
        windows = windows or settings_for(codec.device)
        self._together = None if windows is None else SharedBatches(codec.network, windows)
        is_cpu = codec.device.type == "cpu"
        self.thread_count = thread_count(os.cpu_count() or 1) if is_cpu else CUDA_THREADS
        self.arithmetic = _arithmetic(codec.device, windows)
        """Names what besides the codec decides the bits of a clip."""

    def prepare(self) -> None:
        """Make what the first clip would make, before the lanes begin: while a CUDA graph is being
        recorded in one thread, no other may record one."""
        if self._together is not None:
            self._together.prepare()

    def before_burst(self) -> None:
        """Called by the thread that speaks, before its device is given a burst of steps: whatever
        was begun here comes before them, whatever will be behind them."""
        if self._together is not None:
            self._together.before_burst()

    @property
    def description(self) -> str:
        """How clips are decoded here, for whoever names a figure."""
        return "clip by clip" if self._together is None else self._together.prepare().description

    def decode(self, codes: Tensor | np.ndarray) -> Tensor:
        """Codes [codebooks, frames] -> float32 samples [frames * hop] in host memory."""
        checked = self._codec.checked_codes(codes, torch.device("cpu"))
        if self._together is not None and len(checked) == self._codec.codebook_count:
            samples = self._together.decode(checked)
            if bool(samples.isfinite().all()):
                return samples
        # Few codebooks, or numbers beyond a short format: piece by piece, in float32.
        self._settle_thread()
        with torch.inference_mode(), full_float32(self._codec.device):
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
        with torch.inference_mode(), full_float32(self._codec.device):
            return self._stream.push(checked[None])[0].cpu()

    def finish(self) -> Tensor:
        """Every sample still owed; none of a clip without codes."""
        if self._is_empty:
            return torch.zeros(0)
        self._settle_thread()
        with torch.inference_mode(), full_float32(self._codec.device):
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


def thread_count(core_count: int) -> int:
    """One core is left to the lanes, if there is more than one."""
    return max(1, min(MOST_THREADS, core_count - 1))
