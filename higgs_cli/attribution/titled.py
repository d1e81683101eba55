"""Whom a title means without a name: `the doctor`, where Dr. Hale was named and no other doctor is.

It holds from where the name stands to the end of the chapter: in another the captain is another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from higgs_cli.attribution.people import People, Person, titles_of

NOUNS = {
    "doctor": {"Dr", "Doctor"},
    "professor": {"Prof", "Professor"},
    "captain": {"Capt", "Captain"},
    "colonel": {"Col", "Colonel"},
    "general": {"Gen", "General"},
    "major": {"Maj", "Major"},
    "lieutenant": {"Lieut", "Lieutenant"},
    "sergeant": {"Sergt", "Sgt", "Sergeant"},
    "inspector": {"Inspector"},
    "admiral": {"Admiral"},
    "judge": {"Judge"},
    "squire": {"Squire"},
    "count": {"Count"},
    "countess": {"Countess"},
    "baron": {"Baron"},
}
"""What somebody is called without a name, and the titles before the name."""


@dataclass(frozen=True)
class Titled:
    """The one person of a title, and from which paragraph on of each chapter they are there."""

    person: Person
    since: dict[int, int] = field(default_factory=dict)

    def is_there(self, chapter: int, paragraph: int) -> bool:
        return self.since.get(chapter, paragraph + 1) <= paragraph


def titled_in(people: People, told: Iterable[tuple[int, int, str]]) -> dict[str, Titled]:
    """By noun; `told` are chapter, number and text of each paragraph."""
    found: dict[str, Titled] = {}
    for noun, titles in NOUNS.items():
        bearers = [each for each in people.persons if titles & titles_of(each.names)]
        if len(bearers) == 1:
            found[noun] = Titled(bearers[0])
    by_person = {id(each.person): each for each in found.values()}
    for chapter, number, text in told if found else ():
        for _, person in people.mentions(text):
            if (titled := by_person.get(id(person))) is not None:
                titled.since.setdefault(chapter, number)
    return found
