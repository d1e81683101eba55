"""When each word of a chunk is heard, by what a recogniser heard of its take.

    written   It was late,   and   nobody   came.
    heard     It was late    and   __       came         by the recogniser, where it heard a word
    sound     ▂▅▆▅▃▂▁ · · · ·▂▅▃▂▅▆▅▂▁▂▅▆▅▂▁
              |--||--||---|  |---||---?---||----|
                          pause

What was not heard is shared out between its neighbours, as all of it is where nobody listened
(`word_times.py`). A recogniser says well which word is where, and badly where a pause ends: near a
pause the sound decides. The first word begins and the last ends with the chunk.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from higgs_cli.checks.heard_spans import HeardSpan
from higgs_cli.output.word_times import (
    Levelled,
    Pause,
    Seam,
    TimedWord,
    keeps_order,
    pauses_between,
    words_between,
)
from higgs_cli.output.written_words import WrittenWord

REACH_OF_A_MARK_SECONDS, REACH_SECONDS = 0.4, 0.12
"""So far from a pause one word may be heard to end and the next to begin, and still do so there."""
LEAST_CHARACTER_SECONDS = 0.03
"""Nobody says more in the time: where a word has less, it was not heard rightly."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """A word that was heard, by its number."""

    number: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class _Part:
    """Words `[first, last)`, which are said without a pause in between."""

    first: int
    last: int
    start: float
    end: float


def heard_between(
    words: Sequence[WrittenWord],
    start: float,
    end: float,
    sound: Levelled | None,
    spans: Sequence[HeardSpan] = (),
) -> tuple[TimedWord, ...]:
    """Words that are heard from one time to another; `spans`: by the same clock."""
    if not spans or not words:
        return words_between(words, start, end, sound)
    heard = list(_heard(words, spans))
    expected = tuple(_filled(words, heard, _Part(0, len(words), start, end)))
    if sound is None:
        return expected
    timed: list[TimedWord] = []
    first, begin = 0, start
    seams = _seams(expected, pauses_between(sound, start, end))
    for seam in [*seams, Seam(len(words), end, end)]:
        timed += _filled(words, heard, _Part(first, seam.index, begin, seam.end))
        first, begin = seam.index, seam.start
    return tuple(timed)


def _heard(words: Sequence[WrittenWord], spans: Sequence[HeardSpan]) -> Iterator[_Heard]:
    """The words for which something was heard."""
    lasts = [span.last for span in spans]
    for number, word in enumerate(words):
        first, last = word.said
        own = []
        for span in spans[bisect_right(lasts, first) :]:
            if span.first >= last:
                break
            own.append(span)
        if own:
            yield _Heard(number, own[0].at(first), own[-1].at(last))


def _seams(expected: Sequence[TimedWord], pauses: Sequence[Pause]) -> list[Seam]:
    """Where words part at a pause, by the times that are expected; at a mark, if one is near."""
    found: dict[int, Pause] = {}
    for pause in sorted(pauses, key=lambda each: each.start - each.end):
        near = [
            (not before.word.ends_phrase, away, at)
            for at, (before, after) in enumerate(pairwise(expected), start=1)
            if (away := _away(before, after, pause)) <= _reach(before.word)
            if at not in found and keeps_order(found, at, pause)
        ]
        if near:
            found[min(near)[-1]] = pause
    return [Seam(at, found[at].start, found[at].end) for at in sorted(found)]


def _away(before: TimedWord, after: TimedWord, pause: Pause) -> float:
    return max(0.0, before.end_seconds - pause.end, pause.start - after.start_seconds)


def _reach(word: WrittenWord) -> float:
    return REACH_OF_A_MARK_SECONDS if word.ends_phrase else REACH_SECONDS


def _filled(
    words: Sequence[WrittenWord], heard: Sequence[_Heard], part: _Part
) -> Iterator[TimedWord]:
    """All words of a part from its start to its end; those that were not heard, too."""
    at, begin = part.first, part.start
    for each in _kept(words, heard, part):
        yield from words_between(words[at : each.number], begin, each.start, None)
        yield TimedWord(words[each.number], each.start, each.end)
        at, begin = each.number + 1, each.end
    yield from words_between(words[at : part.last], begin, part.end, None)


def _kept(words: Sequence[WrittenWord], heard: Sequence[_Heard], part: _Part) -> list[_Heard]:
    """What was heard of a part, where it leaves time for what was not."""

    def has_time(first: int, last: int, start: float, end: float) -> bool:
        weight = sum(word.weight for word in words[first:last])
        return end - start >= LEAST_CHARACTER_SECONDS * weight

    def last_kept() -> tuple[int, float]:
        return (kept[-1].number + 1, kept[-1].end) if kept else (part.first, part.start)

    kept: list[_Heard] = []
    for each in (_within(part, each) for each in heard if part.first <= each.number < part.last):
        if not has_time(each.number, each.number + 1, each.start, each.end):
            continue
        while kept and not has_time(kept[-1].number + 1, each.number, kept[-1].end, each.start):
            kept.pop()
        first, start = last_kept()
        if has_time(first, each.number, start, each.start):
            kept.append(each)
    while kept and not has_time(kept[-1].number + 1, part.last, kept[-1].end, part.end):
        kept.pop()
    return kept


def _within(part: _Part, heard: _Heard) -> _Heard:
    """Its first word begins with the part, its last ends with it."""
    start, end = max(part.start, heard.start), min(part.end, heard.end)
    if heard.number == part.first:
        start = part.start
    if heard.number == part.last - 1:
        end = part.end
    return replace(heard, start=start, end=end)
