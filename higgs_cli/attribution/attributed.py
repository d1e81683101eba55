"""A novel's script with its quotations given to those who say them, the rest to the narrator.

Quotations are known by a key of their words, so that what a person decided of one stays when the
text around it is edited.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from higgs_cli.attribution.rules import AttributedQuotation, Attribution
from higgs_cli.attribution.scene import novel_of
from higgs_cli.script.document import NARRATOR, Person, Script, Turn

INSIDE_SECONDS = 0.15
"""The pause between a quotation and what is told in the same paragraph."""
KEY_CHARACTERS = 12
CALLED = {"female": "she", "male": "he"}


@dataclass(frozen=True)
class Quoted:
    """A quotation of a script: its turn, its place in it, its key, and what the rules say."""

    turn: int
    start: int
    end: int
    key: str
    said: AttributedQuotation
    gender: str | None = None
    """Of whoever says it, as the text calls them."""


@dataclass(frozen=True)
class QuotationDecisions:
    """Who says what: a person's word by key, other names of speakers, and what is done with the
    rest."""

    by_key: Mapping[str, str]
    speaker_of: Callable[[str], str]
    uses_guesses: bool = False

    def who(self, quoted: Quoted) -> str:
        decided = self.by_key.get(quoted.key)
        if decided is not None:
            return self.speaker_of(decided)
        said = quoted.said
        if said.who is None or not (said.is_sure or self.uses_guesses):
            return NARRATOR
        return self.speaker_of(said.who)


def quotations_of(script: Script) -> list[Quoted]:
    """Every quotation of a prose script, with its speaker as far as the rules tell."""
    turns: list[Turn] = []
    scenes: list[tuple[int, int]] = []
    titles: dict[int, str] = {}
    for chapter in script.chapters:
        titles[chapter.number] = chapter.title
        for turn in chapter.turns:
            if not turn.is_heading:
                turns.append(turn)
                scenes.append((chapter.number, turn.scene))
    novel = novel_of([turn.text.text for turn in turns], scenes)
    seen: Counter[tuple[int, str]] = Counter()
    found: list[Quoted] = []
    genders = {person.name: person.gender for person in novel.people.persons}
    for said in Attribution(novel).all():
        quotation = said.quotation
        chapter_number = scenes[quotation.paragraph][0]
        words = bare_words(quotation.text)
        key = _key(words, titles[chapter_number], seen[chapter_number, words])
        seen[chapter_number, words] += 1
        number = turns[quotation.paragraph].number
        gender = genders.get(said.who or "")
        found.append(Quoted(number, quotation.start, quotation.end, key, said, gender))
    return found


def attributed(
    script: Script, quotations: Sequence[Quoted], decisions: QuotationDecisions
) -> Script:
    """The same words in the same order, each quotation a turn of whoever says it."""
    by_turn: dict[int, list[tuple[int, int, str]]] = {}
    for each in quotations:
        who = decisions.who(each)
        if who != NARRATOR:
            by_turn.setdefault(each.turn, []).append((each.start, each.end, who))
    count = 0
    chapters = []
    for chapter in script.chapters:
        turns: list[Turn] = []
        for turn in chapter.turns:
            turns += _parted(turn, by_turn.get(turn.number, []))
        numbered = tuple(replace(turn, number=count + i) for i, turn in enumerate(turns))
        count += len(numbered)
        chapters.append(replace(chapter, turns=numbered))
    persons = tuple(
        Person(decisions.speaker_of(who), f"{CALLED[gender]} in the text")
        for who, gender in {each.said.who: each.gender for each in quotations}.items()
        if who and gender
    )
    return replace(script, chapters=tuple(chapters), persons=(*script.persons, *persons))


def _parted(turn: Turn, said: Sequence[tuple[int, int, str]]) -> list[Turn]:
    """One paragraph as turns; signs that are no words stay with the turn before them."""
    if not said:
        return [turn]
    text = turn.text.text
    parts: list[tuple[int, int, str]] = []
    position = 0
    for start, end, who in [*said, (len(text), len(text), "")]:
        between = text[position:start]
        if any(letter.isalnum() for letter in between):
            parts.append((position, start, turn.speaker))
        elif parts:
            parts[-1] = (parts[-1][0], start, parts[-1][2])
        else:
            start = position
        if who:
            parts.append((start, end, who))
            position = end
    joined: list[tuple[int, int, str]] = []
    for part in parts:
        if joined and joined[-1][2] == part[2]:
            joined[-1] = (joined[-1][0], part[1], part[2])
        else:
            joined.append(part)
    return [_piece(turn, part, is_first=index == 0) for index, part in enumerate(joined)]


def _piece(turn: Turn, part: tuple[int, int, str], *, is_first: bool) -> Turn:
    start, end, who = part
    text = turn.text.slice(start, end).stripped()
    pause = turn.pause_before_seconds if is_first else INSIDE_SECONDS
    goes_on = turn.goes_on or not is_first
    return replace(turn, speaker=who, text=text, pause_before_seconds=pause, goes_on=goes_on)


def bare_words(text: str) -> str:
    """What of a quotation makes it the same: its letters and figures."""
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def _key(words: str, chapter: str, occurrence: int) -> str:
    whole = f"{chapter}\n{words}\n{occurrence}"
    return hashlib.sha256(whole.encode()).hexdigest()[:KEY_CHARACTERS]
