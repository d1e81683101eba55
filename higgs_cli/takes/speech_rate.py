"""How fast a voice speaks, and whether a take is too fast to have said all of its text.

Nobody says a line in two thirds of the time that it takes them: part of it is missing. The measure
is letters per sounding second, on a logarithm, against the median of the same voice in this book; a
voice that says little is held against what is usual for all. When a norm stands: `book_judge.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from higgs_cli.planning.estimate import measure
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.book_judge import LEAST_TAKES
from higgs_cli.takes.measure import Voice
from higgs_cli.takes.take import Finding, TakeRecord, Verdict

RATE_CHECK = "too-fast"
LEAST_LETTERS = 30
"""Shorter lines are said at any rate."""
RETRY_ABOVE = 4.0
DOUBT_ABOVE = 3.5
USUAL_SPREAD = 0.09
"""Of the logarithm, of mini's voices."""
USUAL_WEIGHT = 40
"""It counts for so many takes beside a voice's own: a spread of twenty alone says little."""
LETTERS_OF_A_WIDE_CHARACTER = 5
SPREAD_OF_MEDIAN = 1.4826
"""The median deviation of a normal distribution, in its standard deviations."""


@dataclass(frozen=True)
class Norm:
    """What is usual: letters per sounding second, and how far that spreads (of the logarithm)."""

    letters_per_second: float
    spread: float

    def excess(self, letters_per_second: float) -> float:
        """How many spreads a take is faster than usual."""
        return math.log(letters_per_second / self.letters_per_second) / self.spread


USUAL = Norm(17.2, 0.1)
"""Where a voice says too little of itself: the median of mini's voices (`bench.speech_rate`)."""


def letters_of(text: str) -> int:
    """Letters and figures of the words; a Chinese character counts for a syllable and more."""
    found = measure(text)
    return found.characters + (LETTERS_OF_A_WIDE_CHARACTER - 1) * found.wide_characters


def is_told_by_rate(chunk: Chunk) -> bool:
    """Whether the rate of its takes says anything."""
    return (
        bool(chunk.seconds)
        and letters_of(chunk.text) > LEAST_LETTERS
        and not measure(chunk.text).sounds
    )


def rate_of(chunk: Chunk, record: TakeRecord | None) -> float | None:
    """Letters per sounding second; None where it would say nothing, or was not measured."""
    if record is None or not record.levels.sounding_seconds or not is_told_by_rate(chunk):
        return None
    return letters_of(chunk.text) / record.levels.sounding_seconds


def norm_of(rates: Sequence[float]) -> Norm:
    """Of one voice."""
    if len(rates) < LEAST_TAKES:
        return USUAL
    own, usual = len(rates) * spread_of(rates) ** 2, USUAL_WEIGHT * USUAL_SPREAD**2
    return Norm(median(rates), math.sqrt((own + usual) / (len(rates) + USUAL_WEIGHT)))


def spread_of(rates: Sequence[float]) -> float:
    """A standard deviation of the logarithm that a few wild values do not move."""
    logs = [math.log(rate) for rate in rates]
    middle = median(logs)
    return SPREAD_OF_MEDIAN * median(abs(each - middle) for each in logs)


def is_rated(chunk: Chunk, record: TakeRecord | None) -> bool:
    """Whether the rate can be asked, or need not be; earlier versions have measured none."""
    return record is None or bool(record.levels.sounding_seconds) or not is_told_by_rate(chunk)


def rate_finding(chunk: Chunk, record: TakeRecord | None, norm: Norm) -> Finding | None:
    """What is to be said of a take's rate; None of a usual one."""
    rate = rate_of(chunk, record)
    if rate is None or (excess := norm.excess(rate)) <= DOUBT_ABOVE:
        return None
    verdict = Verdict.FAIL if excess > RETRY_ABOVE else Verdict.INCONCLUSIVE
    expected = norm.letters_per_second
    detail = f"{rate:.0f} letters a second where {expected:.0f} are usual: words may be missing"
    return Finding(RATE_CHECK, verdict, detail)


class SpeechRate:
    """The rate as a measure that takes are held to: their records are enough."""

    name = "rate"
    listener = None
    listener_name = ""

    def of_book(self, chunks: Sequence[Chunk]) -> SpeechRate:
        return self

    def is_told(self, chunk: Chunk) -> bool:
        return is_told_by_rate(chunk)

    def norm(self, voice: Voice, sample: Sequence[tuple[Chunk, TakeRecord]]) -> Norm:
        rates = (rate_of(chunk, record) for chunk, record in sample)
        return norm_of([rate for rate in rates if rate is not None])

    def finding(self, chunk: Chunk, evidence: TakeRecord, norm: Norm) -> Finding | None:
        return rate_finding(chunk, evidence, norm)
