"""A section: chapters that are brought to their level together, as if nothing else were there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from higgs_cli.audio.clip import Samples
from higgs_cli.mastering.limiter import limited, margin_samples
from higgs_cli.mastering.score import Part, Score


@dataclass(frozen=True)
class Target:
    """What each section of the file shall measure."""

    loudness_lufs: float = -19.0
    true_peak_db: float = -1.5


@dataclass(frozen=True)
class Section:
    """What a section is joined of."""

    chapters: tuple[int, ...]
    parts: Iterable[Part]
    expected_lufs: float | None = None
    """About how loud it will be, by what is known of its takes: it saves a pass."""


@dataclass(frozen=True)
class Level:
    """Where a section lies in the performance, and the gain that it gets."""

    chapters: tuple[int, ...]
    start: int
    end: int
    gain_db: float


def section_samples(score: Score, level: Level, start: int, end: int) -> Samples:
    """A stretch at the level of the takes; before and after the section nothing sounds."""
    samples = np.zeros(end - start, dtype=np.float32)
    begin, stop = max(start, level.start), min(end, level.end)
    if begin < stop:
        samples[begin - start : stop - start] = score.stretch(begin, stop)
    return samples


def section_levelled(score: Score, level: Level, target: Target, start: int, end: int) -> Samples:
    """A stretch as it will be heard."""
    margin = margin_samples(score.sample_rate)
    context = section_samples(score, level, start - margin, end + margin)
    return limited(context, score.sample_rate, level.gain_db, target.true_peak_db)[0]
