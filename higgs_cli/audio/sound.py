"""A finished sound that comes in blocks, as whoever writes it needs to know it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from higgs_cli.audio.clip import Samples
from higgs_cli.audio.k_weighting import Steps

Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class MeasuredBlock(Generic[Made]):
    """What was made of some samples, and what they measure."""

    content: Made
    sample_count: int
    step_powers: Steps
    """As `k_weighting.step_powers` has them; all blocks but the last are of whole steps."""
    true_peak: float


class Sound(Protocol):
    """Mono samples of a known rate and number."""

    @property
    def sample_rate(self) -> int: ...

    @property
    def sample_count(self) -> int: ...

    def blocks(self, work: Callable[[Samples], Made]) -> Iterator[MeasuredBlock[Made]]:
        """All samples in order, each block as `work` makes it, in other threads."""
        ...


class WholeSound(Sound, Protocol):
    """One that can be cut: what is delivered besides it is made of its parts."""

    def part(self, start: int, end: int, fade_in: int = 0, fade_out: int = 0) -> Sound:
        """From one sample to another, as a sound by itself; fades are in samples."""
        ...
