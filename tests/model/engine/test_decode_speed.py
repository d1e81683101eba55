"""What a step takes is told right however many steps are looked at together."""

from __future__ import annotations

from collections import Counter

import pytest

from model.checkpoint.random_model import random_model
from model.engine.decode_speed import ToldBurst, burst_steps, measure_decoding, whole_burst_seconds
from tests.model.tiny import tiny


@pytest.mark.parametrize("burst", [1, 4, 16])
@pytest.mark.parametrize("phase", [0, 3])
def test_frames_that_come_in_bursts_are_counted_by_whole_bursts(burst: int, phase: int) -> None:
    """Steps of 2 ms; a frame is read at the end of the burst it was drawn in."""
    counts = Counter((frame + phase) // burst for frame in range(50))
    bursts = [ToldBurst(0.002 * burst * (one + 1), 3 * counts[one]) for one in sorted(counts)]
    seconds = whole_burst_seconds(bursts, 3 * burst)
    assert len(seconds) == sum(count == burst for count in counts.values()) - (phase % burst == 0)
    assert seconds == pytest.approx([0.002 * burst] * len(seconds))


def test_a_cpu_is_looked_at_step_by_step() -> None:
    lm = random_model(tiny())
    assert burst_steps(lm, 100) == 1
    speed = measure_decoding(lm, 2, 6, exact=True, int8=False)
    assert speed.step_seconds > 0 and speed.prefill_seconds > 0
