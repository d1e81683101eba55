"""Which names of a novel are those of animals, who are named and do much, and never speak.

One that is named beside a verb of speech, as in a fable, speaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from higgs_cli.attribution.people import People, Person

KINDS = (
    "dog|hound|puppy|mongrel|terrier|spaniel|mastiff|bulldog|greyhound|cat|kitten|horse|mare|pony|"
    "donkey|mule|elephant|parrot|goat|pig|cow"
)
NAME = r"(?P<name>[A-Z]\w+)"
IS_ONE = (
    r"(?:was|is|seemed|proved|struck \w+ as) an? (?:[a-z]+ ){0,2}"
    rf"(?:{KINDS})\b(?=[.,;:!?]| (?:and|but|of|that|which|who|with)\b)"
)
"""What somebody is said to be; a horse dealer and a cat burglar are no animals."""
SIGNS = (
    re.compile(
        rf"\b{NAME} (?:only |merely |just )?(?:wagged (?:his|her|its) tail|barked|purred|mewed|"
        r"neighed|whinnied|pricked (?:up )?(?:his|her|its) ears)\b"
    ),
    re.compile(rf"\b(?:{KINDS}) (?:named|called) {NAME}"),
    re.compile(rf"\b{NAME}, the (?:[a-z]+ )?(?:{KINDS})\b(?!,? and\b)[,.]"),
    re.compile(rf"\b{NAME} {IS_ONE}"),
    re.compile(rf"\b{NAME} [^.!?“”]{{1,120}}\. (?:He|She|It) {IS_ONE}"),
)


def animals_in(narration: Iterable[str], people: People, beside: Sequence[str]) -> list[Person]:
    """Those of the people who do what only an animal does, and to whom nobody gives a word."""
    found = {}
    for text in narration:
        for sign in SIGNS:
            for match in sign.finditer(text):
                person = people.find(match["name"])
                if person is not None:
                    found[id(person)] = person
    speaking = {id(people.find(name)) for name in beside} if found else set()
    return [person for key, person in found.items() if key not in speaking]
