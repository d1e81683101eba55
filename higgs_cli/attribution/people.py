"""The people of a novel: which names mean one and the same, and who is a woman or a man.

`Mr. Darcy`, `Darcy` and `Fitzwilliam Darcy` are one; `Mr. Bennet` and `Mrs. Bennet` are two, and so
are `Fitzwilliam Darcy` and `Colonel Fitzwilliam`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from higgs_cli.script.given_names import MEN, WOMEN, Gender, gender_of
from higgs_cli.script.heads import TITLES as SHORT_TITLES
from higgs_cli.script.heads import words_in

TITLES = frozenset(SHORT_TITLES) - {"St"} | words_in(
    """Miss Sir Lady Lord Madame Mademoiselle Monsieur M Captain Colonel General Major Lieutenant
    Sergeant Professor Doctor Aunt Uncle Father Mother Sister Brother Count Countess Baron
    Baroness Prince Princess Duke Duchess King Queen Detective Inspector Master Reverend Judge
    Admiral Squire Cousin Dame Consul Mister Grandmother Grandfather Nurse Herr Frau Constable
    Old Young Little Poor Dear"""
)
WIVES = {"Mrs", "Madame", "Mme", "Lady"}
RANKS = {"Lady", "Lord", "Sir", "Dame", "Princess", "Queen"}
LEARNED = {"Professor", "Prof", "Dr", "Doctor", "Captain", "Colonel", "Inspector", "Judge", "Major"}
BEFORE_SURNAMES = LEARNED - {"Captain"} | words_in("General Lieutenant Sergeant Admiral Constable")
"""What follows them is a surname, also where it is a given name of others: `Colonel Thomas`."""
BEFORE_NAMES = words_in("Mr Mister Mrs Captain Monsieur M Herr Frau")
"""What follows them is one, unless it is known as a given name: `Mr. Tom`, `Captain Jack`."""
WEAK = {"Old", "Young", "Little", "Poor", "Dear"}
NAME = (
    rf"(?:(?:{'|'.join(sorted(TITLES))})\.?\s+){{0,3}}"
    r"[A-ZÀ-Þ][\w’'-]{0,30}[a-zà-ÿ][\w’'-]{0,30}(?:\s+(?:(?:de|von|van|du|la|le|of)\s+)?[A-ZÀ-Þ][\w’'-]{0,30}[a-zà-ÿ]\w{0,30}){0,2}"
)
NAMES = re.compile(NAME)
ADVERB = re.compile(r"^(?:\w+ly|\w+ing)$")
POSSESSIVE = re.compile(r"[’']s?$")
NICKNAMES: Mapping[str, str] = {
    "lizzy": "elizabeth", "eliza": "elizabeth", "liza": "elizabeth", "kitty": "catherine",
    "bob": "robert", "bill": "william", "will": "william", "dick": "richard", "tom": "thomas",
    "jim": "james", "jack": "john", "harry": "henry", "ned": "edward", "ted": "edward",
    "kate": "katherine", "nell": "eleanor", "peggy": "margaret", "meg": "margaret",
    "polly": "mary", "molly": "mary", "fred": "frederick", "charley": "charles",
    "charlie": "charles", "jimmy": "james", "johnny": "john", "tommy": "thomas",
    "nick": "nicholas", "sam": "samuel", "ben": "benjamin", "dan": "daniel", "joe": "joseph",
    "mike": "michael", "pat": "patrick", "becky": "rebecca", "sally": "sarah", "fanny": "frances",
    "bertie": "albert", "archie": "archibald", "jerry": "jeremy",
}  # fmt: skip
NO_PEOPLE = words_in(
    """The A An And But Or If In On At To Of For From With Then When While Where What Why How Who
    That Soon Meanwhile Presently Suddenly Next Later Thus Therefore However Hence Thereupon
    Whereupon This These Those There Here It Its He She They We You I My His Her Their Our
    Your As So Yes No Not Nor Now Well Oh Ah Just Only Even Still After Before Once At By Up
    Down Out Over Under Again Never Ever All Both Each Some Many More Most Much Such Very Too
    Also Than Had Has Have Was Were Is Are Am Be Been Do Did Does Let Please Come Go Good God
    Heaven Heavens Lord London England France Paris Monday Tuesday Wednesday Thursday Friday
    Saturday Sunday January February March April May June July August September October
    November December English French American Indian Sir Madam Chapter Project Gutenberg
    Street Road House Park Hotel Club Bank Bay River Island One Two Three First Next Last
    Perhaps Maybe Indeed Certainly Nothing Something Everything Everybody Nobody Somebody Upon
    Without Within Another Other Which Whose Though Although Because Since Until Till During
    Between Among Like Christmas Easter West East North South Europe America India China Japan
    Asia Africa"""
)


@dataclass
class Person:
    """Somebody, with all the names they are called by."""

    name: str
    names: set[str] = field(default_factory=set)
    gender: Gender | None = None
    count: int = 0


class People:
    """Finds the person that a name means."""

    def __init__(self, persons: Iterable[Person]) -> None:
        self.persons = list(persons)
        self._by_name = {_plain(name): person for person in self.persons for name in person.names}

    def without(self, persons: Iterable[Person]) -> People:
        """The others."""
        left_out = {id(person) for person in persons}
        return People(person for person in self.persons if id(person) not in left_out)

    def find(self, written: str) -> Person | None:
        plain = _plain(written)
        found = self._by_name.get(plain)
        if found is None and " " in plain:
            bare = " ".join(word for word in plain.split() if word.title() not in WEAK)
            found = self._by_name.get(bare)
        return found

    def mentions(self, text: str) -> list[tuple[int, Person]]:
        """Where people are named in a text, in order."""
        found: list[tuple[int, Person]] = []
        for match in NAMES.finditer(text):
            position, name = match.start(), POSSESSIVE.sub("", match[0])
            person = self.find(name)
            while person is None and " " in name:  # `Then Elizabeth`, `Miss Bingley Darcy`
                first, name = name.split(None, 1)
                position += len(first) + 1
                person = self.find(name)
            if person is not None:
                found.append((position, person))
        return found


def people_in(narration: Iterable[str], speech: Iterable[str], spoken_for: Iterable[str]) -> People:
    """Everybody named; `spoken_for` are names that stand beside a verb of speech."""
    counts: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    for text in narration:
        for match in NAMES.finditer(text):
            name = _cleaned(match[0])
            if name:
                counts[name] += 1
                inside[name] += not _begins_sentence(text, match.start())
    for text in speech:
        for match in NAMES.finditer(text):
            name = _cleaned(match[0])
            if name and not _begins_sentence(text, match.start()):
                counts[name] += 1
    certain = {
        name
        for each in spoken_for
        if (name := _cleaned(each)) and (inside[name] or not ADVERB.search(name))
    }
    names = {
        name
        for name, count in counts.items()
        if name in certain or _is_of_a_person(name, count, inside[name])
    } | {name for name in certain if name}
    return People(_merged(names, counts))


def _is_of_a_person(name: str, count: int, inside: int) -> bool:
    words = name.split()
    titled = words[0].strip(".") in TITLES - WEAK and len(words) > 1
    given = any(word.casefold() in WOMEN or word.casefold() in MEN for word in words)
    return titled or (given and inside > 0 and (count > 1 or len(words) > 1))


def _merged(names: set[str], counts: Counter[str]) -> list[Person]:
    """Names put together: by surname and title, by given name, by nickname."""
    sisters = sorted(name for name in names if _is_family_miss(name))
    full = sorted(names - set(sisters), key=lambda name: (-len(name.split()), name))
    groups: list[list[str]] = []
    for name in full:
        fitting = [group for group in groups if _belongs(name, group)]
        if len(fitting) > 1 and len(name.split()) == 1:  # a surname alone is not the wife
            fitting = [group for group in fitting if not _titles(group[0]) & WIVES] or fitting
            fitting = [group for group in fitting if _has_surname(group, name)] or fitting
        if len(fitting) == 1:
            fitting[0].append(name)
        elif fitting and len(_core(name)) == 1:
            weight = [sum(counts[each] for each in group) for group in fitting]
            best = max(range(len(fitting)), key=weight.__getitem__)
            if weight[best] > 3 * (sum(weight) - weight[best]):
                fitting[best].append(name)
            else:
                groups.append([name])
        else:
            groups.append([name])
    for name in sisters:
        found = _called_miss(name, groups)
        if found is None:
            groups.append([name])
        else:
            found.append(name)
    persons = []
    for group in groups:
        total = sum(counts[name] for name in group)
        shown = max(group, key=lambda name: (counts[name], len(name)))
        genders = Counter(
            gender[0] for name in group if (gender := gender_of(name)) is not None
        ).most_common(1)
        person = Person(shown, set(group), genders[0][0] if genders else None, total)
        persons.append(person)
    return sorted(persons, key=lambda person: -person.count)


def _is_family_miss(name: str) -> bool:
    """`Miss Bennet`, and not `Miss Elizabeth`."""
    core = _core(name)
    return _titles(name) == {"Miss"} and len(core) == 1 and core[0] not in WOMEN


def _called_miss(name: str, groups: list[list[str]]) -> list[str] | None:
    """The one woman of this surname; of sisters, the one who is not `Miss` with her first name."""
    surname = _core(name)[0]
    family = [
        group
        for group in groups
        if any(len(core := _core(each)) > 1 and core[-1] == surname for each in group)
        and any((gender_of(each) or ("",))[0] == "female" for each in group)
        and not any(_titles(each) & WIVES for each in group)
    ]
    if len(family) > 1:
        family = [
            group
            for group in family
            if not any("Miss" in _titles(each) and len(_core(each)) > 1 for each in group)
        ]
    return family[0] if len(family) == 1 else None


def _belongs(name: str, group: list[str]) -> bool:
    """Is it one more name of whoever has these?"""
    return any(_fits(name, other) for other in group) and not any(
        _differs(name, other) for other in group
    )


def _fits(name: str, other: str) -> bool:
    core, others = _core(name), _core(other)
    if not core or not others:
        return False
    return set(core) <= set(others) or set(others) <= set(core)


def _differs(name: str, other: str) -> bool:
    """Can they not be one person, for all that their names have in common?"""
    mine, theirs = gender_of(name), gender_of(other)
    if mine and theirs and mine[0] != theirs[0]:
        return True
    core, others = _core(name), _core(other)
    if len(core) > 1 and len(others) > 1 and core[0] != others[0]:
        return True  # two of one family
    if len(core) == len(others) == 1 and core != others:
        return False  # given name and surname of one, told by a third
    for one, two in ((name, other), (other, name)):
        titles = _titles(one)
        if _is_surname(one) and len(_core(two)) > 1 and _core(two)[-1] != _core(one)[0]:
            return True  # Colonel Fitzwilliam is not Fitzwilliam Darcy
        if titles & WIVES and not _titles(two) & WIVES and _core(two)[0] != _core(one)[0]:
            return True  # Mrs. Bennet is not Elizabeth Bennet
        if (
            titles & RANKS
            and one.split()[-1].casefold() in NICKNAMES.values()
            and (two.casefold() in NICKNAMES)
        ):
            return True  # Lady Catherine is nobody's Kitty
        is_family_name = len(_core(one)) == 1 and _core(one)[0] == _core(two)[-1]
        if titles & LEARNED and is_family_name and (gender_of(two) or ("",))[0] == "female":
            return not _titles(two) & LEARNED
    return False


def _is_surname(name: str) -> bool:
    """`Colonel Fitzwilliam`, and not `Fitzwilliam`, `Sir Francis` or `Captain Jack`."""
    core, titles = _core(name), _titles(name)
    if len(core) != 1 or not titles & (BEFORE_SURNAMES | BEFORE_NAMES):
        return False
    return bool(titles & BEFORE_SURNAMES) or not (core[0] in MEN or core[0] in WOMEN)


def _has_surname(group: list[str], name: str) -> bool:
    """Is somebody called so behind a title? `Fitzwilliam` alone is the colonel, not Mr. Darcy."""
    return any(_is_surname(other) and _core(other) == _core(name) for other in group)


def _titles(name: str) -> set[str]:
    return {word.strip(".") for word in name.split()} & TITLES


def titles_of(names: Iterable[str]) -> set[str]:
    """All titles that somebody bears in these names."""
    return {title for name in names for title in _titles(name)}


def _core(name: str) -> tuple[str, ...]:
    words = (word.strip(".").casefold() for word in name.split() if word.strip(".") not in TITLES)
    return tuple(NICKNAMES.get(word, word) for word in words)


def _cleaned(written: str) -> str:
    """Without what begins a sentence and is no name, and without the possessive."""
    words = POSSESSIVE.sub("", " ".join(written.split()).rstrip("-—")).split()
    while words and words[0].strip(".") in NO_PEOPLE and words[0].strip(".") not in TITLES:
        words = words[1:]
    while words and words[-1] in NO_PEOPLE:
        words = words[:-1]
    if not words or all(word.strip(".") in TITLES for word in words):
        return ""
    return " ".join(words)


def _begins_sentence(text: str, position: int) -> bool:
    before = text[:position].rstrip(" “‘\"'—(")
    return not before or before[-1] in '.!?:”’"…'


def _plain(name: str) -> str:
    return " ".join(name.replace(".", "").casefold().split())
