"""Is a take as loud, as bright and as clean as its voice is? Measures in decibels, by the records.

Each is held against the median of the voice's first takes in the book: a recording may be quiet,
dull or noisy, and all of its takes are. What a voice's takes differ by is small, in clean speech as
in mini's, and a fault is large: limits lie far from both, as no take is worth speaking again that a
listener would not notice. When a norm stands: `book_judge.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from higgs_cli.planning.estimate import measure
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.book_judge import LEAST_TAKES
from higgs_cli.takes.measure import Voice
from higgs_cli.takes.take import Finding, Levels, TakeRecord, Verdict

LEVEL_CHECK, TREBLE_CHECK, BACKGROUND_CHECK = "uneven-level", "muffled", "background"
LEAST_SECONDS = 1.0
"""Of speech that is expected: what is shorter has any level."""
SPREADS = 4.0
"""What is usual for a voice that varies more is no fault in it."""
SPREAD_OF_MEDIAN = 1.4826
"""The median deviation of a normal distribution, in its standard deviations."""

LEVEL_OFF_DB = 6.5
"""What is more than 4 dB off is listed when the book is mastered."""
MUFFLED_DB, PERHAPS_MUFFLED_DB = 30.0, 26.0
MOST_TREBLE_SPREAD_DB = 7.0
"""A voice of which one line in three has no hiss at all is not known better by its spread."""
CLEAN_DB = -41.0
"""Below the speech, a background that nobody hears."""
BACKGROUND_DB, PERHAPS_BACKGROUND_DB = 10.0, 8.0
"""Above what is usual, or above what is clean."""


@dataclass(frozen=True)
class DecibelNorm:
    """What is usual for one voice, in decibels; nothing of a voice that says too little."""

    middle: float | None
    spread: float = 0.0


def level_of(levels: Levels) -> float | None:
    """How loud the speech is, to the ear."""
    if not levels.block_count or levels.block_power_sum <= 0:
        return None
    return 10.0 * math.log10(levels.block_power_sum / levels.block_count)


def background_of(levels: Levels) -> float | None:
    """How loud it is where nobody speaks, against the speech; what nobody hears is all alike."""
    level = level_of(levels)
    if level is None or levels.floor_db is None:
        return None
    return max(CLEAN_DB, levels.floor_db - level)


def is_told_by_levels(chunk: Chunk) -> bool:
    """Whether the levels of its takes say anything."""
    return chunk.seconds >= LEAST_SECONDS and not measure(chunk.text).sounds


def is_measured(chunk: Chunk, record: TakeRecord | None) -> bool:
    """Whether the levels can be asked, or need not be; earlier versions have measured fewer."""
    return record is None or record.levels.floor_db is not None or not is_told_by_levels(chunk)


class _LevelMeasure:
    """What is common to them: their records are enough, and the norm is a median."""

    name = ""
    listener = None
    listener_name = ""

    def of_book(self, chunks: Sequence[Chunk]) -> Self:
        return self

    def is_told(self, chunk: Chunk) -> bool:
        return is_told_by_levels(chunk)

    def norm(self, voice: Voice, sample: Sequence[tuple[Chunk, TakeRecord]]) -> DecibelNorm:
        measured = (self.value(record.levels) for _, record in sample)
        values = [value for value in measured if value is not None]
        if len(values) < LEAST_TAKES:
            return DecibelNorm(None)
        middle = median(values)
        return DecibelNorm(middle, SPREAD_OF_MEDIAN * median(abs(v - middle) for v in values))

    def finding(self, chunk: Chunk, evidence: TakeRecord, norm: DecibelNorm) -> Finding | None:
        value = self.value(evidence.levels)
        return None if value is None else self.judged(value, norm)

    def value(self, levels: Levels) -> float | None:
        raise NotImplementedError

    def judged(self, value: float, norm: DecibelNorm) -> Finding | None:
        raise NotImplementedError


class SpeechLevel(_LevelMeasure):
    """Louder or softer than all else that the voice says; not asked of takes of earlier versions,
    which would be spoken again."""

    name = "level"

    def value(self, levels: Levels) -> float | None:
        return level_of(levels) if levels.floor_db is not None else None

    def judged(self, value: float, norm: DecibelNorm) -> Finding | None:
        if norm.middle is None:
            return None
        off = value - norm.middle
        if abs(off) <= max(LEVEL_OFF_DB, SPREADS * norm.spread):
            return None
        detail = f"{off:+.1f} dB from the median level of its voice"
        return Finding(LEVEL_CHECK, Verdict.FAIL, detail)


class Treble(_LevelMeasure):
    """Above 5 kHz something is missing that the voice has."""

    name = "treble"

    def value(self, levels: Levels) -> float | None:
        return levels.treble_db

    def judged(self, value: float, norm: DecibelNorm) -> Finding | None:
        if norm.middle is None:
            return None
        missing = norm.middle - value
        usual = SPREADS * min(norm.spread, MOST_TREBLE_SPREAD_DB)
        if missing <= max(PERHAPS_MUFFLED_DB, usual):
            return None
        verdict = Verdict.FAIL if missing > max(MUFFLED_DB, usual) else Verdict.INCONCLUSIVE
        detail = f"{missing:.0f} dB less above 5 kHz than its voice has"
        return Finding(TREBLE_CHECK, verdict, detail)


class Background(_LevelMeasure):
    """Where nobody speaks it is louder than behind the voice's other takes: hum, noise, music."""

    name = "background"

    def value(self, levels: Levels) -> float | None:
        return background_of(levels)

    def judged(self, value: float, norm: DecibelNorm) -> Finding | None:
        above = value - (CLEAN_DB if norm.middle is None else norm.middle)
        if above <= max(PERHAPS_BACKGROUND_DB, SPREADS * norm.spread):
            return None
        is_sure = norm.middle is not None and above > max(BACKGROUND_DB, SPREADS * norm.spread)
        detail = f"noise, hum or music {-value:.0f} dB under the speech"
        return Finding(BACKGROUND_CHECK, Verdict.FAIL if is_sure else Verdict.INCONCLUSIVE, detail)
