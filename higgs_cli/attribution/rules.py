"""Who says each quotation: the rules, in the order in which they are asked, and how sure each is.

name          `said Mr. Hale` beside it
first person  `said I`
noun          `said the captain`
pronoun       `she replied`: the only woman who can be meant, or the one whose turn it is
paragraph     the paragraph's other quotation has a tag
goes on       the paragraph before was not closed
lead-in       the paragraph before ends `… and Ann answered:`
beat          the paragraph tells what one person does: `Ann rose. “Well?”`
turn          two speak by turns, and one of them spoke last
addressed     the last speaker called somebody by name
near          whoever was named last

A tag that says `she` or `his wife` is never given to a man, whatever the turns say, nor `he` to a
woman.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from higgs_cli.attribution.named import Named
from higgs_cli.attribution.people import Person
from higgs_cli.attribution.quotations import Quotation
from higgs_cli.attribution.scene import Novel, Paragraph
from higgs_cli.attribution.speech_tags import Tag
from higgs_cli.attribution.talk import SURE, SURENESS, Guess, Talk
from higgs_cli.attribution.told import Told
from higgs_cli.attribution.turns import Turns

FEW_WORDS = 4


@dataclass(frozen=True)
class AttributedQuotation:
    """Who says a quotation, how sure that is, and why."""

    quotation: Quotation
    who: str | None
    confidence: float = 0.0
    reason: str = ""

    @property
    def is_sure(self) -> bool:
        return self.who is not None and self.confidence >= SURE


class Attribution:
    """Goes through a novel once forward and once back."""

    def __init__(self, novel: Novel) -> None:
        self.novel = novel
        self.talk = Talk(novel)
        self.named = Named(novel, self.talk)
        self.told = Told(novel, self.talk, self.named)
        self.turns = Turns(novel, self.talk, self.told)

    def all(self) -> list[AttributedQuotation]:
        talking = [part for part in self.novel.paragraphs if part.quotations]
        for part in talking:
            self._by_tags(part)
        for part in talking:
            self._forward(part)
        self._backward(talking)
        for part in talking:
            self._last_resort(part)
        return [said for part in talking for said in self._said(part)]

    def _by_tags(self, part: Paragraph) -> None:
        """Names, nouns and `I`; pronouns wait for what was said before."""
        for index, tag in enumerate(part.tags):
            if tag is not None and (guess := self.named.named(part, tag)) is not None:
                self.talk.own[part.number, index] = guess
        self._settle(part)

    def _settle(self, part: Paragraph) -> None:
        """The one speaker of a paragraph, if its tags do not name two."""
        own = [
            self.talk.own[part.number, i]
            for i in range(len(part.quotations))
            if (part.number, i) in self.talk.own
        ]
        if own and all(guess.person is own[0].person for guess in own):
            self.talk.guesses[part.number] = max(own, key=lambda guess: guess.confidence)

    def _forward(self, part: Paragraph) -> None:
        before = self.talk.guesses.get(part.number - 1) if part.quotations[0].is_continued else None
        if before is not None and self._may_say(part, before):
            self.talk.guesses[part.number] = before.because("goes on")
            return
        for index, tag in enumerate(part.tags):
            if tag is not None and (part.number, index) not in self.talk.own:
                guess = self.named.by_gender(part, tag, index)
                if guess is not None:
                    self.talk.own[part.number, index] = guess
        if part.number not in self.talk.guesses:
            self._settle(part)
        if part.number in self.talk.guesses or self._has_own(part):
            return
        for rule in (self.told.lead_in, self.told.beat, self.turns.turn):
            guess = rule(part)
            if guess is not None and self._may_say(part, guess):
                self.talk.guesses[part.number] = self._checked(part, guess)
                return

    def _may_say(self, part: Paragraph, guess: Guess) -> bool:
        """Does no tag of the paragraph that is still open call somebody of the other gender?"""
        return all(
            tag is None or (part.number, index) in self.talk.own or _fits(tag, guess.person)
            for index, tag in enumerate(part.tags)
        )

    def _has_own(self, part: Paragraph) -> bool:
        return any((part.number, i) in self.talk.own for i in range(len(part.quotations)))

    def _checked(self, part: Paragraph, guess: Guess) -> Guess:
        """Nobody calls themselves by name."""
        if self.talk.addressed(part) is guess.person:
            return replace(guess, confidence=guess.confidence * 0.45)
        return guess

    def _backward(self, talking: Sequence[Paragraph]) -> None:
        """Turns, counted back from a quotation whose speaker is known."""
        for part in reversed(talking):
            guess = self.talk.guesses.get(part.number)
            if (guess and guess.confidence >= SURE) or self._has_own(part):
                continue
            better = self.turns.from_behind(part)
            if better is None or not self._may_say(part, better):
                continue
            if guess is None or better.confidence > guess.confidence:
                self.talk.guesses[part.number] = self._checked(part, better)

    def _last_resort(self, part: Paragraph) -> None:
        if part.number in self.talk.guesses or self._has_own(part):
            return
        spoken = self.talk.spoken_before(part)
        last = spoken[-1][1] if spoken else None
        near = [(person, "named last") for person in reversed(self.talk.named_lately(part))]
        if any(tag is not None and tag.gender for tag in part.tags):
            near += [(person, "of the scene") for person in self.talk.others_of_scene(part, last)]
        for person, why in near:
            guess = Guess(person, SURENESS["near"], why)
            if person is not last and self._may_say(part, guess):
                self.talk.guesses[part.number] = guess
                return

    def _said(self, part: Paragraph) -> list[AttributedQuotation]:
        found: list[AttributedQuotation] = []
        for index, quotation in enumerate(part.quotations):
            if _is_embedded(part, index):
                found.append(AttributedQuotation(quotation, None, 0.0, "words within a sentence"))
                continue
            guess = self._guess(part, index)
            if guess is None:
                found.append(AttributedQuotation(quotation, None))
            else:
                found.append(
                    AttributedQuotation(
                        quotation, guess.person.name, guess.confidence, guess.reason
                    )
                )
        return found

    def _guess(self, part: Paragraph, index: int) -> Guess | None:
        """By its own tag, else who speaks in the paragraph, else the tag of its neighbour."""
        own = self.talk.own.get((part.number, index))
        if own is not None:
            return own
        whole = self.talk.guesses.get(part.number)
        beside = (self.talk.own.get((part.number, i)) for i in (index - 1, index + 1))
        near = [whole] if whole else [each.because("paragraph", 0.75) for each in beside if each]
        tag = part.tags[index]
        return next((each for each in near if tag is None or _fits(tag, each.person)), None)


def _fits(tag: Tag, person: Person) -> bool:
    """May the tag mean this person?"""
    return tag.gender is None or person.gender in (tag.gender, None)


def _is_embedded(part: Paragraph, index: int) -> bool:
    """Words that are quoted in a sentence of the narration, and hardly said now."""
    before, after = part.narration[index].rstrip(), part.narration[index + 1].lstrip()
    if part.tags[index] is not None or not (before or index):
        return False
    ends = before.endswith((",", ":", ".", "!", "?", "—", ";", "…", "-")) or not before
    few = len(part.quotations[index].text.split()) <= FEW_WORDS
    goes_on = bool(after) and (after[0].islower() or after[0] in "⁠—")
    return not ends and (few or goes_on)
