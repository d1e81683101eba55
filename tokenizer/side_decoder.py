"""A codec that decodes in threads of its own while something else keeps the device or a core busy.

On a CPU every thread decodes alone, one clip each: several cores are used by several clips, and the
bits of a clip do not depend on how many cores there are. On CUDA each thread has a stream of low
priority, so that decoding fills the gaps of the work beside it, and samples go to pinned memory:
a piece is copied to the host while the next one is worked out.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from torch import Tensor

from tokenizer.codec import PIECE_FRAMES, Codec
from tokenizer.codec_stream import PreparedDecoder

MOST_THREADS = 4
"""More than that many clips at once gain little: their checks share one interpreter."""
CUDA_PIECE_FRAMES = 250
_LOW_PRIORITY = 0
"""The lowest there is; whoever must not wait takes a stream of -1."""


class SideDecoder:
    """For any thread but the one that speaks; shares the weights of the codec it is made of."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._making = threading.Lock()
        self._decoder: PreparedDecoder | None = None
        self._own = threading.local()
        self._is_cuda = codec.device.type == "cuda"
        self.thread_count = thread_count(os.cpu_count() or 1)

    @torch.inference_mode()
    def decode(self, codes: Tensor | np.ndarray) -> Tensor:
        """Codes `[codebooks, frames]` -> float32 samples `[frames * hop]` in host memory."""
        self._settle_thread()
        with self._stream():
            copies = [_copied(piece, self._is_cuda) for piece in self._pieces(codes)]
            if self._is_cuda:
                torch.cuda.current_stream(self._codec.device).synchronize()
        return torch.cat(copies)

    def _pieces(self, codes: Tensor | np.ndarray) -> Iterator[Tensor]:
        stream = self._prepared().stream()
        frames = CUDA_PIECE_FRAMES if self._is_cuda else PIECE_FRAMES
        for piece in self._codec.checked_codes(codes).split(frames, dim=1):
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
        if not self._is_cuda and not getattr(self._own, "is_settled", False):
            torch.set_num_threads(1)
            self._own.is_settled = True

    def _stream(self) -> AbstractContextManager[object]:
        if not self._is_cuda:
            return nullcontext()
        if not hasattr(self._own, "stream"):
            self._own.stream = torch.cuda.Stream(self._codec.device, priority=_LOW_PRIORITY)
        return torch.cuda.stream(self._own.stream)


def thread_count(core_count: int) -> int:
    """One core is left to the lanes, if there is more than one."""
    return max(1, min(MOST_THREADS, core_count - 1))


def _copied(piece: Tensor, from_cuda: bool) -> Tensor:
    """In host memory, once the stream has got so far."""
    if not from_cuda:
        return piece
    copy = torch.empty(piece.shape, dtype=piece.dtype, pin_memory=True)
    return copy.copy_(piece, non_blocking=True)
