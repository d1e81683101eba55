"""The performance in two passes: lay the takes and measure; then one gain a section, one ceiling.

    section 1                section 2             a section is a chapter (or the whole book)
    ▁▃▆▅▃▁…▁▃▆▃▁             …▁▂▄▅▃▁               its loudness is measured and its gain found alone
    |--- gain, limiter ---|  |-- gain, limiter --|

Nothing is written between the passes: any stretch is made of the takes again when it is asked for
(`score.py`), block by block, in threads. Samples depend neither on blocks nor on threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from higgs_cli.audio.clip import Samples
from higgs_cli.audio.sound import MeasuredBlock
from higgs_cli.mastering.blocks import Blocks
from higgs_cli.mastering.excerpt import Excerpt
from higgs_cli.mastering.levelling import Leveller
from higgs_cli.mastering.room import Room
from higgs_cli.mastering.score import ChunkPlace, Score
from higgs_cli.mastering.section import Level, Section, Target, section_levelled
from higgs_cli.mastering.workers import Workers

Made = TypeVar("Made")

RECENT_BYTES = 24 << 20
"""Of takes, for each thread: what two blocks need."""


@dataclass(frozen=True)
class Performance:
    """Everything spoken, and the gains with which it is heard: samples are made when asked for."""

    score: Score
    levels: tuple[Level, ...]
    target: Target
    room: Room
    workers: Workers = field(repr=False)
    tell: Callable[[float], None] = field(repr=False)

    @property
    def sample_rate(self) -> int:
        return self.score.sample_rate

    @property
    def sample_count(self) -> int:
        return self.score.end + self.room.tail_samples(self.sample_rate)

    @property
    def places(self) -> tuple[ChunkPlace, ...]:
        return self.score.places

    @property
    def duration_seconds(self) -> float:
        return self.sample_count / self.sample_rate

    @property
    def times(self) -> dict[int, tuple[float, float]]:
        """Where each chunk starts and ends, in seconds, by its number."""
        rate = self.sample_rate
        return {each.chunk_number: (each.start / rate, each.end / rate) for each in self.places}

    @property
    def leads(self) -> dict[int, float]:
        """How much of the beginning of each chunk's sound is left out, in seconds."""
        return {each.chunk_number: each.lead / self.sample_rate for each in self.places}

    @property
    def chapter_gains(self) -> dict[int, float]:
        """Decibels, by chapter number."""
        return {number: each.gain_db for each in self.levels for number in each.chapters}

    def stretch(self, start: int, end: int) -> Samples:
        """The finished samples from one place to another; silence before the first and after the
        last."""
        samples = np.zeros(end - start, dtype=np.float32)
        for level in self.levels:
            begin, stop = max(start, level.start), min(end, level.end)
            if begin < stop:
                heard = section_levelled(self.score, level, self.target, begin, stop)
                samples[begin - start : stop - start] = heard
        begin, stop = max(start, 0), min(end, self.sample_count)
        if begin < stop:
            self.room.add_tone(samples[begin - start : stop - start], begin, self.sample_rate)
        return samples

    def part(self, start: int, end: int, fade_in: int = 0, fade_out: int = 0) -> Excerpt:
        """From one sample to another, as a sound by itself."""
        return Excerpt(self.stretch, self.sample_rate, self.workers, start, end, fade_in, fade_out)

    def blocks(self, work: Callable[[Samples], Made]) -> Iterator[MeasuredBlock[Made]]:
        """All of it, as `work` makes it in threads; see `Sound`."""
        count, done = self.sample_count, 0
        blocks = Blocks(self.stretch, self.sample_rate, count)
        for block in blocks.made(self.workers, work):
            yield block
            done += block.sample_count
            self.tell(0.5 + 0.5 * done / max(1, count))


@contextmanager
def performed(
    sections: Iterable[Section],
    sample_rate: int,
    target: Target,
    thread_count: int | None = None,
    part_count: int = 1,
    tell: Callable[[float], None] = lambda share: None,
    room: Room = Room(),
) -> Iterator[Performance]:
    """Lay the parts and find the gains; samples can be had until the block is left.

    `tell` hears how much is done of laying so many parts, and of handing out all blocks once.
    """
    with Workers(thread_count) as workers:
        score = Score(sample_rate, RECENT_BYTES * workers.thread_count, room.head_seconds)
        leveller = Leveller(score, target, workers, lambda laid: tell(0.5 * laid / part_count))
        yield Performance(score, tuple(leveller.levels(sections)), target, room, workers, tell)
