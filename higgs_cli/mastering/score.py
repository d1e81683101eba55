"""Where each take lies in the performance, from which any stretch of it can be made at any time.

    take 1          pause              take 2
    ▁▃▆▅▃▂▁‥‥‥|..................|‥‥▁▂▆▆▄▂▁‥‥
          tail                    lead
          |<-- the pause that was asked for -->|

The silence that a take keeps at its edges counts towards the pause. Every take begins and ends at
zero, so that no join can click. A score holds a few numbers a take; samples are made of the sounds
of the takes when they are asked for, by as many threads as ask.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from higgs_cli.audio.clip import AudioClip, Samples
from higgs_cli.mastering.edges import (
    LEAD_MARGIN_SECONDS,
    TAIL_MARGIN_SECONDS,
    Edges,
    faded,
    find_edges,
)
from higgs_cli.mastering.recent_sounds import RecentSounds


@dataclass(frozen=True)
class Part:
    """One chunk on its way into the performance: the sound of its take, or None where it failed."""

    chunk_number: int
    pause_seconds: float
    sound: Callable[[], Samples] | None
    """The same samples, as often as asked and by whatever thread."""
    gain_db: float = 0.0
    silence_seconds: float = 0.0
    """How long the silence is that stands for a failed take."""


@dataclass(frozen=True)
class ChunkPlace:
    """Where a chunk lies in the performance, in samples."""

    chunk_number: int
    start: int
    end: int
    lead: int = 0
    """How much of the beginning of its sound is left out."""


@dataclass(frozen=True)
class _Laid:
    """A part with its place, and what of its sound is used."""

    part: Part
    start: int
    edges: Edges

    @property
    def end(self) -> int:
        return self.start + self.edges.end - self.edges.start


_start = attrgetter("start")


class Score:
    """Grows part by part; what is laid does not change."""

    def __init__(self, sample_rate: int, most_bytes: int, head_seconds: float = 0.0) -> None:
        self.sample_rate = sample_rate
        self._head_seconds = head_seconds
        self.end = 0
        """How many samples are laid."""
        self._laid: list[_Laid] = []
        self._recent = RecentSounds(most_bytes)

    @property
    def places(self) -> tuple[ChunkPlace, ...]:
        return tuple(
            ChunkPlace(one.part.chunk_number, one.start, one.end, one.edges.start)
            for one in self._laid
        )

    def edges_of(self, number: int, part: Part) -> Edges:
        """What will be used of the sound of a part that is laid as this number, or soon will be."""
        if part.sound is None:
            return Edges(0, round(part.silence_seconds * self.sample_rate))
        found: list[Edges] = []

        def made() -> Samples:
            clip = self._clip(part)
            found.append(find_edges(clip))
            return self._shaped(part, clip, found[0])

        self._recent.get(number, made)
        return found[0]

    def lay(self, part: Part, edges: Edges) -> None:
        """The next part, after its pause; the first, after the head of the room too."""
        kept = LEAD_MARGIN_SECONDS + (TAIL_MARGIN_SECONDS if self._laid else 0.0)
        least = 0.0 if self._laid else self._head_seconds
        pause_seconds = max(least, part.pause_seconds)
        start = self.end + max(0, round((pause_seconds - kept) * self.sample_rate))
        self._laid.append(_Laid(part, start, edges))
        self.end = self._laid[-1].end

    def stretch(self, start: int, end: int, only: Container[int] | None = None) -> Samples:
        """What sounds from one place to another, at the level of the takes; the caller's own.
        `only`: nothing but these chunks."""
        samples = np.zeros(end - start, dtype=np.float32)
        first = max(0, bisect_right(self._laid, start, key=_start) - 1)
        for number in range(first, bisect_left(self._laid, end, key=_start)):
            laid = self._laid[number]
            begin, stop = max(start, laid.start), min(end, laid.end)
            is_heard = only is None or laid.part.chunk_number in only
            if laid.part.sound is not None and is_heard and begin < stop:
                sound = self._sound(number)
                samples[begin - start : stop - start] = sound[
                    begin - laid.start : stop - laid.start
                ]
        return samples

    def _sound(self, number: int) -> Samples:
        laid = self._laid[number]
        return self._recent.get(
            number, lambda: self._shaped(laid.part, self._clip(laid.part), laid.edges)
        )

    def _clip(self, part: Part) -> AudioClip:
        assert part.sound is not None
        return AudioClip(part.sound(), self.sample_rate)

    def _shaped(self, part: Part, clip: AudioClip, edges: Edges) -> Samples:
        used = AudioClip(clip.samples[edges.start : edges.end], clip.sample_rate)
        return faded(used).louder(part.gain_db).samples
