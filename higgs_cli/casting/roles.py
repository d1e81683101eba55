"""Who speaks in a script, how much, and what is said of them: a role for every speaker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from higgs_cli.casting.traits import Traits, traits_of_speaker
from higgs_cli.script.document import Person, Script
from higgs_cli.script.given_names import words_of
from higgs_cli.script.heads import several
from higgs_cli.script.names import NUMBERED, plain_name

WORDS_PER_MINUTE = 150
MAIN_SHARE = 0.05
"""Of all that is spoken: who speaks more is a main speaker."""
FIRST_CHARACTERS = 70


@dataclass(frozen=True)
class Role:
    """One speaker of a script."""

    speaker: str
    turns: int
    words: int
    first: str
    """The beginning of their first line."""
    traits: Traits
    is_main: bool = False

    @property
    def minutes(self) -> float:
        return self.words / WORDS_PER_MINUTE


def roles_of(script: Script) -> tuple[Role, ...]:
    """SPEAKER0, SPEAKER1 … by their numbers, everybody else by their first words."""
    found: dict[str, Role] = {}
    for turn in script.turns:
        text = turn.text.text
        words = max(len(text.split()), len(words_of(text)))
        before = found.get(turn.speaker)
        if before is None:
            traits = traits_of_speaker(turn.speaker, _said_of(turn.speaker, script.persons))
            before = Role(turn.speaker, 0, 0, _beginning(text), traits)
        found[turn.speaker] = replace(before, turns=before.turns + 1, words=before.words + words)
    total = sum(role.words for role in found.values())
    return tuple(
        replace(found[name], is_main=found[name].words >= MAIN_SHARE * total)
        for name in in_order(found)
    )


def _said_of(speaker: str, persons: tuple[Person, ...]) -> str:
    """What the list of persons says of a speaker, with the whole name: `LIONEL ROPER` is ROPER."""
    wanted = set(words_of(speaker))
    found = [person for person in persons if wanted and wanted <= set(words_of(person.name))]
    exact = [person for person in found if plain_name(person.name) == plain_name(speaker)]
    if len(found) > 1 and not exact:
        return ""
    found = exact or found
    return f"{found[0].name} {found[0].description}" if found else ""


def in_order(speakers: Iterable[str]) -> list[str]:
    """SPEAKER0, SPEAKER1 … by their numbers, then the others as they come."""
    names = list(speakers)
    numbered = [name for name in names if NUMBERED.fullmatch(name)]
    others = [name for name in names if not NUMBERED.fullmatch(name)]
    return sorted(numbered, key=lambda name: int(name.removeprefix("SPEAKER"))) + others


def parts_of(speaker: str, speakers: Iterable[str]) -> tuple[str, ...]:
    """Those of the script who speak together as `ANN and BEN`."""
    known = {plain_name(name): name for name in speakers}
    return tuple(known[plain_name(part)] for part in several(speaker) if plain_name(part) in known)


def _beginning(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= FIRST_CHARACTERS else words[: FIRST_CHARACTERS - 1].rstrip() + "…"
