"""The learning rate: a linear warm-up, then half a cosine down to a share of the peak."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class CosineSchedule:
    """The learning rate as a pure function of the step, so that a resumed run needs no state."""

    peak: float
    warmup_steps: int
    step_count: int
    final_share: float

    def rate(self, step: int) -> float:
        """The learning rate of step number `step`, counted from 0."""
        if step < self.warmup_steps:
            return self.peak * (step + 1) / self.warmup_steps
        span = max(self.step_count - self.warmup_steps, 1)
        progress = min((step - self.warmup_steps) / span, 1.0)
        lowest = self.peak * self.final_share
        return lowest + (self.peak - lowest) * 0.5 * (1 + math.cos(math.pi * progress))
