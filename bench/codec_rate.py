"""How many clips of a book's length the codec decodes beside nothing else."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

from bench.deadline import Deadline
from tokenizer.codec.codec import Codec
from tokenizer.codec.fast.threaded_decoder import ThreadedDecoder
from tokenizer.codec.fast.window_decoder import settings_for


def codec_rates(
    codec: Codec, clip_count: int, frames: int, rounds: int, deadline: Deadline
) -> dict[str, Any]:
    """Times real time of a batch of clips, and of clips in threads as beside the lanes."""
    shape = (codec.codebook_count, frames)
    clips = [torch.randint(0, codec.codebook_size, shape) for _ in range(clip_count)]
    side = ThreadedDecoder(codec)
    speech = clip_count * frames * codec.hop_length / codec.sample_rate
    few = clips[: max(side.thread_count, clip_count // 4)]
    batch = _seconds(lambda: codec.decode_batch(clips), rounds, Deadline(deadline.left / 2))
    with ThreadPoolExecutor(side.thread_count) as threads:
        beside = _seconds(lambda: list(threads.map(side.decode, few)), rounds, deadline)
    windows = settings_for(codec.device)
    return {
        "batch_times_real_time": round(speech / statistics.median(batch), 1),
        "batch_s_rounds": [round(one, 4) for one in batch],
        "batch_precision": "float32",
        "beside_lanes_times_real_time": round(
            speech * len(few) / clip_count / statistics.median(beside), 1
        ),
        "beside_lanes_precision": str(torch.float32 if windows is None else windows.dtype),
        "beside_lanes_decoder": side.description,
    }


def _seconds(work: Callable[[], object], rounds: int, deadline: Deadline) -> list[float]:
    """Of each round after one that warms up; samples are on the host when it returns."""
    work()
    seconds: list[float] = []
    while len(seconds) < rounds and (not seconds or deadline.holds(seconds[-1])):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return seconds
