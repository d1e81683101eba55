"""Who is meant by the words beside a quotation: `said Mr. Hale`, `she replied`."""

from __future__ import annotations

from higgs_cli.attribution.people import Person
from higgs_cli.attribution.scene import Novel, Paragraph
from higgs_cli.attribution.speech_tags import Tag
from higgs_cli.attribution.talk import SURENESS, Guess, Talk
from higgs_cli.script.given_names import gender_of

FIRST = "I"
"""Who tells the story, where somebody does."""
GOES_ON = {"added", "continued", "repeated", "resumed", "pursued", "concluded", "proceeded"}
"""Verbs of whoever spoke before."""


class Named:
    """Finds the person of a tag, by name or by what was said before."""

    def __init__(self, novel: Novel, talk: Talk) -> None:
        self.novel = novel
        self.talk = talk
        self.narrator = Person(FIRST, {FIRST})
        self._others: dict[str, Person] = {}

    def named(self, part: Paragraph, tag: Tag) -> Guess | None:
        shown = f"{tag.verb} {tag.who}"
        if tag.kind == "first":
            return Guess(self.narrator, SURENESS["first person"], shown)
        if tag.kind == "name":
            person = self.novel.people.find(tag.who)
            return Guess(person, SURENESS["name"], shown) if person else None
        if tag.kind == "noun":
            noun = tag.who.split()[-1]
            person = self.novel.nouns.get(noun) or self._titled(part, tag.who)
            person = person or self._somebody(tag.who)
            return Guess(person, SURENESS["noun"], shown)
        return None

    def _titled(self, part: Paragraph, noun: str) -> Person | None:
        """`the doctor`, who was called Dr. Hale before; `a doctor` may be anybody."""
        article, *words = noun.split()
        titled = self.novel.titled.get(words[-1]) if len(words) == 1 else None
        if titled is None or article.lower() != "the":
            return None
        return titled.person if titled.is_there(part.scene[0], part.number) else None

    def _somebody(self, noun: str) -> Person:
        """`the captain`, who has no name."""
        words = noun.split()
        name = " ".join(["the", *words[1:]]) if words[0].lower() in ("the", "a", "an") else noun
        if name.casefold() not in self._others:
            gender = gender_of(name)
            self._others[name.casefold()] = Person(name, {name}, gender[0] if gender else None)
        return self._others[name.casefold()]

    def by_gender(self, part: Paragraph, tag: Tag, index: int) -> Guess | None:
        """`she replied`, `his wife cried`."""
        shown = f"{tag.verb} {tag.who}"
        if tag.kind == "pronoun":
            gender = tag.gender or "male"
            same = self.talk.within(part, gender, index)
            if same is not None:
                return Guess(same, SURENESS["paragraph"], shown)
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
