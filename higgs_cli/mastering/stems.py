"""A stem: what one speaker says in a performance, where and as loud as it is said there.

    mix           ▁▃▆▅▃▁…▁▃▆▃▁…▁▂▄▅▃▁      takes never overlap: at any sample one speaker sounds
    stem of ANN   ▁▃▆▅▃▁……………………▁▂▄▅▃▁      at the gains of her voice and of the chapter
    stem of BEN   ………………▁▃▆▃▁………………           their sum is the mix before the limiter, bit for bit

The limiter, which hears all of them, and the room tone are in none of them; the tone is a stem of
its own. Each is made of the takes when it is asked for, so that a stem takes no memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from higgs_cli.audio.clip import Samples, db_to_ratio
from higgs_cli.audio.sound import MeasuredBlock
from higgs_cli.mastering.blocks import Blocks
from higgs_cli.mastering.master import Performance

Made = TypeVar("Made")


@dataclass(frozen=True)
class Stem:
    """A sound as long as the performance."""

    performance: Performance
    chunks: frozenset[int] | None
    """Numbers of what is heard in it; None for the room tone."""

    @property
    def sample_rate(self) -> int:
        return self.performance.sample_rate

    @property
    def sample_count(self) -> int:
        return self.performance.sample_count

    def stretch(self, start: int, end: int) -> Samples:
        samples = np.zeros(end - start, dtype=np.float32)
        if self.chunks is None:
            self._add_tone(samples, start, end)
            return samples
        for level in self.performance.levels:
            begin, stop = max(start, level.start), min(end, level.end)
            if begin < stop:
                heard = self.performance.score.stretch(begin, stop, self.chunks)
                heard *= np.float32(db_to_ratio(level.gain_db))
                samples[begin - start : stop - start] = heard
        return samples

    def blocks(self, work: Callable[[Samples], Made]) -> Iterator[MeasuredBlock[Made]]:
        """All of it; see `Sound`."""
        blocks = Blocks(self.stretch, self.sample_rate, self.sample_count)
        return blocks.made(self.performance.workers, work)

    def _add_tone(self, samples: Samples, start: int, end: int) -> None:
        begin, stop = max(start, 0), min(end, self.sample_count)
        if begin < stop:
            room = self.performance.room
            room.add_tone(samples[begin - start : stop - start], begin, self.sample_rate)
