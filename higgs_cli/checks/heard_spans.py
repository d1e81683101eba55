"""When each part of a text was heard, as far as a recogniser heard it.

    text     Dr. Lee   paid   five dollars,   gladly
    heard    Dr. Lee   paid   $5              __
    spans    |-------||------||-------------|          with the times of what was heard

Times are those of the take. What was heard in another place, or otherwise, says nothing of when;
of a take in which most was heard otherwise nothing is said at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from higgs_cli.checks.plain_words import heard_words, last_of_figures, written_places, written_words
from higgs_cli.checks.word_alignment import Step, align
from higgs_cli.listening.hearing import Hearing

MOST_UNLIKENESS = 0.6
"""Of what was heard in the place of a word that was said then all the same."""
LEAST_SHARE = 0.7
"""Of the words of a text that are heard in their places: with fewer, it may be another text."""


@dataclass(frozen=True, slots=True)
class HeardSpan:
    """Some words of a text, one after another, and when they were heard."""

    first: int
    last: int
    """Of the text, `[first, last)`."""
    start_seconds: float
    end_seconds: float

    def between(self, start_seconds: float, end_seconds: float) -> HeardSpan:
        """The same by another clock."""
        return HeardSpan(self.first, self.last, start_seconds, end_seconds)

    def at(self, place: int) -> float:
        """When a place of the text within it is said."""
        share = (min(max(place, self.first), self.last) - self.first) / (self.last - self.first)
        return self.start_seconds + share * (self.end_seconds - self.start_seconds)


@lru_cache(maxsize=1 << 12)
def heard_spans(
    text: str, hearing: Hearing, language: str, late_seconds: float = 0.0
) -> tuple[HeardSpan, ...]:
    """In the order of the text, and of time; none where the hearing does not fit the text.
    `late_seconds`: how much later than they were said its words are."""
    is_english = language.lower().startswith("en")
    written = written_words(text, is_english=is_english)
    steps = align(written, heard_words(hearing, written, is_english), is_english)
    placed = [step for step in steps if step.written and step.heard and _is_alike(step)]
    if sum(len(step.written) for step in placed) < LEAST_SHARE * max(1, len(written)):
        return ()
    return tuple(_in_order(_joined(placed, written_places(text), hearing), late_seconds))


def _is_alike(step: Step) -> bool:
    return step.unlikeness <= MOST_UNLIKENESS


def _joined(
    steps: Sequence[Step], places: Sequence[tuple[int, int]], hearing: Hearing
) -> Iterator[HeardSpan]:
    """One span for what is one word in either: `$5` and `five dollars`, `can't` and `can not`."""
    held: list[Step] = []
    for step in [*steps, None]:
        if held and (step is None or not _share_a_word(held[-1], step)):
            yield _span(held, places, hearing)
            held = []
        if step is not None:
            held.append(step)


def _share_a_word(step: Step, following: Step) -> bool:
    return (
        step.written[-1].at == following.written[0].at or step.heard[-1].at == following.heard[0].at
    )


def _span(steps: Sequence[Step], places: Sequence[tuple[int, int]], hearing: Hearing) -> HeardSpan:
    first, last = steps[0], steps[-1]
    begin, end = hearing.words[first.heard[0].at], last_of_figures(hearing, last.heard[-1].at)
    return HeardSpan(
        places[first.written[0].at][0],
        places[last.written[-1].at][1],
        begin.start_seconds,
        hearing.words[end].end_seconds,
    )


def _in_order(spans: Iterator[HeardSpan], late_seconds: float) -> Iterator[HeardSpan]:
    """A recogniser may give two words one time, or one before the other."""
    before = 0.0
    for span in spans:
        start = max(before, span.start_seconds - late_seconds)
        before = max(start, span.end_seconds - late_seconds)
        yield span.between(start, before)
