"""Which voice suits whom: by gender, age and manner, as names and descriptions tell them.

The same script and library always give the same cast. A voice of the wrong gender is taken last of
all; two main speakers share a voice only where there is no other of their kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from higgs_cli.casting.profile import VoiceEntry
from higgs_cli.casting.roles import Role, parts_of
from higgs_cli.casting.traits import SHOWN, Traits, traits_of_voice
from higgs_cli.script.document import NARRATOR
from higgs_cli.script.heads import several

TOGETHER = "no voices speak together"
FIRST_PERSON = "I"
WRONG_GENDER, SHARED_BY_MAIN, SHARED, WRONG_AGE = 1000.0, 100.0, 3.0, 3.0
OTHER_KIND = 4.0
"""A narrator's voice for a character, a machine's for a person."""
IN_WORDS_ALONE = 1.0
"""A voice without a recording is another one in every book."""


@dataclass(frozen=True)
class Suggestion:
    """A voice for a speaker, and why."""

    voice: str
    why: str


def suggested(
    roles: Sequence[Role], voices: Iterable[VoiceEntry], taken: Mapping[str, str] | None = None
) -> dict[str, Suggestion]:
    """A voice for every role that has none in `taken` (speaker → voice)."""
    taken = taken or {}
    known = {entry.name: (entry, traits_of_voice(entry)) for entry in voices}
    uses = Counter(taken.values())
    users: dict[str, list[str]] = {}
    for speaker, voice in taken.items():
        users.setdefault(voice, []).append(speaker)
    found: dict[str, Suggestion] = {}
    for role in _by_weight(role for role in roles if role.speaker not in taken):
        together = parts_of(role.speaker, (each.speaker for each in roles))
        if role.speaker == FIRST_PERSON:
            together = (NARRATOR,)
        leader = next((each for each in together if each in found or each in taken), None)
        if leader is not None:
            voice = found[leader].voice if leader in found else taken[leader]
            why = "who tells the story" if role.speaker == FIRST_PERSON else TOGETHER
            found[role.speaker] = Suggestion(voice, f"as {leader}; {why}")
            continue
        costs = {
            name: _cost(role, entry, traits, uses[name])
            + OTHER_KIND * 2 * (NARRATOR in users.get(name, ()))
            for name, (entry, traits) in known.items()
        }
        voice = min(costs, key=costs.__getitem__)  # among equals, the first of the library
        why = _why(role, known[voice][1])
        if uses[voice]:
            why += f"; shared with {', '.join(users[voice])}"
        found[role.speaker] = Suggestion(voice, why)
        uses[voice] += 1
        users.setdefault(voice, []).append(role.speaker)
    return found


def candidates(role: Role, voices: Iterable[VoiceEntry]) -> list[str]:
    """The names of voices, the most suitable first, whoever else has them."""
    costs = {entry.name: _cost(role, entry, traits_of_voice(entry), 0) for entry in voices}
    return sorted(costs, key=costs.__getitem__)


def _by_weight(roles: Iterable[Role]) -> list[Role]:
    """Those of whom something is known, the longest part first; then the others in their order."""
    known: list[Role] = []
    unknown: list[Role] = []
    last: list[Role] = []
    for role in roles:
        if role.speaker == FIRST_PERSON or several(role.speaker):
            last.append(role)  # after those whose voice they take
            continue
        traits = role.traits
        is_known = traits.gender or traits.age or traits.is_narrator or traits.is_machine
        (known if is_known else unknown).append(role)
    known.sort(key=lambda role: -role.words)
    return known + unknown + last


def _cost(role: Role, entry: VoiceEntry, voice: Traits, uses: int) -> float:
    wanted = role.traits
    cost = uses * (SHARED_BY_MAIN if role.is_main else SHARED)
    if wanted.gender and voice.gender and wanted.gender != voice.gender:
        cost += WRONG_GENDER
    elif wanted.gender and not voice.gender:
        cost += OTHER_KIND
    cost += _age_cost(wanted.age, voice.age)
    cost += OTHER_KIND * (wanted.is_machine != voice.is_machine)
    cost += OTHER_KIND / 2 * (wanted.is_narrator != voice.is_narrator)
    cost += IN_WORDS_ALONE * (entry.audio is None)
    return cost - len(wanted.manner & voice.manner)


def _age_cost(wanted: str | None, has: str | None) -> float:
    if wanted == has:
        return 0.0
    if "child" in (wanted, has):
        near = "young" in (wanted, has)
        return WRONG_AGE / 2 if near else 2 * WRONG_AGE
    return WRONG_AGE if wanted and has else WRONG_AGE / 3


def _why(role: Role, voice: Traits) -> str:
    wanted = role.traits
    if wanted.is_narrator:
        return "a narrator's voice" if voice.is_narrator else "the narrator"
    parts = []
    if wanted.gender:
        kind = SHOWN[wanted.gender]
        fits = "" if voice.gender in (None, wanted.gender) else ", but no such voice is left"
        parts.append(f"a {kind} ({wanted.because}){fits}")
    elif wanted.age:
        parts.append(f"{wanted.age} ({wanted.because})")
    common = sorted(wanted.manner & voice.manner)
    if common:
        parts.append(f"described alike: {', '.join(common[:3])}")
    return "; ".join(parts) or "nothing is known of them: the next voice that is free"
