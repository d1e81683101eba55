"""How many clips of a book's length the codec decodes beside nothing else."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from bench.deadline import Deadline
from tokenizer.codec import Codec
from tokenizer.side_decoder import SideDecoder


def codec_rates(
    codec: Codec, clip_count: int, frames: int, rounds: int, deadline: Deadline
) -> dict[str, Any]:
    """Times real time of a batch of clips, and of clip after clip as beside the lanes."""
    shape = (codec.codebook_count, frames)
    clips = [torch.randint(0, codec.codebook_size, shape) for _ in range(clip_count)]
    side = SideDecoder(codec)
    speech = clip_count * frames * codec.hop_length / codec.sample_rate
    few = clips[: max(1, clip_count // 8)]
    batch = _seconds(lambda: codec.decode_batch(clips), rounds, Deadline(deadline.left / 2))
    single = _seconds(lambda: [side.decode(one) for one in few], rounds, deadline)
    return {
        "batch_times_real_time": round(speech / statistics.median(batch), 1),
        "batch_s_rounds": [round(one, 4) for one in batch],
        "one_by_one_times_real_time": round(
            speech * len(few) / clip_count / statistics.median(single), 1
        ),
        "precision": "float32",
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
