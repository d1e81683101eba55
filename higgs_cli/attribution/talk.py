"""What is known of a conversation: who spoke, who was named or called, whose turn it is.

Knows what has been guessed so far, and makes no guesses of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from higgs_cli.attribution.people import Person
from higgs_cli.attribution.scene import Novel, Paragraph

SURE = 0.7
"""From here on a quotation is said by whom the rules name; below, it is to be looked at."""
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
"""By rule: how often it is right, at most."""
GAP = 2
"""Paragraphs without speech that do not end a conversation."""
RECENT = 3
ASKED = ("you are", "are you")
"""Before a name and a question mark."""
QUESTION = re.compile(r"[^,!?;:—]{1,40}\?")
SCENE = 30
"""Paragraphs to both sides in which somebody else may be found who takes part."""


@dataclass
class Guess:
    """A person who may speak, how sure that is, and why."""

    person: Person
    confidence: float
    reason: str

    def because(self, reason: str, most: float = 1.0) -> Guess:
        """The same person for another reason, which is no surer than `most`."""
        return Guess(self.person, min(self.confidence, most), reason)


class Talk:
    """The paragraphs of a novel with what is guessed of them."""

    def __init__(self, novel: Novel) -> None:
        self.novel = novel
        self.guesses: dict[int, Guess] = {}
        """By paragraph: who speaks there, as far as it is one."""
        self.own: dict[tuple[int, int], Guess] = {}
        """By quotation: where a paragraph has several speakers."""

    def goes_on(self, part: Paragraph, gender: str) -> tuple[Person, float] | None:
        """`she continued`: who spoke last goes on."""
        spoken = self.spoken_before(part)
        if spoken and spoken[-1][1].gender == gender and not part.narration[0].strip():
            return spoken[-1][1], 0.82
        return None

    def spouse(self, part: Paragraph, noun: str) -> Person | None:
        """`his wife` beside Mr. Bennet is Mrs. Bennet."""
        titles = {"wife": "Mrs", "lady": "Mrs", "spouse": "Mrs", "husband": "Mr", "lord": "Mr"}
        if noun not in titles:
            return None
        near = [person for _, person in self.spoken_before(part)] + self.named_lately(part)
        near += [person for _, person in self.novel.people.mentions(part.text)]
        for person in reversed(near):
            for name in sorted(person.names):
                found = self.novel.people.find(f"{titles[noun]} {name.split()[-1]}")
                if found is not None and found is not person:
                    return found
        return None

    def meant(self, part: Paragraph, gender: str, index: int) -> tuple[Person, float] | None:
        """Whom a pronoun means here."""
        before = part.narration[index]
        here = [p for _, p in self.novel.people.mentions(before) if p.gender == gender]
        if here:
            only = len({id(person) for person in here}) == 1
            return here[0], 0.86 if only else 0.66
        called = {id(person) for person in self.all_addressed(part)}
        spoken = self.spoken_before(part)
        last = spoken[-1] if spoken else None
        follows = last is not None and last[0] == part.number - 1
        asked = self.addressed(self.novel.paragraphs[part.number - 1]) if follows else None
        if asked is not None and asked.gender == gender and id(asked) not in called:
            return asked, 0.86
        earlier = [person for _, person in spoken if person.gender == gender]
        others = [p for p in earlier if not (follows and last and p is last[1])]
        others = [p for p in others if id(p) not in called]
        named = [p for p in self.named_lately(part, gender) if id(p) not in called]
        whose_turn = spoken[-2][1] if follows and len(spoken) > 1 else None
        if whose_turn is not None and whose_turn.gender == gender and whose_turn is not last[1]:  # type: ignore[index]
            rivals = (
                {id(p) for p in [*others, *named]}
                - {id(whose_turn)}
                - ({id(last[1])} if last else set())
            )
            return whose_turn, 0.9 if not rivals else 0.78
        pool = list({id(p): p for p in [*reversed(others), *reversed(named)]}.values())
        if follows and last:
            pool = [person for person in pool if person is not last[1]] or pool
        if not pool:
            return (last[1], 0.6) if last and last[1].gender == gender else None
        return pool[0], 0.85 if len(pool) == 1 else 0.6

    def within(self, part: Paragraph, gender: str, index: int) -> Person | None:
        """`“No,” cried the captain. “Go!” added he`: whoever spoke before in the same paragraph."""
        earlier = next((self.own.get((part.number, i)) for i in reversed(range(index))), None)
        if earlier is None or earlier.person.gender not in (gender, None):
            return None
        named = self.novel.people.mentions(part.narration[index])
        return earlier.person if all(p is earlier.person for _, p in named) else None

    def spoken_before(self, part: Paragraph) -> list[tuple[int, Person]]:
        """Paragraph and speaker of what was said in this conversation, in order."""
        found: list[tuple[int, Person]] = []
        quiet, number = 0, part.number - 1
        while number >= 0 and quiet <= GAP and len(found) < 8:
            other = self.novel.paragraphs[number]
            if other.scene != part.scene:
                break
            if not other.quotations:
                quiet += 1
            else:
                quiet = 0
                guess = self.guesses.get(number) or self.last_own(other)
                if guess is not None:
                    found.append((number, guess.person))
            number -= 1
        return found[::-1]

    def last_own(self, part: Paragraph) -> Guess | None:
        own = [self.own.get((part.number, i)) for i in range(len(part.quotations))]
        return next((guess for guess in reversed(own) if guess is not None), None)

    def named_lately(self, part: Paragraph, gender: str | None = None) -> list[Person]:
        """Whom the narration named just before, the last one last."""
        found: list[Person] = []
        for number in range(max(part.number - RECENT, 0), part.number):
            other = self.novel.paragraphs[number]
            if other.scene == part.scene:
                found += [person for _, person in self.novel.people.mentions(other.told)]
        return [person for person in found if gender is None or person.gender == gender]

    def addressed(self, part: Paragraph) -> Person | None:
        """Whom a speaker calls by name: `Well, Ann, …`, `Ann!`."""
        for each in reversed(part.quotations):
            for position, person in self.novel.people.mentions(each.text):
                name = each.text[position:]
                before = each.text[:position].rstrip()
                end = next((i for i, c in enumerate(name) if c in ",.!?;:—"), None)
                is_apart = not before or before.endswith((",", "!", "?", "dear", "Dear", "—"))
                is_short = end is not None and len(name[:end].split()) <= 3
                is_asked = before.lower().endswith(ASKED) and QUESTION.match(name) is not None
                if (is_apart and is_short) or is_asked:
                    return person
        return None

    def all_addressed(self, part: Paragraph) -> list[Person]:
        person = self.addressed(part)
        return [person] if person is not None else []

    def others_of_scene(self, part: Paragraph, last: Person | None) -> list[Person]:
        """Who else speaks in this scene, the nearest first."""
        found: dict[int, Person] = {}
        for distance in range(1, SCENE):
            for number in (part.number - distance, part.number + distance):
                guess = self.guesses.get(number)
                if guess is None or guess.person is last or guess.confidence < SURE:
                    continue
                if self.novel.paragraphs[number].scene == part.scene:
                    found.setdefault(id(guess.person), guess.person)
        return list(found.values())

    def confidence(self, number: int) -> float:
        guess = self.guesses.get(number)
        return guess.confidence if guess else 0.6
