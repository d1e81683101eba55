"""Bring the voices of a cast to one level: a gain per voice from its average, never per line.

A whisper stays a whisper: only the average over all lines of a voice is moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from higgs_cli.audio.loudness import BlockPower

COMMON_LUFS = -23.0
LARGEST_GAIN_DB = 12.0
UNEVEN_LINE_DB = 4.0


@dataclass(frozen=True)
class LineLevel:
    """How loud one take is, and whose it is."""

    chunk_number: int
    voice: str
    power: BlockPower


def voice_gains(lines: Iterable[LineLevel]) -> dict[str, float]:
    """Decibels that bring each voice's average to the common level, within reason."""
    totals: dict[str, BlockPower] = {}
    for line in lines:
        totals[line.voice] = totals.get(line.voice, BlockPower(0.0, 0)).plus(line.power)
    return {voice: _gain_db(total) for voice, total in totals.items()}


def uneven_lines(lines: Iterable[LineLevel]) -> Mapping[int, float]:
    """Chunks more than 4 dB off the median of their voice, with how much: used, and reported."""
    by_voice: dict[str, list[tuple[int, float]]] = {}
    for line in lines:
        if (loudness := line.power.loudness_lufs) is not None:
            by_voice.setdefault(line.voice, []).append((line.chunk_number, loudness))
    uneven: dict[int, float] = {}
    for levels in by_voice.values():
        middle = median(loudness for _, loudness in levels)
        for chunk_number, loudness in levels:
            if abs(loudness - middle) > UNEVEN_LINE_DB:
                uneven[chunk_number] = loudness - middle
    return uneven


def _gain_db(total: BlockPower) -> float:
    loudness = total.loudness_lufs
    if loudness is None:
        return 0.0
    return max(-LARGEST_GAIN_DB, min(LARGEST_GAIN_DB, COMMON_LUFS - loudness))
