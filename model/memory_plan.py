"""How many lanes fit beside a loaded model. Plain numbers in, a plan out; no device is asked.

Lanes are chosen to use at most 80 % of what is free; what the user insists on is taken up to 90 %,
with a warning, and refused beyond. A prefill and the codec need room beside the lanes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from model.config import ModelConfig
from model.errors import GenerationError

WARNING_SHARE = 0.8
REFUSAL_SHARE = 0.9
_LOW_LANES = 4
_WORK_BYTES = 1_000_000_000
"""A prefill of some thousand positions and a codec window at their widest (estimated)."""
_GIGABYTE = 1e9


class MemoryWish(StrEnum):
    """What the user asks for."""

    AUTO = "auto"
    """As many lanes as fit."""
    LOW = "low"
    """Few lanes: other programs need the device too."""


@dataclass(frozen=True)
class MemoryPlan:
    """What was chosen, and what it takes beside the weights."""

    lane_count: int
    position_count: int
    needed_bytes: int
    free_bytes: int

    @property
    def share(self) -> float:
        """Of the free memory."""
        return self.needed_bytes / self.free_bytes

    @property
    def warning(self) -> str | None:
        """One sentence if it will be tight."""
        if self.share <= WARNING_SHARE:
            return None
        return f"{self.share:.0%} of the free memory will be in use; fewer lanes leave more room"

    def describe(self) -> str:
        """One line for the person who renders."""
        return (
            f"{self.lane_count} lanes of {self.position_count} positions: "
            f"{self.needed_bytes / _GIGABYTE:.1f} of {self.free_bytes / _GIGABYTE:.1f} GB free"
        )


def plan_memory(
    config: ModelConfig,
    free_bytes: int,
    position_count: int,
    value_bytes: int,
    wish: MemoryWish = MemoryWish.AUTO,
    lane_count: int | None = None,
    most_lanes: int = 256,
) -> MemoryPlan:
    """`value_bytes` is the size of one number of the cache; `lane_count` what the user insists on.

    Raises `GenerationError` if more than 90 % of what is free would be needed.
    """
    of_lane = lane_bytes(config, position_count, value_bytes)
    fitting = int(free_bytes * WARNING_SHARE - _WORK_BYTES) // of_lane
    ceiling = _LOW_LANES if wish is MemoryWish.LOW else most_lanes
    lanes = lane_count or max(1, min(ceiling, fitting))
    plan = MemoryPlan(lanes, position_count, _WORK_BYTES + lanes * of_lane, free_bytes)
    if plan.share > REFUSAL_SHARE:
        raise GenerationError(
            f"{plan.describe()}, more than {REFUSAL_SHARE:.0%}: too tight to begin; "
            "fewer lanes or a shorter context would do"
        )
    return plan


def lane_bytes(config: ModelConfig, position_count: int, value_bytes: int) -> int:
    """Keys and values of one lane."""
    of_position = 2 * config.kv_slot_count * config.kv_head_count * config.head_dim
    return of_position * position_count * value_bytes
