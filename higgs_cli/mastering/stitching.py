"""Join takes and pauses into one stream, and note where each chunk lies in it.

    take 1          pause              take 2
    ▁▃▆▅▃▂▁‥‥‥|..................|‥‥▁▂▆▆▄▂▁‥‥
          tail                    lead
          |<-- the pause that was asked for -->|

The silence that a take keeps at its edges counts towards the pause. Every take begins and ends at
zero, so that no join can click.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from higgs_cli.audio.clip import AudioClip, Samples
from higgs_cli.mastering.edges import LEAD_MARGIN_SECONDS, TAIL_MARGIN_SECONDS, trimmed

SILENT_PIECE_SECONDS = 10.0


@dataclass(frozen=True)
class Part:
    """One chunk on its way into the performance: its take, or None where it failed."""

    chunk_number: int
    pause_seconds: float
    clip: AudioClip | None
    gain_db: float = 0.0
    silence_seconds: float = 0.0
    """How long the silence is that stands for a failed take."""


@dataclass(frozen=True)
class ChunkPlace:
    """Where a chunk lies in the performance, in samples."""

    chunk_number: int
    start: int
    end: int


class Stitcher:
    """Turns parts into pieces of samples; `places` grows as they pass."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self.places: list[ChunkPlace] = []
        self._position = 0
        self._has_spoken = False

    def pieces(self, parts: Iterable[Part]) -> Iterator[Samples]:
        for part in parts:
            clip = self._spoken(part)
            yield from self._silence(self._gap_samples(part))
            start = self._position
            self._position += len(clip.samples)
            self._has_spoken = True
            self.places.append(ChunkPlace(part.chunk_number, start, self._position))
            yield clip.samples

    def _spoken(self, part: Part) -> AudioClip:
        if part.clip is None:
            length = round(part.silence_seconds * self.sample_rate)
            return AudioClip(np.zeros(length, dtype=np.float32), self.sample_rate)
        return trimmed(part.clip).louder(part.gain_db)

    def _gap_samples(self, part: Part) -> int:
        kept = LEAD_MARGIN_SECONDS + (TAIL_MARGIN_SECONDS if self._has_spoken else 0.0)
        return max(0, round((part.pause_seconds - kept) * self.sample_rate))

    def _silence(self, sample_count: int) -> Iterator[Samples]:
        longest = round(SILENT_PIECE_SECONDS * self.sample_rate)
        for start in range(0, sample_count, longest):
            length = min(longest, sample_count - start)
            self._position += length
            yield np.zeros(length, dtype=np.float32)
