"""What is known of a speaker or a voice: woman or man, age, manner; and by which word.

Names, titles and descriptions tell; recordings are not listened to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from higgs_cli.casting.profile import VoiceEntry
from higgs_cli.script.document import NARRATOR
from higgs_cli.script.given_names import age_of, gender_of, words_of
from higgs_cli.script.names import plain_name

SHOWN = {"female": "woman", "male": "man"}
ENDING = re.compile(r"(?:ly|er|est|ish|y|e)$")
COMMON = words_of(
    "a an and at of in the to for with who her his she he it voice even pace man woman male female"
)
MACHINE = frozenset(words_of("machine robot computer android system announcer"))


@dataclass(frozen=True)
class Traits:
    """Of a speaker or of a voice."""

    gender: str | None = None
    age: str | None = None
    """child, young or old; None for what lies between, and for what is not known."""
    manner: frozenset[str] = frozenset()
    """Words of the description, without their endings."""
    is_narrator: bool = False
    is_machine: bool = False
    because: str = ""
    """The words that told."""


def traits_of_voice(entry: VoiceEntry) -> Traits:
    """By what the profile says of it, else by its name."""
    said = " ".join(
        [entry.description or "", *(str(entry.metadata.get(key, "")) for key in ("gender", "age"))]
    )
    found = _traits(said, said if gender_of(said) else f"{said} {entry.name.replace('_', ' ')}")
    words = set(words_of(said))
    is_narrator = bool({"narrator", "storyteller", "narration"} & words)
    return Traits(
        found.gender,
        found.age,
        found.manner,
        is_narrator,
        bool(MACHINE & words),
        found.because,
    )


def traits_of_speaker(name: str, description: str = "") -> Traits:
    """By what the script says of them, else by their name."""
    if plain_name(name) == plain_name(NARRATOR):
        return Traits(is_narrator=True, because="the narrator")
    told = f"{name} {description}"
    found = _traits(told, name if gender_of(name) else description)
    return Traits(
        found.gender,
        found.age,
        found.manner,
        is_machine=bool(MACHINE & set(words_of(told))),
        because=found.because,
    )


def _traits(said: str, told_by: str) -> Traits:
    gender, age = gender_of(told_by), age_of(said)
    words = [each[1] for each in (gender, age) if each is not None]
    return Traits(
        gender[0] if gender else None,
        age[0] if age else None,
        frozenset(ENDING.sub("", word) for word in words_of(said) if word not in COMMON),
        because=", ".join(dict.fromkeys(words)),
    )
