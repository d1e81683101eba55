"""How a model is fitted into the memory there is: precision, placement, lanes, length of their
cache.

Plain numbers in, a plan out; no device is asked. The precision follows from all the memory a
device has, so that it is the same tomorrow; the rest from what is free now. Lanes are chosen to use
at most 80 % of what is free; what the user insists on is taken up to 90 %, and refused beyond.

    weights (text path on the device, or on the host) + codec + room to work
        + lanes · positions + ready runs · positions of a text
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from model.config.config import ModelConfig
from model.errors import MemoryPlanError, Remedy
from model.hardware.free_memory import DeviceMemory
from model.placement.sizes import (
    Precision,
    lane_bytes,
    text_head_bytes,
    weight_bytes,
    work_bytes,
)
from model.runs.engine_settings import MOST_READY_RUNS, READY_RUN_POSITIONS

WARNING_SHARE = 0.8
REFUSAL_SHARE = 0.9
ENOUGH_LANES = 8
"""A placement that leaves room for so many lanes needs no cheaper one."""
_LOW_LANES = 4
_GIGABYTE = 1e9
_SMALLER = {
    Precision.FLOAT32: Remedy.FLOAT32_WEIGHTS,
    Precision.BFLOAT16: Remedy.BFLOAT16_WEIGHTS,
    Precision.INT8_WEIGHTS: Remedy.INT8_WEIGHTS,
}
"""Precisions that may be smaller than another, the widest first."""


class MemoryWish(StrEnum):
    """What the user asks for."""

    AUTO = "auto"
    """As many lanes as fit."""
    LOW = "low"
    """As little as possible: other programs need the device too."""


class Placement(StrEnum):
    """Where the text path's feed-forward weights lie: audio frames never need them."""

    DEVICE = "all weights on the device"
    TEXT_ON_HOST = "text feed-forward in host memory, fetched for each prefill"


@dataclass(frozen=True)
class MemoryQuestion:
    """The model, the memory, and what of the plan is already decided."""

    config: ModelConfig
    memory: DeviceMemory
    precisions: Sequence[Precision]
    """The best first; one where the user insists."""
    position_counts: Sequence[int]
    """Of a lane's cache, the longest first; one where the length must not change."""
    placements: Sequence[Placement] = (Placement.DEVICE,)
    codec_bytes: int = 0
    wish: MemoryWish = MemoryWish.AUTO
    lane_count: int | None = None
    """What the user insists on."""
    most_lanes: int = 256
    quantized_keys: bool = False
    """Keys and values in one byte each."""
    host_free_bytes: int | None = None
    """Of the host beside a device with memory of its own; None where nobody knows."""
    replies: bool = False
    """Are words drawn beside what is spoken? That takes a head, and a lane that only replies."""


@dataclass(frozen=True)
class MemoryPlan:
    """What was chosen, and what it takes, weights and all."""

    precision: Precision
    placement: Placement
    lane_count: int
    position_count: int
    needed_bytes: int
    free_bytes: int
    ready_runs: int = 0
    """Runs that are prefilled before a lane is free for them."""

    @property
    def share(self) -> float:
        """Of the free memory."""
        return self.needed_bytes / max(1, self.free_bytes)

    @property
    def warning(self) -> str | None:
        """One sentence if it will be tight."""
        if self.share <= WARNING_SHARE:
            return None
        return f"{self.share:.0%} of the free memory will be in use; fewer lanes leave more room"

    def describe(self) -> str:
        """One line for the person who renders."""
        lanes = "1 lane" if self.lane_count == 1 else f"{self.lane_count} lanes"
        where = "" if self.placement is Placement.DEVICE else f", {self.placement.value}"
        needed, free = self.needed_bytes / _GIGABYTE, self.free_bytes / _GIGABYTE
        return (
            f"{self.precision.value}{where}, {lanes} of {self.position_count} positions: "
            f"needs {needed:.1f} of {free:.1f} GB free"
        )


def plan_memory(question: MemoryQuestion) -> MemoryPlan:
    """The best plan that fits, or `MemoryPlanError` with what would."""
    asked = replace(question, precisions=(_precision(question),))
    options = list(_options(asked))
    fitting = [plan for plan in options if plan.share <= WARNING_SHARE]
    if question.wish is MemoryWish.LOW and fitting:
        return min(fitting, key=lambda plan: plan.needed_bytes)
    for plan in fitting:
        if question.lane_count or plan.lane_count >= min(ENOUGH_LANES, question.most_lanes):
            return plan
    if fitting:
        return max(fitting, key=lambda plan: plan.lane_count)
    smallest = min(options, key=lambda plan: plan.needed_bytes)
    if smallest.share <= REFUSAL_SHARE:
        return smallest
    raise MemoryPlanError(
        f"{smallest.describe()}, more than {REFUSAL_SHARE:.0%}: too tight to begin",
        list(_remedies(smallest, question)),
    )


