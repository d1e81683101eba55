"""Cut turns into what can be spoken in one go, and put together what is too short to stand alone.

A chunk never splits a word, splits a sentence only when the sentence alone is over budget, and
never mixes speakers, scenes or chapters. Budgets are in seconds of speech: see `estimate.py`.

    sentences   [S1 S2 S3][S4 S5]          whole sentences up to the seconds
    words       [S1 S2][S3 S4 S5]          whole sentences up to the words
    speaker     [S1 S2 S3 S4 S5]           the whole turn, cut only at the longest possible take
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from higgs_cli.planning.estimate import Measure, measure
from higgs_cli.planning.sentences import Span, clauses, phrases, sentences, words
from higgs_cli.script.document import Turn
from higgs_cli.script.source_text import SourceText
from higgs_cli.wording.cleaning import as_one

LONGEST_SECONDS = 50.0
"""Of speech in one chunk, whatever is asked for: the model loses itself after some 80."""
SHORT_SECONDS = 2.2
"""A chunk of less speech, some five words, is spoken badly alone."""


@dataclass(frozen=True)
class Budget:
    """The most that a chunk may hold."""

    seconds: float
    frames: int
    words: int | None = None

    def fits(self, amount: Measure) -> bool:
        return (
            amount.seconds <= self.seconds
            and amount.frame_budget <= self.frames
            and (self.words is None or amount.word_count <= self.words)
        )

    def load(self, amount: Measure) -> float:
        """How full a chunk would be; above 1 it is over."""
        parts = [amount.seconds / self.seconds, amount.frame_budget / self.frames]
        if self.words:
            parts.append(amount.word_count / self.words)
        return max(parts)


@dataclass(frozen=True)
class CutRule:
    """How turns become chunks."""

    budget: Budget
    """What sentences are packed up to."""
    ceiling: Budget
    """What even a merged chunk, or a whole turn, may not exceed."""
    turns_together: int = 1
    """Turns of one speaker that are packed as one."""


@dataclass(frozen=True)
class SpokenTurn:
    """A turn with its words settled."""

    turn: Turn
    text: SourceText


class SentencePart(NamedTuple):
    """A sentence of a text, or a part of one."""

    first: int
    last: int
    goes_on: bool = False


class Unit(NamedTuple):
    """A part of a turn, and how much there is to say."""

    spoken: SpokenTurn
    part: SentencePart
    amount: Measure


@dataclass(frozen=True)
class Draft:
    """A chunk before it has a number and a key."""

    turns: tuple[Turn, ...]
    text: SourceText
    is_turn_start: bool
    """Does it begin where its first turn begins?"""
    amount: Measure
    """Of its text."""
    goes_on: bool = False
    """Is its last sentence cut, and goes on in the next chunk?"""

    @property
    def first(self) -> Turn:
        return self.turns[0]


def cut_rule(
    mode: str, *, chunk_seconds: float, chunk_words: int, chunk_turns: int, max_seconds: float
) -> CutRule:
    """The budgets of a way of cutting; `max_seconds` is where a take is stopped."""
    frames = int(max_seconds * 25)
    ceiling = Budget(LONGEST_SECONDS, frames)
    if mode == "words":
        return CutRule(Budget(LONGEST_SECONDS, frames, chunk_words), ceiling)
    if mode == "speaker":
        return CutRule(ceiling, ceiling, chunk_turns)
    return CutRule(Budget(chunk_seconds, frames), ceiling)


def chunk_turns(turns: Sequence[SpokenTurn], rule: CutRule) -> list[Draft]:
    """The chunks of one chapter, in order."""
    drafts: list[Draft] = []
    for group in _together(turns, rule.turns_together):
        drafts.extend(_cut(group, rule.budget))
    return _merged(drafts, rule)


def _together(turns: Sequence[SpokenTurn], count: int) -> Iterator[list[SpokenTurn]]:
    group: list[SpokenTurn] = []
    for spoken in turns:
        if group and (len(group) == count or not _may_join(group[-1].turn, spoken.turn)):
            yield group
            group = []
        group.append(spoken)
    if group:
        yield group


def _may_join(turn: Turn, following: Turn) -> bool:
    """May two turns be said in one go?"""
    return (
        turn.speaker == following.speaker
        and turn.mood == following.mood
        and turn.scene == following.scene
        and following.pause_before_seconds is None
        and not turn.is_heading
        and not following.is_heading
    )


def _cut(group: list[SpokenTurn], budget: Budget) -> Iterator[Draft]:
    """Pack the sentences of some turns of one speaker, greedily, until the next would not fit."""
    units = [
        Unit(spoken, *part) for spoken in group for part in _fitting_parts(spoken.text, budget)
    ]
    held: list[Unit] = []
    amount = Measure()
    for unit in units:
        if held and not budget.fits(amount + unit.amount):
            yield _draft(held)
            held, amount = [], Measure()
        held.append(unit)
        amount += unit.amount
    if held:
        yield _draft(held)


def _draft(units: list[Unit]) -> Draft:
    """The text between the first and the last sentence of each turn, with all that is between."""
    spans: dict[int, tuple[SpokenTurn, int, int]] = {}
    for unit in units:
        number = unit.spoken.turn.number
        begin = spans[number][1] if number in spans else unit.part.first
        spans[number] = (unit.spoken, begin, unit.part.last)
    parts = [spoken.text.slice(first, last) for spoken, first, last in spans.values()]
    turns = tuple(spoken.turn for spoken, _, _ in spans.values())
    _, first_begin, _ = next(iter(spans.values()))
    text = as_one(parts)
    amount = units[0].amount if len(units) == 1 else measure(text.text)
    return Draft(turns, text, first_begin == 0, amount, units[-1].part.goes_on)


def _fitting_parts(text: SourceText, budget: Budget) -> Iterator[tuple[SentencePart, Measure]]:
    """The sentences of a text; one that is over budget comes in parts that are not."""
    for span in _whole(text, sentences(text.text)):
        amount = measure(text.text[slice(*span)])
        if budget.fits(amount):
            yield SentencePart(*span), amount
            continue
        parts = _parts(text, span, budget)
        for first, last in parts:
            is_cut = (first, last) != parts[-1]
            yield SentencePart(first, last, is_cut), measure(text.text[first:last])


def _parts(text: SourceText, sentence: Span, budget: Budget) -> list[Span]:
    """A long sentence in about equal parts: cut between clauses, else phrases, else words."""
    units: list[Span] = []
    for clause in _whole(text, clauses(text.text, sentence)):
        units.extend(_fitting(text, clause, budget, (phrases, words)))
    load = budget.load(measure(text.text[slice(*sentence)]))
    share = min(1.0, load / math.ceil(load) * 1.1)
    parts: list[Span] = []
    amount = Measure()
    for first, last in units:
        unit = measure(text.text[first:last])
        if parts and amount and budget.load(amount + unit) <= share:
            parts[-1] = (parts[-1][0], last)
            amount += unit
        else:
            parts.append((first, last))
            amount = unit
    return parts


def _fitting(
    text: SourceText,
    span: Span,
    budget: Budget,
    ways: tuple[Callable[[str, Span], list[Span]], ...],
) -> Iterator[Span]:
    """The span if it fits, else its parts in the first of these ways, and so on."""
    if not ways or budget.fits(measure(text.text[slice(*span)])):
        yield span
        return
    for part in _whole(text, ways[0](text.text, span)):
        yield from _fitting(text, part, budget, ways[1:])


def _whole(text: SourceText, spans: Iterable[Span]) -> Iterator[Span]:
    """The same spans, none of which begins inside a piece that replaces the source as a whole."""
    held: Span | None = None
    for first, last in spans:
        if held is None:
            held = (first, last)
        elif text.is_seam(first) and text.is_seam(held[1]):
            yield held
            held = (first, last)
        else:
            held = (held[0], last)
    if held is not None:
        yield held


def _merged(drafts: list[Draft], rule: CutRule) -> list[Draft]:
    """Very short chunks put together with a neighbour of the same speaker."""
    done: list[Draft] = []
    for draft in drafts:
        if done and _is_better_joined(done[-1], draft, rule.ceiling):
            last = done.pop()
            others = (turn for turn in draft.turns if turn.number > last.turns[-1].number)
            turns = (*last.turns, *others)
            text = as_one([last.text, draft.text], is_cut=last.goes_on)
            amount = measure(text.text)
            draft = Draft(turns, text, last.is_turn_start, amount, draft.goes_on)
        done.append(draft)
    return done


def _is_better_joined(draft: Draft, following: Draft, ceiling: Budget) -> bool:
    if draft.turns[-1] != following.first and not _may_join(draft.turns[-1], following.first):
        return False
    both = draft.amount, following.amount
    is_short = min(amount.seconds for amount in both) < SHORT_SECONDS
    return is_short and ceiling.fits(both[0] + both[1])
