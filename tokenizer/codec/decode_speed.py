"""How fast a codec decodes here."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import torch

from tokenizer.codec.codec import Codec
from tokenizer.codec.fast.threaded_decoder import ThreadedDecoder
from tokenizer.codec.fast.window_decoder import settings_for


def measure_codec(
    codec: Codec, frame_count: int, dtype: str = "auto", plain: bool = False
) -> float:
    """Times real time of decoding as a render does it, a clip in each thread, after a round that
    warms up. `dtype`, `plain`: what is wanted on CUDA."""
    side = ThreadedDecoder(codec, settings_for(codec.device, dtype, plain))
    side.prepare()
    shape = (codec.codebook_count, frame_count)
    clips = [torch.randint(0, codec.codebook_size, shape) for _ in range(side.thread_count)]
    with ThreadPoolExecutor(side.thread_count) as threads:
        list(threads.map(side.decode, clips))
        began = time.perf_counter()
        sample_count = sum(map(len, threads.map(side.decode, clips)))
        return sample_count / codec.sample_rate / (time.perf_counter() - began)
