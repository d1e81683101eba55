"""Cues: a few words on the screen, cut where the writer's phrases end.

No cue has one word where a neighbour can take it: a heading, or a `No.` between two speakers, is
shown with what follows or goes before, on a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from higgs_cli.output.heard_chunks import HeardChunks
from higgs_cli.output.heard_times import heard_between
from higgs_cli.output.outcome import ChunkOutcome
from higgs_cli.output.sketch import Sketch
from higgs_cli.output.word_times import TimedWord
from higgs_cli.output.written_words import Writing, joined

CUE_CHARACTERS = 84
"""Two lines of what a screen shows comfortably."""
LEAST_WORDS = 2
FEW_WORDS = 4
"""In a cue that follows the words closely."""
NEAR_SECONDS = 3.0
"""So far from its neighbour a single word is still shown with it."""


@dataclass(frozen=True)
class CueLine:
    """Words of one speaker."""

    speaker: str
    words: tuple[TimedWord, ...]

    @property
    def text(self) -> str:
        return joined([each.word for each in self.words])

    @property
    def is_short(self) -> bool:
        """Has it only one word? A wide character is none by itself."""
        return sum(_is_word(each) for each in self.words) < LEAST_WORDS


@dataclass(frozen=True)
class Cue:
    """What is shown at one time: a line, or several where a line has a single word."""

    lines: tuple[CueLine, ...]

    @property
    def start_seconds(self) -> float:
        return self.lines[0].words[0].start_seconds

    @property
    def end_seconds(self) -> float:
        return self.lines[-1].words[-1].end_seconds

    @property
    def is_short(self) -> bool:
        return len(self.lines) == 1 and self.lines[0].is_short

    @property
    def length(self) -> int:
        return sum(len(line.text) for line in self.lines)


def cues_of(
    writing: Writing,
    outcomes: Iterable[ChunkOutcome],
    sketch: Sketch | None = None,
    heard: HeardChunks | None = None,
    *,
    closely: bool = False,
) -> list[Cue]:
    """The cues of everything that is heard, in order; `closely`: a few words at a time; `heard`:
    what a recogniser says of when."""
    cues = [
        Cue((CueLine(outcome.chunk.speaker, tuple(part)),))
        for outcome in outcomes
        for part in _parts(timed_words(writing, outcome, sketch, heard), closely)
    ]
    return list(_without_single_words(cues))


def timed_words(
    writing: Writing,
    outcome: ChunkOutcome,
    sketch: Sketch | None = None,
    heard: HeardChunks | None = None,
) -> tuple[TimedWord, ...]:
    """The words of a chunk that is heard; none of one that is not."""
    if not outcome.is_used:
        return ()
    start, end = outcome.start_seconds, outcome.end_seconds
    spans = heard.spans(outcome.chunk.number, start) if heard is not None else ()
    return heard_between(writing.words(outcome.chunk), start, end, sketch, spans)


def _parts(words: Sequence[TimedWord], closely: bool) -> Iterator[Sequence[TimedWord]]:
    """What fits a screen: as many whole phrases as do, else words."""
    most = FEW_WORDS if closely else len(words)
    start = 0
    while start < len(words):
        end = _longest(words, start, most)
        if end < len(words):
            end = _cut(words, start, end)
        yield words[start:end]
        start = end


def _longest(words: Sequence[TimedWord], start: int, most: int) -> int:
    """How many words fit; at least one."""
    length, end = 0, start
    while end < len(words) and end - start < most:
        length += len(words[end].word.text) + words[end].word.is_spaced
        if length > CUE_CHARACTERS + 1 and end > start:
            break
        end += 1
    return max(end, start + 1)


def _cut(words: Sequence[TimedWord], start: int, end: int) -> int:
    """The last end of a sentence not near the start, else of a phrase, that leaves no single word
    on either side; else as many words as fit."""
    usual = range(end, start + LEAST_WORDS - 1, -1)
    choices = [at for at in usual if len(words) - at >= LEAST_WORDS]
    for is_end in ("ends_sentence", "ends_phrase"):
        for at in choices:
            is_far = at - start > (end - start) // 3
            if is_far and getattr(words[at - 1].word, is_end):
                return at
    seams = [at for at in choices if words[at].word.is_spaced]
    return next(iter(seams or choices), end)


def _without_single_words(cues: Sequence[Cue]) -> Iterator[Cue]:
    """A cue of one word is shown with the next, else with the one before."""
    held: Cue | None = None
    for cue in cues:
        if held is None:
            held = cue
        elif (held.is_short or cue.is_short) and _may_be_one(held, cue):
            held = _as_one(held, cue)
        else:
            yield held
            held = cue
    if held is not None:
        yield held


def _may_be_one(cue: Cue, following: Cue) -> bool:
    is_near = following.start_seconds - cue.end_seconds <= NEAR_SECONDS
    return is_near and cue.length + following.length <= CUE_CHARACTERS * 1.3


def _as_one(cue: Cue, following: Cue) -> Cue:
    """Words of one speaker run on."""
    last, first = cue.lines[-1], following.lines[0]
    if last.speaker != first.speaker or last.words[-1].word.ends_sentence is False:
        return Cue((*cue.lines, *following.lines))
    run_on = CueLine(last.speaker, (*last.words, *first.words))
    return Cue((*cue.lines[:-1], run_on, *following.lines[1:]))


def _is_word(timed: TimedWord) -> bool:
    return any(each.isalnum() for each in timed.word.text)
