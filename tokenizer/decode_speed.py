"""How fast a codec decodes here."""

from __future__ import annotations

import time

import torch

from tokenizer.codec import Codec


def measure_codec(codec: Codec, frame_count: int) -> float:
    """Times real time of decoding alone, after a round that warms up."""
    codes = torch.randint(0, codec.codebook_size, (codec.codebook_count, frame_count))
    codec.decode(codes)
    began = time.perf_counter()
    samples = codec.decode(codes).cpu()
    return len(samples) / codec.sample_rate / (time.perf_counter() - began)
