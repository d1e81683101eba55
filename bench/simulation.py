"""A book without speaking it: the engine's order of events over drawn lengths and measured costs.

Takes are as long as their budgets; what is simulated is which lane speaks when. A step costs `fixed
+ per_lane * lanes + per_key * own positions of all lanes`, fitted to measured steps; lane_prompt a
prompt costs what it was measured to cost. Lanes are refilled after each burst, longest first.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.lane_speed import LaneSpeed
from bench.workload import FRAME_RATE


@dataclass(frozen=True)
class StepCost:
    """Seconds."""

    fixed: float
    per_lane: float
    per_key: float
    """Of one own position of one lane."""
    prefill: float
    """Of a prompt."""
    text: int
    """Positions of a prompt."""
    worst_misfit: float = 0.0
    """Of the fit, as a share of the measured step."""

    def step(self, lanes: int, own_positions: float) -> float:
        return self.fixed + self.per_lane * lanes + self.per_key * own_positions


def fitted(speeds: Sequence[LaneSpeed]) -> StepCost:
    """Least squares over measured loads, each weighed by its own size; no cost below zero."""
    loads = [one.load for one in speeds]
    rows = np.array([[1.0, one.lanes, one.lanes * one.mean_own] for one in loads])
    seconds = np.array([one.step_seconds for one in speeds])
    costs = _without_negatives(rows / seconds[:, None])
    misfit = np.abs(rows @ costs / seconds - 1).max()
    many = max(speeds, key=lambda one: one.load.lanes)
    prefill = sorted(many.prefill)[len(many.prefill) // 2] / many.load.lanes
    return StepCost(
        *map(float, costs), prefill=prefill, text=many.load.text, worst_misfit=float(misfit)
    )


def book_seconds(
    frame_counts: Sequence[int], lanes: int, cost: StepCost, delay: int = 8, burst: int = 1
) -> float:
    """Of decoding and prefill, for chunks in the order given."""
    waiting = iter(frame_counts)
    ends: list[tuple[int, int]] = []  # at which step a lane falls silent, and when it began
    now, seconds, begun_sum = 0, 0.0, 0
    while True:
        while len(ends) < lanes and (frames := next(waiting, None)) is not None:
            steps = -(-(frames + delay) // burst) * burst
            heapq.heappush(ends, (now + steps, now))
            begun_sum += now
            seconds += cost.prefill
        if not ends:
            return seconds
        until = ends[0][0]
        speaking, steps = len(ends), until - now
        own = speaking * (cost.text + now + steps / 2) - begun_sum
        seconds += steps * cost.step(speaking, own)
        now = until
        while ends and ends[0][0] == now:
            begun_sum -= heapq.heappop(ends)[1]


def times_real_time(frame_counts: Sequence[int], seconds: float) -> float:
    return sum(frame_counts) / FRAME_RATE / seconds


def _without_negatives(rows: np.ndarray) -> np.ndarray:
    """Costs for which every row comes nearest to 1, leaving out what would have to be negative."""
    kept = list(range(rows.shape[1]))
    while True:
        found = np.linalg.lstsq(rows[:, kept], np.ones(len(rows)), rcond=None)[0]
        if (found >= 0).all():
            costs = np.zeros(rows.shape[1])
            costs[kept] = found
            return costs
        kept.pop(int(found.argmin()))
