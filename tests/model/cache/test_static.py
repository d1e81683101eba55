"""A cache takes the memory that lanes come to, and no more."""

from __future__ import annotations

from pathlib import Path

import torch

from model.cache.static import StaticCache
from tests.model.tiny import tiny

LANES, POSITIONS = 16, 1 << 16


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_positions_that_no_lane_comes_to_take_no_memory() -> None:
    before = resident_bytes()
    cache = StaticCache(tiny(), LANES, POSITIONS, "cpu", torch.float32)
    size = cache.keys.nbytes + cache.values.nbytes
    cache.keys[:, 0, :, :64] = 1.0
    assert size > 200e6
    assert resident_bytes() - before < size / 10


def test_a_cache_is_born_as_zeros_of_its_own() -> None:
    cache = StaticCache(tiny(), 2, 64, "cpu", torch.bfloat16)
    assert cache.keys.dtype is cache.values.dtype is torch.bfloat16
    cache.keys[:] = 1.0
    assert not cache.values.any()


def test_a_cache_may_have_no_positions() -> None:
    assert StaticCache(tiny(), 1, 0, "cpu", torch.float32).keys.numel() == 0
