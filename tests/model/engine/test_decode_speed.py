"""What a step takes is told right however many steps are looked at together."""

from __future__ import annotations

import pytest

from model.checkpoint.random_model import random_model
from model.engine.decode_speed import burst_steps, measure_decoding, seconds_per_step
from tests.model.tiny import tiny


@pytest.mark.parametrize("burst", [1, 4, 16])
@pytest.mark.parametrize("phase", [0, 3])
def test_frames_that_come_in_bursts_are_counted_by_whole_bursts(burst: int, phase: int) -> None:
    """Steps of 2 ms; a frame is heard at the end of the burst it was drawn in."""
    moments = [0.002 * burst * ((frame + phase) // burst + 1) for frame in range(50)]
    seconds = seconds_per_step(moments, burst)
    assert len(seconds) == 49 // burst
    assert seconds == pytest.approx([0.002] * len(seconds))


def test_a_cpu_is_looked_at_step_by_step() -> None:
    lm = random_model(tiny())
    assert burst_steps(lm, 100) == 1
    speed = measure_decoding(lm, 2, 6, exact=True, int8=False)
    assert speed.step_seconds > 0 and speed.prefill_seconds > 0
