"""When each word of a chunk is heard, by the plan and the pauses of its sound.

A chunk's start and end are exact. In between, time is shared by how many characters are spoken;
where the sound pauses near a mark, the word before ends there and the next begins behind it.

    written   It was late,   and   nobody   came.
    sound     ▂▅▆▅▃▂▁ · · · ·▂▅▃▂▅▆▅▂▁▂▅▆▅▂▁
              |-- shared --|  |----- shared ------|
                           pause
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from higgs_cli.output.sketch import LEVEL_SECONDS, Levels
from higgs_cli.output.written_words import WrittenWord

QUIET_SHARE = 0.06
"""Of the usual level of a chunk: below it, nothing is said."""
SHORTEST_PAUSE_SECONDS = 0.09
REACH_SECONDS, REACH_SHARE = 0.4, 0.12
"""How far from where a mark is expected a pause may lie: the larger of both, of the chunk."""
WEIGHT_OF_A_MARK = 3
"""A phrase takes longer at its end, as many characters as this."""


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word and when it is heard."""

    word: WrittenWord
    start_seconds: float
    end_seconds: float


class Levelled(Protocol):
    """A sound of which it is known how loud it is where; a sketch is one."""

    def levels_between(self, start_seconds: float, end_seconds: float) -> Levels: ...


@dataclass(frozen=True, slots=True)
class Pause:
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Seam:
    """Where one part ends and the next begins."""

    index: int
    """Of the first word behind it."""
    end: float
    start: float


def words_between(
    words: Sequence[WrittenWord], start: float, end: float, sketch: Levelled | None
) -> tuple[TimedWord, ...]:
    """Words that are heard from one time to another, of which the sound is sketched."""
    if sketch is None or not words:
        return tuple(_shared(words, start, end))
    return tuple(_tied(words, start, pauses_between(sketch, start, end), end))


def _shared(words: Sequence[WrittenWord], start: float, end: float) -> list[TimedWord]:
    """One after another, each as long as what is spoken for it."""
    weights = [_weight(word) for word in words]
    total, said = sum(weights), 0
    timed, at = [], start
    for word, weight in zip(words, weights, strict=True):
        said += weight
        until = start + (end - start) * said / total
        timed.append(TimedWord(word, at, until))
        at = until
    return timed


def _weight(word: WrittenWord) -> int:
    return max(1, word.weight) + (WEIGHT_OF_A_MARK if word.ends_phrase else 1)


def _tied(
    words: Sequence[WrittenWord], start: float, pauses: Sequence[Pause], end: float
) -> list[TimedWord]:
    """The same, in parts between pauses."""
    timed: list[TimedWord] = []
    first, begin = 0, start
    for seam in [*_seams(words, start, pauses, end), Seam(len(words), end, end)]:
        timed += _shared(words[first : seam.index], begin, seam.end)
        first, begin = seam.index, seam.start
    return timed


def _seams(
    words: Sequence[WrittenWord], start: float, pauses: Sequence[Pause], end: float
) -> list[Seam]:
    """Marks that have a pause, each the longest near it that leaves the order as it is."""
    expected = _shared(words, start, end - sum(pause.end - pause.start for pause in pauses))
    marks = [index for index in range(1, len(words)) if words[index - 1].ends_phrase]
    reach = max(REACH_SECONDS, REACH_SHARE * (end - start))
    found: dict[int, Pause] = {}
    for pause in sorted(pauses, key=lambda each: each.start - each.end):
        before = sum(max(0.0, min(each.end, pause.start) - each.start) for each in pauses)
        free = [index for index in marks if index not in found and keeps_order(found, index, pause)]
        if not free:
            continue
        nearest = min(free, key=lambda at: abs(expected[at].start_seconds + before - pause.start))
        if abs(expected[nearest].start_seconds + before - pause.start) <= reach:
            found[nearest] = pause
    return [Seam(index, found[index].start, found[index].end) for index in sorted(found)]


def keeps_order(found: dict[int, Pause], index: int, pause: Pause) -> bool:
    return all((at < index) == (other.start < pause.start) for at, other in found.items())


def pauses_between(sound: Levelled, start: float, end: float) -> list[Pause]:
    """Where speech pauses, but for the edges."""
    levels = sound.levels_between(start, end)
    loud = levels[levels > 0]
    if len(loud) < round(SHORTEST_PAUSE_SECONDS / LEVEL_SECONDS):
        return []
    is_quiet = levels < QUIET_SHARE * float(np.percentile(loud, 80))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_quiet.astype(np.int8), [0]])))
    return [
        Pause(start + int(first) * LEVEL_SECONDS, start + int(last) * LEVEL_SECONDS)
        for first, last in zip(edges[::2], edges[1::2], strict=True)
        if (last - first) * LEVEL_SECONDS >= SHORTEST_PAUSE_SECONDS
        if first > 0 and last < len(levels)
    ]
