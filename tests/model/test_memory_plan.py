"""Lanes are as many as fit, tight plans warn, and what cannot fit is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import tiny

from model.errors import GenerationError
from model.memory_plan import (
    REFUSAL_SHARE,
    WARNING_SHARE,
    MemoryWish,
    lane_bytes,
    plan_memory,
)

PUBLIC = tiny(
    hidden_size=3072, intermediate_size=8192, layer_count=28, head_count=24, kv_head_count=8,
    head_dim=128,
)  # fmt: skip


def test_a_position_of_the_public_model_takes_112_kib_in_bfloat16() -> None:
    assert lane_bytes(PUBLIC, 1, 2) == 114_688


@given(free=st.integers(2_000_000_000, 200_000_000_000), positions=st.integers(256, 8192))
def test_a_plan_never_needs_more_than_it_may(free: int, positions: int) -> None:
    try:
        plan = plan_memory(PUBLIC, free, positions, 2)
    except GenerationError:
        needed = 1_000_000_000 + lane_bytes(PUBLIC, positions, 2)
        assert needed > REFUSAL_SHARE * free, "one lane would have fitted"
        return
    assert plan.lane_count == 1 or plan.share <= WARNING_SHARE
    assert (plan.warning is None) == (plan.share <= WARNING_SHARE)


def test_more_memory_never_means_fewer_lanes() -> None:
    lanes = [plan_memory(PUBLIC, int(gb * 1e9), 2048, 2).lane_count for gb in range(2, 140)]
    assert lanes == sorted(lanes) and lanes[0] < lanes[-1]


def test_low_takes_few_lanes() -> None:
    assert plan_memory(PUBLIC, int(80e9), 2048, 2, MemoryWish.LOW).lane_count == 4


def test_lanes_asked_for_are_taken_with_a_warning_or_refused() -> None:
    of_lane = lane_bytes(PUBLIC, 2048, 2)
    free = int((1e9 + 10 * of_lane) / 0.85)
    plan = plan_memory(PUBLIC, free, 2048, 2, lane_count=10)
    assert plan.lane_count == 10 and "85%" in (plan.warning or "")
    assert "10 lanes of 2048 positions" in plan.describe()
    with pytest.raises(GenerationError, match="fewer lanes"):
        plan_memory(PUBLIC, free, 2048, 2, lane_count=12)
