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
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from higgs_cli.attribution.people import Person
from higgs_cli.attribution.quotations import Quotation
from higgs_cli.attribution.scene import Novel, Paragraph
from higgs_cli.attribution.speech_tags import SENTENCE_END, Tag, tag_before
from higgs_cli.attribution.talk import SURE, Guess, Talk
from higgs_cli.script.given_names import gender_of

FIRST = "I"
"""Who tells the story, where somebody does."""
GOES_ON = {"added", "continued", "repeated", "resumed", "pursued", "concluded", "proceeded"}
FEW_WORDS = 4
SURENESS = {
    "name": 0.98,
    "first person": 0.97,
    "noun": 0.85,
    "paragraph": 0.95,
    "lead-in": 0.85,
    "beat": 0.8,
    "beat by pronoun": 0.72,
    "turn": 0.88,
    "addressed": 0.6,
    "near": 0.35,
}


@dataclass(frozen=True)
class Said:
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
        self.narrator = Person(FIRST, {FIRST})
        self._others: dict[str, Person] = {}
        self.talk = Talk(novel)

    def all(self) -> list[Said]:
        talking = [part for part in self.novel.paragraphs if part.quotations]
        for part in talking:
            self._by_tags(part)
        for part in talking:
            self._forward(part)
        self._backward(talking)
        for part in talking:
            self._last_resort(part)
        return [said for part in talking for said in self._said(part)]

    # -- what stands beside it --------------------------------------------------------------

    def _by_tags(self, part: Paragraph) -> None:
        """Names, nouns and `I`; pronouns wait for what was said before."""
        for index, tag in enumerate(part.tags):
            if tag is not None and (guess := self._named(tag)) is not None:
                self.talk.own[part.number, index] = guess
        self._settle(part)

    def _named(self, tag: Tag) -> Guess | None:
        shown = f"{tag.verb} {tag.who}"
        if tag.kind == "first":
            return Guess(self.narrator, SURENESS["first person"], shown)
        if tag.kind == "name":
            person = self.novel.people.find(tag.who)
            return Guess(person, SURENESS["name"], shown) if person else None
        if tag.kind == "noun":
            noun = tag.who.split()[-1]
            person = self.novel.nouns.get(noun) or self._somebody(tag.who)
            return Guess(person, SURENESS["noun"], shown)
        return None

    def _somebody(self, noun: str) -> Person:
        """`the captain`, who has no name."""
        words = noun.split()
        name = " ".join(["the", *words[1:]]) if words[0].lower() in ("the", "a", "an") else noun
        if name.casefold() not in self._others:
            gender = gender_of(name)
            self._others[name.casefold()] = Person(name, {name}, gender[0] if gender else None)
        return self._others[name.casefold()]

    def _settle(self, part: Paragraph) -> None:
        """The one speaker of a paragraph, if its tags do not name two."""
        own = [
            self.talk.own[part.number, i]
            for i in range(len(part.quotations))
            if (part.number, i) in self.talk.own
        ]
        if own and all(guess.person is own[0].person for guess in own):
            self.talk.guesses[part.number] = max(own, key=lambda guess: guess.confidence)

    # -- what was said before ---------------------------------------------------------------

    def _forward(self, part: Paragraph) -> None:
        if part.quotations[0].is_continued and (before := self.talk.guesses.get(part.number - 1)):
            self.talk.guesses[part.number] = replace_reason(before, "goes on")
            return
        for index, tag in enumerate(part.tags):
            if tag is not None and (part.number, index) not in self.talk.own:
                guess = self._by_gender(part, tag, index)
                if guess is not None:
                    self.talk.own[part.number, index] = guess
        if part.number not in self.talk.guesses:
            self._settle(part)
        if part.number in self.talk.guesses or self._has_own(part):
            return
        guess = self._lead_in(part) or self._beat(part) or self._turn(part)
        if guess is not None:
            self.talk.guesses[part.number] = self._checked(part, guess)

    def _has_own(self, part: Paragraph) -> bool:
        return any((part.number, i) in self.talk.own for i in range(len(part.quotations)))

    def _by_gender(self, part: Paragraph, tag: Tag, index: int) -> Guess | None:
        """`she replied`, `his wife cried`."""
        shown = f"{tag.verb} {tag.who}"
        if tag.kind == "pronoun":
            gender = "female" if tag.who == "she" else "male"
        elif tag.kind in ("kin", "name"):
            known = gender_of(tag.who)
            if tag.kind == "name" or known is None:
                return None
            spouse = self.talk.spouse(part, tag.who.split()[-1].lower())
            if spouse is not None:
                return Guess(spouse, 0.82, shown)
            gender = known[0]
        else:
            return None
        found = None
        if tag.kind == "pronoun" and tag.verb in GOES_ON:
            found = self.talk.goes_on(part, gender)
        found = found or self.talk.meant(part, gender, index)
        if found is None:
            return None
        person, confidence = found
        if tag.kind == "kin":
            confidence = min(confidence, 0.55)
        return Guess(person, confidence, shown)

    # -- what the paragraphs tell -------------------------------------------------------------

    def _lead_in(self, part: Paragraph) -> Guess | None:
        """`… and Ann answered:` at the end of the paragraph before."""
        if part.number == 0 or part.narration[0].strip():
            return None
        other = self.novel.paragraphs[part.number - 1]
        last = other.narration[-1].rstrip()
        if other.scene != part.scene or not last.endswith((":", ",")):
            return None
        tag = tag_before(last)
        if tag is not None:
            guess = self._named(tag) or self._by_gender(part, tag, 0)
            if guess is not None:
                return Guess(guess.person, min(guess.confidence, SURENESS["lead-in"]), "lead-in")
        first = self.novel.people.mentions(SENTENCE_END.split(last)[-1])
        return Guess(first[0][1], 0.72, "lead-in") if first else None

    def _beat(self, part: Paragraph) -> Guess | None:
        """What one person does in the same paragraph."""
        for text in part.narration:
            for sentence in SENTENCE_END.split(text.strip(" ,;—")):
                subject = self._subject(part, sentence)
                if subject is not None:
                    return subject
        named = {id(p): p for _, p in self.novel.people.mentions(part.told)}
        if len(named) == 1:
            return Guess(next(iter(named.values())), 0.6, "named in the paragraph")
        return None

    def _subject(self, part: Paragraph, sentence: str) -> Guess | None:
        words = sentence.split()
        if not words:
            return None
        if words[0] == "I":
            return Guess(self.narrator, SURENESS["beat"], "I, beside it")
        mentions = self.novel.people.mentions(sentence)
        if mentions and mentions[0][0] <= 1:
            return Guess(mentions[0][1], SURENESS["beat"], f"{mentions[0][1].name} acts beside it")
        if words[0] in ("He", "She"):
            found = self.talk.meant(part, "male" if words[0] == "He" else "female", 0)
            if found is not None:
                confidence = min(found[1], SURENESS["beat by pronoun"])
                return Guess(found[0], confidence, f"{words[0].lower()} acts beside it")
        return None

    # -- turns -------------------------------------------------------------------------------

    def _turn(self, part: Paragraph) -> Guess | None:
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
        return self._partner(part, last, self.talk.confidence(number))

    def _partner(self, part: Paragraph, last: Person, sure: float) -> Guess | None:
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
        acts = self._subject(told, sentence) or self._subject(told, told.told.strip())
        return Guess(acts.person, 0.6, "acts before it") if acts is not None else None

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
            better = self._from_behind(part)
            if better is not None and (guess is None or better.confidence > guess.confidence):
                self.talk.guesses[part.number] = self._checked(part, better)

    def _from_behind(self, part: Paragraph) -> Guess | None:
        following = self.talk.guesses.get(part.number + 1)
        if following is None or self.novel.paragraphs[part.number + 1].scene != part.scene:
            return None
        if self.novel.paragraphs[part.number + 1].quotations[0].is_continued:
            return Guess(following.person, following.confidence, "goes on behind it")
        after = self.talk.guesses.get(part.number + 2)
        if after is None or following.person is after.person:
            partner = self._partner(part, following.person, following.confidence)
            return partner and Guess(partner.person, partner.confidence * 0.95, "before an answer")
        confidence = min(following.confidence, after.confidence, 0.85)
        return Guess(after.person, confidence, "turn, from behind")

    def _last_resort(self, part: Paragraph) -> None:
        if part.number in self.talk.guesses or self._has_own(part):
            return
        near = self.talk.named_lately(part)
        spoken = self.talk.spoken_before(part)
        others = [person for person in near if not spoken or person is not spoken[-1][1]]
        if others:
            self.talk.guesses[part.number] = Guess(others[-1], SURENESS["near"], "named last")

    def _said(self, part: Paragraph) -> list[Said]:
        found: list[Said] = []
        for index, quotation in enumerate(part.quotations):
            if _is_embedded(part, index):
                found.append(Said(quotation, None, 0.0, "words within a sentence"))
                continue
            guess = self.talk.own.get((part.number, index)) or self.talk.guesses.get(part.number)
            if guess is None:  # the tag of its neighbour
                guess = next(
                    (
                        replace_reason(self.talk.own[part.number, i], "paragraph", 0.75)
                        for i in (index - 1, index + 1)
                        if (part.number, i) in self.talk.own
                    ),
                    None,
                )
            if guess is None:
                found.append(Said(quotation, None))
            else:
                found.append(Said(quotation, guess.person.name, guess.confidence, guess.reason))
        return found


def _is_embedded(part: Paragraph, index: int) -> bool:
    """Words that are quoted in a sentence of the narration, and hardly said now."""
    before, after = part.narration[index].rstrip(), part.narration[index + 1].lstrip()
    if part.tags[index] is not None or not (before or index):
        return False
    ends = before.endswith((",", ":", ".", "!", "?", "—", ";", "…", "-")) or not before
    few = len(part.quotations[index].text.split()) <= FEW_WORDS
    goes_on = bool(after) and (after[0].islower() or after[0] in "⁠—")
    return not ends and (few or goes_on)


def replace_reason(guess: Guess, reason: str, most: float = 1.0) -> Guess:
    return Guess(guess.person, min(guess.confidence, most), reason)
