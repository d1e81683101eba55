"""Which headings open chapters, and what the chapters are called.

With a table of contents, its lines open chapters, and headings that are like theirs; without one,
the highest level of headings that occurs twice and has text of its own, so that neither the title
of a book nor its parts are taken for chapters. Parts and numbers stay in the titles.

    PART TWO          ┐ opens nothing: no text of its own
      Chapter 1       │ "PART TWO, Chapter 1: The Letter"
        The Letter    ┘
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from higgs_cli.script.document import Turn
from higgs_cli.script.source_text import SourceText
from higgs_cli.script.titles import (
    bare_title,
    is_beside_chapters,
    is_number_alone,
    is_part,
)

GENERIC = re.compile(r"title ?page|half ?title ?page|start|begin reading|text|cover", re.IGNORECASE)
"""What contents call a page that has a better name of its own."""
GAPS = re.compile(r"[^\S ]+")
INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
FULL_CHAPTER = 400
"""Characters of text of its own that make an entry with entries below it a chapter."""


@dataclass(frozen=True)
class Heading:
    level: int
    text: SourceText
    line_number: int


@dataclass(frozen=True)
class SceneBreak:
    pass


@dataclass(frozen=True)
class ContentsLine:
    """A line of the table of contents; what it names begins here."""

    title: str
    depth: int
    line_number: int
    is_read: bool = True
    """Is anything of what it names read? A part's own page may not be."""


Event = Turn | Heading | SceneBreak | ContentsLine


def chapter_titles(events: Sequence[Event]) -> dict[int, str]:
    """The events that open chapters, each with what its chapter is called: by contents where there
    are some, else by the levels of headings."""
    entries = [i for i, event in enumerate(events) if isinstance(event, ContentsLine)]
    opening = _by_contents(events, entries) if len(entries) > 1 else _by_levels(events)
    return _titled(events, opening)


def _by_levels(events: Sequence[Event]) -> set[int]:
    below = _below_numbers(events)
    chapter_level = _chapter_level([event for i, event in enumerate(events) if i not in below])
    return {
        i
        for i, event in enumerate(events)
        if isinstance(event, Heading)
        and i not in below
        and (event.level <= chapter_level or is_beside_chapters(event.text.text.strip()))
    }


def _below_numbers(events: Sequence[Event]) -> set[int]:
    """The headings that are titles of the number above them."""
    return {
        i
        for i in range(1, len(events))
        if isinstance(number := events[i - 1], Heading)
        and isinstance(title := events[i], Heading)
        and title.level >= number.level
        and _is_title_of(title, number)
    }


def _is_title_of(title: Heading, number: Heading) -> bool:
    words = _shown(title.text.text)
    is_number = is_number_alone(_shown(number.text.text))
    return is_number and not is_number_alone(words) and not is_part(words)


def _chapter_level(events: Sequence[Event]) -> int:
    told = [event for event in events if not isinstance(event, ContentsLine)]
    levels = Counter(
        event.level
        for event, following in pairwise([*told, None])
        if isinstance(event, Heading) and not isinstance(following, Heading)
    )
    twice = [level for level, count in levels.items() if count > 1]
    return min(twice or levels or [0])


def _by_contents(events: Sequence[Event], entries: Sequence[int]) -> set[int]:
    """The entries that are chapters or parts, and headings that are like theirs."""
    opening: set[int] = set()
    closed_depth: int | None = None  # below a chapter, entries are its sections
    for number, index in enumerate(entries):
        entry = events[index]
        assert isinstance(entry, ContentsLine)
        if closed_depth is not None and entry.depth > closed_depth:
            continue
        closed_depth = None
        if not entry.is_read:
            continue
        end = entries[number + 1] if number + 1 < len(entries) else len(events)
        opening.add(index)
        if not is_part(entry.title) and _letters(events[index:end]) > FULL_CHAPTER:
            closed_depth = entry.depth
    return opening | _unlisted(events, opening)


def _letters(events: Sequence[Event]) -> int:
    return sum(len(e.text.text) for e in events if isinstance(e, Turn) and not e.is_heading)


def _unlisted(events: Sequence[Event], opening: set[int]) -> set[int]:
    """Headings of the level of chapters that the contents forgot."""
    levels = Counter(
        event.level
        for i in opening
        for event in events[i + 1 : i + 2]
        if isinstance(event, Heading)
    )
    if not levels:
        return set()
    level, count = levels.most_common(1)[0]
    if count < 2:
        return set()
    found = set()
    for i, event in enumerate(events):
        is_alike = isinstance(event, Heading) and event.level == level
        if is_alike and not isinstance(events[i - 1], ContentsLine | Heading):
            found.add(i)
    return found


def _titled(events: Sequence[Event], opening: set[int]) -> dict[int, str]:
    """Each opening with its title: the part that it is in, its number, its own words."""
    titles: dict[int, str] = {}
    part, part_level = "", 0
    for index, event in enumerate(events):
        if isinstance(event, ContentsLine) and not event.is_read and is_part(event.title):
            part, part_level = event.title, event.depth
        if index not in opening:
            continue
        own = _own_title(events, index)
        level = event.depth if isinstance(event, ContentsLine) else event.level  # type: ignore[union-attr]
        if is_part(_first_words(events, index)):
            part, part_level = own, level
            titles[index] = own
            continue
        if part and (level <= part_level or is_beside_chapters(_first_words(events, index))):
            part = ""
        titles[index] = f"{part}, {own}" if part else own
    return titles


def _first_words(events: Sequence[Event], index: int) -> str:
    event = events[index]
    return event.title if isinstance(event, ContentsLine) else event.text.text.strip()  # type: ignore[union-attr]


def _own_title(events: Sequence[Event], index: int) -> str:
    """The heading and the title below its number; of an entry, the fuller of both."""
    event = events[index]
    first = index + 1 if isinstance(event, ContentsLine) else index
    written = _headings_at(events, first)
    if not isinstance(event, ContentsLine):
        return written
    said, listed = bare_title(written), bare_title(event.title)
    is_fuller = bool(listed) and listed in said
    return written if written and (is_fuller or GENERIC.fullmatch(listed)) else event.title


def _headings_at(events: Sequence[Event], index: int) -> str:
    if index >= len(events) or not isinstance(event := events[index], Heading):
        return ""
    title = _shown(event.text.text)
    following = events[index + 1] if index + 1 < len(events) else None
    if isinstance(following, Heading) and _is_title_of(following, event):
        return f"{title.rstrip('.:')}: {_shown(following.text.text)}"
    return title


def _shown(text: str) -> str:
    """A heading as a title: no line ends, no signs that nobody sees."""
    return INVISIBLE.sub("", GAPS.sub(" ", text)).strip()
