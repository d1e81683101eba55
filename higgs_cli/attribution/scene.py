"""The paragraphs of a novel with their quotations, the narration around them, and who is named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from higgs_cli.attribution.animals import animals_in
from higgs_cli.attribution.people import People, Person, people_in
from higgs_cli.attribution.quotations import Quotation, quotations_in
from higgs_cli.attribution.speech_tags import Tag, tag_before, tag_behind
from higgs_cli.attribution.titled import Titled, titled_in

LEAST_PRONOUNS = 2
AFTER_NAME = 90
HE = re.compile(r"\b(?:he|him|his|himself)\b", re.IGNORECASE)
SHE = re.compile(r"\b(?:she|her|hers|herself)\b", re.IGNORECASE)
APPOSITIONS = (
    re.compile(r"\b[Tt]he (?P<noun>[a-z]{3,20}) (?P<name>[A-Z]\w+)"),
    re.compile(r"\b(?P<name>[A-Z]\w+), the (?P<noun>[a-z]{3,20})[,.]"),
)


@dataclass(frozen=True)
class Paragraph:
    """One paragraph, cut into what is said and what is told."""

    number: int
    scene: tuple[int, int]
    """Chapter and scene: conversations do not go on beyond."""
    text: str
    quotations: tuple[Quotation, ...]

    @cached_property
    def narration(self) -> tuple[str, ...]:
        """What is told before, between and behind the quotations: one more than there are."""
        parts, position = [], 0
        for each in self.quotations:
            parts.append(self.text[position : each.start])
            position = each.end
        return (*parts, self.text[position:])

    @cached_property
    def told(self) -> str:
        return " ".join(self.narration)

    @cached_property
    def tags(self) -> tuple[Tag | None, ...]:
        """The tag of each quotation: the one behind it, else the one before."""
        found: list[Tag | None] = []
        used_until = -1
        for index in range(len(self.quotations)):
            behind = tag_behind(self.narration[index + 1])
            before = tag_before(self.narration[index]) if index > used_until else None
            found.append(behind or before)
            used_until = index + 1 if behind else used_until
        return tuple(found)


@dataclass(frozen=True)
class Novel:
    """All paragraphs, with the people in them."""

    paragraphs: tuple[Paragraph, ...]
    people: People
    nouns: Mapping[str, Person]
    """Who `the captain` is, where the text says it."""
    titled: Mapping[str, Titled] = field(default_factory=dict)
    """And where only a title tells."""


def novel_of(texts: Sequence[str], scenes: Sequence[tuple[int, int]]) -> Novel:
    """Find quotations and people."""
    by_paragraph: dict[int, list[Quotation]] = {}
    for each in quotations_in(texts):
        by_paragraph.setdefault(each.paragraph, []).append(each)
    paragraphs = tuple(
        Paragraph(number, scene, text, tuple(by_paragraph.get(number, ())))
        for number, (text, scene) in enumerate(zip(texts, scenes, strict=True))
    )
    beside = [
        tag.who
        for part in paragraphs
        for tag in part.tags
        if tag is not None and tag.kind == "name"
    ]
    told = [part.told for part in paragraphs]
    speech = [each.text for part in paragraphs for each in part.quotations]
    people = people_in(told, speech, beside)
    people = people.without(animals_in(told, people, beside))
    _learn_genders(people, told)
    places = ((part.scene[0], part.number, part.text) for part in paragraphs)
    return Novel(paragraphs, people, _nouns(people, told), titled_in(people, places))


def _learn_genders(people: People, narration: Iterable[str]) -> None:
    """By the pronouns that follow a name, where the name itself does not tell."""
    unknown = {id(person): Counter[str]() for person in people.persons if person.gender is None}
    if not unknown:
        return
    for text in narration:
        mentions = people.mentions(text)
        for index, (position, person) in enumerate(mentions):
            if id(person) not in unknown:
                continue
            end = position + AFTER_NAME
            if index + 1 < len(mentions):
                end = min(end, mentions[index + 1][0])
            after = text[position:end]
            unknown[id(person)]["male"] += len(HE.findall(after))
            unknown[id(person)]["female"] += len(SHE.findall(after))
    for person in people.persons:
        counts = unknown.get(id(person))
        if counts is None:
            continue
        male, female = counts["male"], counts["female"]
        if max(male, female) >= LEAST_PRONOUNS and max(male, female) > 2 * min(male, female):
            person.gender = "male" if male > female else "female"


def _nouns(people: People, narration: Iterable[str]) -> dict[str, Person]:
    counts: dict[str, Counter[str]] = {}
    persons: dict[str, Person] = {}
    for text in narration:
        for pattern in APPOSITIONS:
            for match in pattern.finditer(text):
                person = people.find(match["name"])
                if person is not None:
                    counts.setdefault(match["noun"], Counter())[person.name] += 1
                    persons[person.name] = person
    found = {}
    for noun, who in counts.items():
        (name, count), *others = who.most_common(2)
        if count > 2 * sum(each for _, each in others):
            found[noun] = persons[name]
    return found
