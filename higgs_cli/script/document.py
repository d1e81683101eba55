"""Script, Chapter, Turn: what was written, with its line numbers and its places in the source.

Nothing here is cleaned yet: a turn's text is the source's own, so that an error can point at it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from higgs_cli.errors import SourceSpot
from higgs_cli.script.about import About
from higgs_cli.script.manuscript import Facts, Places
from higgs_cli.script.pacing import AS_USUAL, Pacing
from higgs_cli.script.source_text import SourceText

NARRATOR = "NARRATOR"
"""Who speaks what nobody is named for: prose, and headings."""

Form = Literal["dialogue", "play", "prose"]
CreditsKind = Literal["opening", "closing"]


BEFORE_THE_FIRST = -1
"""The number of the chapter of opening credits."""
CREDITS = "credits"
"""The place of what is said besides the script's own words."""


def credits_place(kind: CreditsKind | None) -> str:
    """`credits:opening`; empty for what is no credits."""
    return f"{CREDITS}:{kind}" if kind else ""


@dataclass(frozen=True)
class Turn:
    """One speaker saying some text: a line of a dialogue, or a paragraph of prose."""

    number: int
    """From 0, through the whole script."""
    speaker: str
    text: SourceText
    line_number: int
    """From 1: where its text begins."""
    scene: int = 0
    """From 0, within the chapter."""
    mood: str | None = None
    manner: str | None = None
    """What a stage direction says of it: a mood, where the voice has one that is called so."""
    pause_before_seconds: float | None = None
    """A pause that the user wrote before it; None where the usual pause applies."""
    is_heading: bool = False
    goes_on: bool = False
    """Does it go on with the paragraph of the turn before, behind a pause or a direction?"""


@dataclass(frozen=True)
class Chapter:
    """What stands between two headings."""

    number: int
    """From 0; opening credits, which stand before the first, have -1."""
    title: str
    """Empty where the script begins without a heading."""
    line_number: int
    turns: tuple[Turn, ...]
    credits: CreditsKind | None = None
    """Which credits it is, where it is no chapter of the script's own: see `credits.py`."""


@dataclass(frozen=True)
class Unspoken:
    """A part `[start, end)` of the source that is not read out, and why."""

    start: int
    end: int
    kind: str
    """speaker, comment, header, heading, pause, break, markup, link, bracket, or one of the reasons
    of `manuscript.LEFT_OUT`."""


@dataclass(frozen=True)
class Person:
    """Somebody whom a list of persons names, as plays have one."""

    name: str
    description: str = ""


@dataclass(frozen=True)
class CastEntry:
    """What the header of a script says about one speaker."""

    speaker: str
    voice: str | None
    aliases: tuple[str, ...] = ()
    line_number: int = 1
    pacing: Pacing = AS_USUAL


@dataclass(frozen=True)
class Header:
    """What a script says about itself between two `---` lines at its top."""

    title: str | None = None
    author: str | None = None
    language: str | None = None
    scene: str | None = None
    cast: tuple[CastEntry, ...] = ()
    about: About = field(default_factory=About)
    """What describes the book, title and author too."""


@dataclass(frozen=True)
class Script:
    """The written source, read: chapters of turns, and all that is not spoken."""

    path: str
    """As the user named it; `<stdin>` for standard input."""
    source: str
    """The whole text, with `\\n` at the ends of lines."""
    encoding: str
    form: Form
    chapters: tuple[Chapter, ...]
    header: Header = field(default_factory=Header)
    unspoken: tuple[Unspoken, ...] = ()
    names_left_unread: tuple[str, ...] = ()
    """Of prose: names in front of lines that would be speakers if this were a dialogue."""
    facts: Facts = field(default_factory=Facts)
    """What the file says about itself."""
    places: Places = field(default_factory=Places)
    """Where positions stand in the file, when its text was taken out of something."""
    persons: tuple[Person, ...] = ()
    """What it says itself of those who speak."""
    emphasis: tuple[tuple[int, int], ...] = ()
    """The parts of the source that are set in italics or bold, in order."""
    brackets_are_text: bool = False
    """Are words in brackets that name no sound only words?"""
    warnings: tuple[str, ...] = ()
    """What a person should know about how it was read."""
    credits_start: int | None = None
    """Where in the source the text of spoken credits begins, behind all that was written."""

    @property
    def own_chapters(self) -> tuple[Chapter, ...]:
        """All but credits."""
        return tuple(chapter for chapter in self.chapters if chapter.credits is None)

    @property
    def own_length(self) -> int:
        """How much of the source was written: all but the text of credits."""
        return len(self.source) if self.credits_start is None else self.credits_start - 1

    @property
    def turns(self) -> Iterator[Turn]:
        for chapter in self.chapters:
            yield from chapter.turns

    @cached_property
    def speakers(self) -> tuple[str, ...]:
        """Everybody who speaks, in the order of their first words; last who says only credits."""
        credits = (chapter for chapter in self.chapters if chapter.credits is not None)
        turns = (turn for each in (*self.own_chapters, *credits) for turn in each.turns)
        return tuple(dict.fromkeys(turn.speaker for turn in turns))

    @cached_property
    def turn_places(self) -> Mapping[int, str]:
        """By turn, `3:14`: the fourteenth paragraph of chapter 3; `3:0` for its heading; and
        `credits:opening`."""
        found: dict[int, str] = {}
        for chapter in self.chapters:
            paragraph = 0
            for turn in chapter.turns:
                paragraph += not (turn.is_heading or turn.goes_on)
                of_chapter = f"{chapter.number + 1}:{paragraph}"
                found[turn.number] = credits_place(chapter.credits) or of_chapter
        return found

    @cached_property
    def turns_by_number(self) -> Mapping[int, Turn]:
        return {turn.number: turn for turn in self.turns}

    @cached_property
    def turn_starts(self) -> Mapping[int, int]:
        """By turn, where its text begins in the source."""
        return {turn.number: turn.text.start for turn in self.turns}

    def place_of_turn(self, number: int) -> str:
        return self.turn_places.get(number, "")

    @cached_property
    def lines(self) -> Lines:
        return Lines(self.source, self.places)

    def spot(self, start: int, end: int | None = None) -> SourceSpot:
        """The place of `[start, end)` for an error message, cut at the end of its line."""
        spot = self.lines.spot(self.path, start, end)
        return replace(spot, place=CREDITS) if start > self.own_length else spot


@dataclass(frozen=True)
class Lines:
    """Where the lines of a text begin, and how its places are called."""

    text: str
    places: Places = field(default_factory=Places)

    @cached_property
    def starts(self) -> list[int]:
        starts = [0]
        for line in self.text.split("\n")[:-1]:
            starts.append(starts[-1] + len(line) + 1)
        return starts

    def number_at(self, position: int) -> int:
        """The line, from 1, that a position of the text is on."""
        return bisect_right(self.starts, position)

    def spot(self, path: str, start: int, end: int | None = None) -> SourceSpot:
        number = self.number_at(start)
        begin = self.starts[number - 1]
        line = self.text[begin:].split("\n", 1)[0]
        last = len(line) if end is None else min(end - begin, len(line))
        place = self.places.at(start)
        return SourceSpot(path, number, line, start - begin, last, place)
