"""Where what was heard departs from what was written: words missing, added, repeated, swapped.

    written   then he  walked slowly up the street
    heard     then he             up up the street      missing: walked slowly · repeated: up

Neighbouring departures are one trouble. A single word that sounds a little different is none: that
is how recognisers mishear.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from higgs_cli.checks.plain_words import PlainWord
from higgs_cli.checks.word_alignment import Step
from higgs_cli.checks.word_sounds import unlikeness
from higgs_cli.checks.word_times import SpeakingTime, room_at_end, room_at_start, room_of_added
from higgs_cli.listening.hearing import Hearing

TroubleKind = Literal["missing", "added", "repeated", "swapped", "other"]
Edge = Literal["", "start", "end"]
"""Of a take: the beginning or the end, where recognisers are least sure."""

MISHEARD_BELOW = 0.4
"""Words less unlike than this are the same word, misheard."""
SAME_BELOW = 0.2
"""Two words less unlike are one that moved, or came again."""
MOST_SHOWN_CHARACTERS = 160
"""Of the words of one trouble: Whisper may write noughts without end."""


@dataclass(frozen=True)
class Trouble:
    """Words that follow one another, in the text or in what was heard."""

    kind: TroubleKind
    lost: tuple[PlainWord, ...]
    """Of the text, and not heard."""
    gained: tuple[PlainWord, ...]
    """Heard, and not in the text."""
    at_seconds: float
    probability: float
    """How sure the recogniser was, on average, of what it heard there and beside it."""
    edge: Edge = ""
    room: SpeakingTime | None = None
    """What time there was for words that were added, or that are missing at an edge."""

    @property
    def word_count(self) -> int:
        return max(len(self.lost), len(self.gained))

    @property
    def unlikeness(self) -> float:
        """Of what was heard to what is written there; 1 where either is nothing."""
        lost, gained = ("".join(word.text for word in each) for each in (self.lost, self.gained))
        return unlikeness(lost, gained) if self.kind == "other" else 1.0

    @property
    def surplus(self) -> int:
        """By how many words there are too few or too many."""
        return abs(len(self.lost) - len(self.gained))

    @property
    def told(self) -> str:
        lost, gained = _shown(self.lost), _shown(self.gained)
        if self.kind == "other":
            return f"heard “{gained}” for “{lost}”"
        return f"{self.kind}: “{lost or gained}”"


def troubles_in(steps: Sequence[Step], hearing: Hearing) -> list[Trouble]:
    """All of a take, in order."""
    found = []
    for bad, group in groupby(enumerate(steps), lambda pair: is_bad(pair[1])):
        if bad:
            part = list(group)
            found.append(_trouble(steps, part[0][0], part[-1][0] + 1, hearing))
    return list(_with_swaps(found))


def is_bad(step: Step) -> bool:
    return step.unlikeness >= MISHEARD_BELOW


def _trouble(steps: Sequence[Step], first: int, last: int, hearing: Hearing) -> Trouble:
    part = steps[first:last]
    lost = tuple(word for step in part for word in step.written)
    gained = tuple(word for step in part for word in step.heard)
    near = [word for step in steps[max(0, first - 1) : last + 1] for word in step.heard]
    sure = sum(hearing.words[word.at].probability for word in near) / max(1, len(near))
    kind: TroubleKind = "other" if lost and gained else "missing" if lost else "added"
    if kind == "added" and _is_repeated(steps, first, last):
        kind = "repeated"
    edge: Edge = "start" if first == 0 else "end" if last == len(steps) else ""
    room = _room(kind, edge, lost or gained, hearing) if hearing.words else None
    return Trouble(kind, lost, gained, _time_of(steps, first, hearing), sure, edge, room)


def _room(
    kind: TroubleKind, edge: Edge, words: Sequence[PlainWord], hearing: Hearing
) -> SpeakingTime | None:
    if kind == "added":
        return room_of_added(words, hearing)
    if kind != "missing" or not edge:
        return None
    return (room_at_start if edge == "start" else room_at_end)(words, hearing)


def _is_repeated(steps: Sequence[Step], first: int, last: int) -> bool:
    """Whether the words of these steps were said just before or are said just after."""
    added = [word.text for step in steps[first:last] for word in step.heard]
    before = [word.text for step in steps[:first] for word in step.heard]
    after = [word.text for step in steps[last:] for word in step.heard]
    if last == len(steps):  # there, what sounds a little like the last word is mostly the next one
        return added == before[-len(added) :]
    return _alike(added, before[-len(added) :]) or _alike(added, after[: len(added)])


def _alike(some: Sequence[str], other: Sequence[str]) -> bool:
    return len(some) == len(other) and all(
        unlikeness(one, two) < SAME_BELOW for one, two in zip(some, other, strict=True)
    )


def _time_of(steps: Sequence[Step], first: int, hearing: Hearing) -> float:
    """Where the first word of it is heard, or the one before it ends."""
    for step in steps[first:]:
        if not is_bad(step):
            break
        if step.heard:
            return hearing.words[step.heard[0].at].start_seconds
    before = [word for step in steps[:first] for word in step.heard]
    return hearing.words[before[-1].at].end_seconds if before else 0.0


def _with_swaps(troubles: Sequence[Trouble]) -> Iterator[Trouble]:
    """A word that is missing here and added close by is one that was swapped."""
    waiting: Trouble | None = None
    for trouble in troubles:
        if waiting is None:
            waiting = trouble
        elif _is_swap(waiting, trouble):
            at = min(waiting.at_seconds, trouble.at_seconds)
            sure = min(waiting.probability, trouble.probability)
            lost, gained = waiting.lost + trouble.lost, waiting.gained + trouble.gained
            yield Trouble("swapped", lost, gained, at, sure)
            waiting = None
        else:
            yield waiting
            waiting = trouble
    if waiting is not None:
        yield waiting


def _is_swap(one: Trouble, other: Trouble) -> bool:
    lost, gained = (one.lost, other.gained) if one.lost else (other.lost, one.gained)
    if (one.lost and one.gained) or (other.lost and other.gained):
        return False
    return _alike([word.text for word in lost], [word.text for word in gained]) and bool(lost)


def _shown(words: Sequence[PlainWord]) -> str:
    """As they stand in the text, each once where several were made of it; what goes on is cut."""
    told = " ".join(
        word.shown
        for number, word in enumerate(words)
        if not number or words[number - 1].at != word.at
    )
    is_long = len(told) > MOST_SHOWN_CHARACTERS
    return told[:MOST_SHOWN_CHARACTERS].rstrip() + "…" if is_long else told
