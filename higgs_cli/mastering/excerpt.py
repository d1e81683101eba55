"""A part of a performance that is a sound by itself, faded where it is cut.

performance  ▁▃▆▅▃▁…▁▃▆▃▁…▁▂▄▅▃▁
excerpt         |‥▆▅▃▁…▁▃▆▃▁‥|        the same samples, but for the fades
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from higgs_cli.audio.clip import Samples
from higgs_cli.audio.sound import MeasuredBlock
from higgs_cli.mastering.blocks import Blocks
from higgs_cli.mastering.workers import Workers

Made = TypeVar("Made")


@dataclass(frozen=True)
class Excerpt:
    """From one sample of a performance to another; before and after it nothing sounds."""

    whole: Callable[[int, int], Samples]
    """Any stretch of the performance."""
    sample_rate: int
    workers: Workers
    start: int
    end: int
    fade_in: int = 0
    """In samples: a raised cosine from zero."""
    fade_out: int = 0

    @property
    def sample_count(self) -> int:
        return self.end - self.start

    def stretch(self, start: int, end: int) -> Samples:
        """Samples counted from the excerpt's first."""
        samples = np.zeros(end - start, dtype=np.float32)
        begin, stop = max(start, 0), min(end, self.sample_count)
        if begin < stop:
            heard = self.whole(self.start + begin, self.start + stop)
            samples[begin - start : stop - start] = heard * self._gains(begin, stop)
        return samples

    def blocks(self, work: Callable[[Samples], Made]) -> Iterator[MeasuredBlock[Made]]:
        """All of it; see `Sound`."""
        blocks = Blocks(self.stretch, self.sample_rate, self.sample_count)
        return blocks.made(self.workers, work)

    def _gains(self, start: int, end: int) -> Samples:
        at = np.arange(start, end)
        rising = np.clip((at + 1) / (self.fade_in + 1), 0.0, 1.0)
        falling = np.clip((self.sample_count - at) / (self.fade_out + 1), 0.0, 1.0)
        gains = (0.5 - 0.5 * np.cos(np.pi * rising)) * (0.5 - 0.5 * np.cos(np.pi * falling))
        return gains.astype(np.float32)
