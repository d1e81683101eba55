"""Who speaks when nothing stands beside it: by turns, addressed, or in answer."""

from __future__ import annotations

from higgs_cli.attribution.people import Person
from higgs_cli.attribution.scene import Novel, Paragraph
from higgs_cli.attribution.speech_tags import SENTENCE_END
from higgs_cli.attribution.talk import SURENESS, Guess, Talk
from higgs_cli.attribution.told import Told


class Turns:
    """Counts the turns of a conversation, forward and back."""

    def __init__(self, novel: Novel, talk: Talk, told: Told) -> None:
        self.novel = novel
        self.talk = talk
        self.told = told

    def turn(self, part: Paragraph) -> Guess | None:
        spoken = self.talk.spoken_before(part)
        if not spoken:
            return None
        number, last = spoken[-1]
        if number != part.number - 1:
            return self._after_a_break(part, spoken)
        addressed = self.talk.addressed(self.novel.paragraphs[number])
        if len(spoken) > 1 and spoken[-2][0] == number - 1 and spoken[-2][1] is not last:
            other = spoken[-2][1]
            sure = min(self.talk.confidence(number), self.talk.confidence(number - 1))
            agrees = addressed is None or addressed is other
            return Guess(other, min(SURENESS["turn"], sure) * (1 if agrees else 0.75), "turn")
        if addressed is not None and addressed is not last:
            return Guess(addressed, 0.76, "addressed")
        return self.partner(part, last, self.talk.confidence(number))

    def partner(self, part: Paragraph, last: Person, sure: float) -> Guess | None:
        """Who answers: the only other one who has spoken, or was named, of late."""
        others = {id(p): p for _, p in self.talk.spoken_before(part) if p is not last}
        if len(others) == 1:
            return Guess(next(iter(others.values())), min(0.76, sure), "turn")
        if others:
            return Guess(list(others.values())[-1], 0.55, "turn, among several")
        lately = {id(p): p for p in self.talk.named_lately(part) if p is not last}
        if len(lately) == 1:
            return Guess(next(iter(lately.values())), min(0.72, sure), "turn, named before")
        far = self.talk.others_of_scene(part, last)
        return Guess(far[0], 0.6 if len(far) > 1 else 0.71, "turn, of the scene") if far else None

    def _after_a_break(self, part: Paragraph, spoken: list[tuple[int, Person]]) -> Guess | None:
        """Something was told in between: whoever it tells of may speak."""
        told = self.novel.paragraphs[part.number - 1]
        sentence = SENTENCE_END.split(told.told.strip())[-1]
        acts = self.told.subject(told, sentence) or self.told.subject(told, told.told.strip())
        return Guess(acts.person, 0.6, "acts before it") if acts is not None else None

    def from_behind(self, part: Paragraph) -> Guess | None:
        following = self.talk.guesses.get(part.number + 1)
        if following is None or self.novel.paragraphs[part.number + 1].scene != part.scene:
            return None
        if self.novel.paragraphs[part.number + 1].quotations[0].is_continued:
            return Guess(following.person, following.confidence, "goes on behind it")
        after = self.talk.guesses.get(part.number + 2)
        if after is None or following.person is after.person:
            partner = self.partner(part, following.person, following.confidence)
            return partner and Guess(partner.person, partner.confidence * 0.95, "before an answer")
        confidence = min(following.confidence, after.confidence, 0.85)
        return Guess(after.person, confidence, "turn, from behind")