def _precision(question: MemoryQuestion) -> Precision:
    """The first that one lane of it fits into the device, were the device empty."""
    whole = replace(question.memory, free_bytes=question.memory.total_bytes)
    for precision in question.precisions:
        alone = replace(
            question, memory=whole, precisions=(precision,), lane_count=1, host_free_bytes=None
        )
        if any(plan.share <= WARNING_SHARE for plan in _options(alone)):
            return precision
    return question.precisions[-1]


def _options(question: MemoryQuestion) -> list[MemoryPlan]:
    """Every placement and length with as many lanes as fit, at least one; the best first."""
    return [
        _filled(question, placement, positions)
        for placement in question.placements
        if placement is Placement.DEVICE or _host_holds_text(question)
        for positions in question.position_counts
    ]


def _host_holds_text(question: MemoryQuestion) -> bool:
    if question.host_free_bytes is None:
        return True
    config, precision = question.config, question.precisions[0]
    with_text = weight_bytes(config, precision, text_on_device=True)
    text = with_text - weight_bytes(config, precision, text_on_device=False)
    return text <= WARNING_SHARE * question.host_free_bytes


def _filled(question: MemoryQuestion, placement: Placement, positions: int) -> MemoryPlan:
    """As many lanes as 80 % of what is free holds, or as many as are wanted."""
    ceiling = _LOW_LANES if question.wish is MemoryWish.LOW else question.most_lanes
    most = question.lane_count or ceiling
    least = question.lane_count or 1
    wanted = range(least, most + 1)

    def share(lanes: int) -> float:
        return _plan(question, placement, positions, lanes).share

    fitting = bisect_right(wanted, WARNING_SHARE, key=share)
    return _plan(question, placement, positions, wanted[max(0, fitting - 1)])


def _plan(question: MemoryQuestion, placement: Placement, positions: int, lanes: int) -> MemoryPlan:
    config, precision, quantized = question.config, question.precisions[0], question.quantized_keys
    value_bytes = precision.value_bytes
    text_on_device = placement is Placement.DEVICE
    ready_runs = min(lanes, MOST_READY_RUNS) if question.memory.is_apart else 0
    needed = (
        weight_bytes(config, precision, text_on_device=text_on_device)
        + question.codec_bytes
        + work_bytes(config, precision, lanes, quantized_keys=quantized)
        + lanes * lane_bytes(config, positions, value_bytes, quantized_keys=quantized)
        + ready_runs
        * lane_bytes(config, READY_RUN_POSITIONS, value_bytes, quantized_keys=quantized)
    )
    if question.replies:
        needed += text_head_bytes(config, precision)
        needed += lane_bytes(config, positions, value_bytes)
    free = question.memory.free_bytes
    return MemoryPlan(precision, placement, lanes, positions, needed, free, ready_runs)


def _remedies(smallest: MemoryPlan, question: MemoryQuestion) -> Iterator[Remedy]:
    """What to do about too little memory, the least of changes first."""
    if question.lane_count and question.lane_count > 1:
        yield Remedy.FEWER_LANES
    if len(question.placements) == 1 and question.memory.is_apart:
        yield Remedy.LEAST_MEMORY
    if not _host_holds_text(replace(question, precisions=(smallest.precision,))):
        yield Remedy.HOST_MEMORY
    if question.memory.is_apart and not question.quantized_keys:
        yield Remedy.INT8_KEYS
    smaller = [one for one in _SMALLER if _is_smaller(one, smallest.precision, question)]
    if smaller:
        yield _SMALLER[smaller[0]]
    if question.memory.free_bytes < 0.7 * question.memory.total_bytes:
        yield Remedy.FREE_MEMORY
    yield Remedy.SMALLER_MODEL


def _is_smaller(one: Precision, than: Precision, question: MemoryQuestion) -> bool:
    fits_device = one.is_for_gpus == question.memory.is_apart or one is Precision.BFLOAT16
    return fits_device and one.bits < than.bits
