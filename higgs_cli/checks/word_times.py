"""Was there time for the words that a recogniser has heard, or has left out?

    heard     must be careful …        “must” ends after 0.6 s: there was time for “I” before it
    heard     are friend and Cut into  “are friend and” in no time at all: nobody said them

A recogniser loses words beside a silence, and invents some in it. Times of single words are rough,
and so is a pace in letters: they only tell much from little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from higgs_cli.checks.plain_words import PlainWord
from higgs_cli.listening.hearing import HeardWord, Hearing

GUESS_BELOW = 0.5
"""In probability."""
LEAST_WORDS = 3
"""Fewer say too little of how fast a take is spoken."""


@dataclass(frozen=True)
class SpeakingTime:
    """The time that there was for some words, and what they take at the pace of the others."""

    seconds: float
    needed_seconds: float

    def share(self, lead_seconds: float = 0.0) -> float:
        """Of the time that they take; `lead_seconds`: in which nobody speaks yet."""
        return (self.seconds - lead_seconds) / self.needed_seconds

    def spare_seconds(self, lead_seconds: float = 0.0) -> float:
        return self.seconds - lead_seconds - self.needed_seconds


def room_of_added(gained: Sequence[PlainWord], hearing: Hearing) -> SpeakingTime | None:
    """How long words took that are not in the text. Of guesses by the middle one of them: of what
    it invents a recogniser gives one word all the time."""
    places = {word.at for word in gained}
    own = [hearing.words[at] for at in places]
    rest = [word for at, word in enumerate(hearing.words) if at not in places]
    is_guess = fmean(word.probability for word in own) < GUESS_BELOW
    seconds = len(own) * median(map(_duration, own)) if is_guess else _seconds(own)
    return _room(seconds, gained, _pace(rest))


def room_at_start(lost: Sequence[PlainWord], hearing: Hearing) -> SpeakingTime | None:
    """How much time there was before the first words that were heard."""
    words = hearing.words
    count = _edge_count(words)
    pace = _pace(words[count:])
    needed = (pace or 0.0) * _sizes(words[:count])
    return _room(words[count - 1].end_seconds - needed, lost, pace)


def room_at_end(lost: Sequence[PlainWord], hearing: Hearing) -> SpeakingTime | None:
    """How much longer the last words that were heard took than such words take. What is after them
    says nothing: it may be silence."""
    words = hearing.words[::-1]
    count = _edge_count(words)
    pace = _pace(words[count:])
    return _room(_seconds(words[:count]) - (pace or 0.0) * _sizes(words[:count]), lost, pace)


def lead_of(hearing: Hearing) -> float | None:
    """How much later than it takes to say it the first word ends."""
    pace = _pace(hearing.words[1:])
    if pace is None:
        return None
    return hearing.words[0].end_seconds - pace * _size(hearing.words[0].text)


def _edge_count(words: Sequence[HeardWord]) -> int:
    """How many are at an edge: one, and those beside it of no length, whose time it has."""
    return next((at for at, word in enumerate(words, 1) if _duration(word)), len(words))


def _room(seconds: float, words: Sequence[PlainWord], pace: float | None) -> SpeakingTime | None:
    shown = {word.at: word.shown for word in words}
    return None if pace is None else SpeakingTime(seconds, pace * sum(map(_size, shown.values())))


def _pace(words: Sequence[HeardWord]) -> float | None:
    """Seconds a letter; None where too little tells it."""
    if len(words) < LEAST_WORDS or not _seconds(words):
        return None
    return _seconds(words) / _sizes(words)


def _seconds(words: Sequence[HeardWord]) -> float:
    return sum(map(_duration, words))


def _duration(word: HeardWord) -> float:
    return word.end_seconds - word.start_seconds


def _sizes(words: Sequence[HeardWord]) -> int:
    return sum(_size(word.text) for word in words)


def _size(text: str) -> int:
    """In letters; each word takes one more than it has."""
    return 1 + sum(each.isalnum() for each in text)
