"""A book without speaking it: the engine's order of events over known lengths and known costs.

What is simulated is which lane speaks when. Lanes are refilled between bursts; a run goes from
stretch to stretch in its lane, and the longest of those that are read ahead begins first. What a
step and a prefill cost is asked of a `Costs`: fitted to measured steps (`StepCost`), or by
arithmetic (`card_cost.py`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from bench.lane_speed import LaneSpeed
from bench.workload import FRAME_RATE


@dataclass(frozen=True)
class Stretch:
    """One chunk as a lane speaks it."""

    frames: int
    own: int
    """Positions of its lane behind the prefix when it begins: context and prompt."""
    prefilled: int
    """Those of them that a prefill writes; the others are there already."""


Run = Sequence[Stretch]


class Costs(Protocol):
    """Seconds of the two things that a lane waits for."""

    def step(self, lanes: int, own_positions: float) -> float:
        """Of one frame of so many lanes that have so many positions behind their prefix."""
        ...

    def prefill(self, prompts: int, positions: int) -> float:
        """Of prompts that are prefilled together."""
        ...


@dataclass(frozen=True)
class Pace:
    """How an engine counts its steps."""

    delay: int = 8
    """Steps in which the last codebooks of a take come late."""
    burst: int = 1
    """Steps between two looks."""
    bursts_waited: int = 0
    """In which a lane that has ended rests: begun before anybody looked, or until its take is
    checked."""
    read_ahead: int | None = None
    """Runs among which the longest begins first; None: they begin as they come."""

    def steps(self, frames: int) -> int:
        """From a lane's beginning to its next one."""
        return (-(-(frames + self.delay) // self.burst) + self.bursts_waited) * self.burst


@dataclass(frozen=True)
class StepCost:
    """Seconds."""

    fixed: float
    per_lane: float
    per_key: float
    """Of one own position of one lane."""
    per_prompt: float
    text: int
    """Positions of a prompt."""
    worst_misfit: float = 0.0
    """Of the fit, as a share of the measured step."""

    def step(self, lanes: int, own_positions: float) -> float:
        return self.fixed + self.per_lane * lanes + self.per_key * own_positions

    def prefill(self, prompts: int, positions: int) -> float:
        return prompts * self.per_prompt


@dataclass
class SimulatedBook:
    """What speaking a book took."""

    lanes: int
    frames: int = 0
    steps: int = 0
    lane_steps: int = 0
    """Steps of lanes that had a chunk."""
    decode: float = 0.0
    prefill: float = 0.0
    prefilled: int = 0
    """Positions."""
    own_positions: float = 0.0
    """Of all lanes, added up over the steps."""
    tail_steps: int = 0
    """Those at the end in which less than half of the lanes had one."""

    @property
    def seconds(self) -> float:
        return self.decode + self.prefill

    @property
    def occupancy(self) -> float:
        """Share of the lanes that had a chunk, in the mean over the steps."""
        return self.lane_steps / max(1, self.steps * self.lanes)

    @property
    def mean_own(self) -> float:
        """Own positions that a lane's step finds, in the mean."""
        return self.own_positions / max(1, self.lane_steps)


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
        *map(float, costs), per_prompt=prefill, text=many.load.text, worst_misfit=float(misfit)
    )


def book_seconds(
    frame_counts: Sequence[int], lanes: int, cost: StepCost, delay: int = 8, burst: int = 1
) -> float:
    """Of decoding and prefill, for runs of one chunk in the order given."""
    runs = [[Stretch(frames, cost.text, cost.text)] for frames in frame_counts]
    return simulate(runs, lanes, cost, Pace(delay, burst)).seconds


def simulate(runs: Iterable[Run], lanes: int, cost: Costs, pace: Pace) -> SimulatedBook:
    """Every run, stretch after stretch, in so many lanes."""
    return _Simulation(runs, lanes, cost, pace).book()


@dataclass(order=True)
class _Lane:
    """A lane that speaks, by the step at which it is free for what follows."""

    until: int
    number: int
    begun: int = field(compare=False)
    own: int = field(compare=False)
    rest: list[Stretch] = field(compare=False)


class _Simulation:
    """The lanes, and the steps that have passed."""

    def __init__(self, runs: Iterable[Run], lanes: int, cost: Costs, pace: Pace) -> None:
        self._waiting = longest_first(runs, pace.read_ahead)
        self._cost, self._pace = cost, pace
        self._lanes: list[_Lane] = []
        self._begun = self._now = 0
        self._own_at_step_0 = 0
        """Of all lanes that speak, as if each had been speaking since the first step."""
        self._book = SimulatedBook(lanes)

    def book(self) -> SimulatedBook:
        self._refill([])
        while self._lanes:
            self._speak_until(self._lanes[0].until)
            going_on = []
            while self._lanes and self._lanes[0].until == self._now:
                lane = heapq.heappop(self._lanes)
                self._own_at_step_0 -= lane.own - lane.begun
                if lane.rest:
                    going_on.append(lane.rest)
            self._refill(going_on)
        return self._book

    def _refill(self, going_on: list[list[Stretch]]) -> None:
        free = self._book.lanes - len(self._lanes) - len(going_on)
        fresh = (list(run) for _, run in zip(range(free), self._waiting, strict=False))
        prompts = [self._begin(stretches) for stretches in (*going_on, *fresh)]
        if prompts:
            self._book.prefilled += sum(prompts)
            self._book.prefill += self._cost.prefill(len(prompts), sum(prompts))

    def _begin(self, stretches: list[Stretch]) -> int:
        """The next stretch of a run, in a free lane; returns what is prefilled for it."""
        first, *rest = stretches
        self._begun += 1
        until = self._now + self._pace.steps(first.frames)
        heapq.heappush(self._lanes, _Lane(until, self._begun, self._now, first.own, rest))
        self._own_at_step_0 += first.own - self._now
        self._book.frames += first.frames
        return first.prefilled

    def _speak_until(self, until: int) -> None:
        speaking, steps, book = len(self._lanes), until - self._now, self._book
        own = self._own_at_step_0 + speaking * (self._now + steps / 2)
        book.decode += steps * self._cost.step(speaking, own)
        book.steps += steps
        book.lane_steps += steps * speaking
        book.own_positions += steps * own
        book.tail_steps = book.tail_steps + steps if 2 * speaking < book.lanes else 0
        self._now = until


def longest_first(runs: Iterable[Run], read_ahead: int | None) -> Iterator[Run]:
    """The longest of so many runs that are read ahead, again and again, as the engine's waiting
    room gives them."""
    if read_ahead is None:
        yield from runs
        return
    source = enumerate(runs)
    waiting: list[tuple[int, int, Run]] = []
    while True:
        for number, run in source:
            heapq.heappush(waiting, (-sum(one.frames for one in run), number, run))
            if len(waiting) == read_ahead:
                break
        if not waiting:
            return
        yield heapq.heappop(waiting)[2]


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
