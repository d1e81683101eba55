"""Puts a Script together: turns, headings, breaks and pauses in the order they are met.

Which headings open a chapter is known only at the end: the highest level that occurs twice and has
text of its own, so that neither the title of a book nor its parts are taken for chapters.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from higgs_cli.errors import ScriptError
from higgs_cli.script.document import NARRATOR, Chapter, Lines, Turn, Unspoken
from higgs_cli.script.source_text import SourceText

PAUSE = re.compile(r"[\[【［]\s*+pause\b([^\[\]【】［］]*+)(?P<closing>[\]】］]?)", re.IGNORECASE)
CLOSINGS = "]】］"
PAUSE_LENGTH = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s*(?:s|sec|seconds?)?", re.IGNORECASE)
USUAL_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
LONGEST_SILENCE_SECONDS = 600.0
"""Of pauses in a row."""


@dataclass(frozen=True)
class _Heading:
    level: int
    text: SourceText
    line_number: int


@dataclass(frozen=True)
class _Break:
    pass


class Assembly:
    """Collects what a parser finds."""

    def __init__(self, path: str, source: str) -> None:
        self.path = path
        self.lines = Lines(source)
        self.unspoken: list[Unspoken] = []
        self._events: list[Turn | _Heading | _Break] = []
        self._pause_seconds: float | None = None

    def leave(self, start: int, end: int, kind: str) -> None:
        """Note a part of the source that is not read out."""
        self.unspoken.append(Unspoken(start, end, kind))

    def heading(self, level: int, text: SourceText, line_number: int) -> None:
        self._events.append(_Heading(level, text, line_number))

    def scene_break(self) -> None:
        self._events.append(_Break())

    def say(self, speaker: str, mood: str | None, text: SourceText) -> None:
        """A paragraph of one speaker; pauses written in it part it into turns."""
        position = 0
        closed_until = max(map(text.text.rfind, CLOSINGS))
        for match in PAUSE.finditer(text.text):
            if match.end() > closed_until + 1:
                break  # never closed: words like any other
            self._turn(speaker, mood, text.slice(position, match.start()))
            start, end = text.span(*match.span())
            self.leave(start, end, "pause")
            self._lengthen_pause(self._seconds(match, start, end), start, end)
            position = match.end()
        self._turn(speaker, mood, text.slice(position, len(text.text)))

    def _turn(self, speaker: str, mood: str | None, text: SourceText) -> None:
        text = text.stripped()
        if not text:
            return
        line_number = self.lines.number_at(text.start)
        pause, self._pause_seconds = self._pause_seconds, None
        self._events.append(
            Turn(0, speaker, text, line_number, mood=mood, pause_before_seconds=pause)
        )

    def _lengthen_pause(self, seconds: float, start: int, end: int) -> None:
        """Pauses in a row are one."""
        self._pause_seconds = (self._pause_seconds or 0.0) + seconds
        if self._pause_seconds > LONGEST_SILENCE_SECONDS:
            raise ScriptError(
                f"with this, the pauses in a row last over {LONGEST_SILENCE_SECONDS:g} seconds",
                spot=self.lines.spot(self.path, start, end),
                hint="leave some of them out",
            )

    def _seconds(self, match: re.Match[str], start: int, end: int) -> float:
        written = match[1].strip()
        length = PAUSE_LENGTH.fullmatch(written)
        is_closed = bool(match["closing"])
        if is_closed and not written:
            return USUAL_PAUSE_SECONDS
        if not is_closed or length is None or float(length[1]) > LONGEST_PAUSE_SECONDS:
            raise ScriptError(
                f'"{written}" is not a pause of 0 to {LONGEST_PAUSE_SECONDS:g} seconds',
                spot=self.lines.spot(self.path, start, end),
                hint="write [pause 1.5]",
            )
        return float(length[1])

    def chapters(self, title: str, *, speaks_headings: bool) -> tuple[Chapter, ...]:
        """Everything in its chapter and scene, numbered."""
        chapter_level = self._chapter_level()
        drafts: list[_Draft] = [_Draft(title, 1)]
        for event in self._events:
            if isinstance(event, Turn):
                drafts[-1].add(event)
            elif isinstance(event, _Break):
                drafts[-1].next_scene()
            else:
                if event.level <= chapter_level:
                    drafts.append(drafts[-1].followed_by(event.text.text, event.line_number))
                else:
                    drafts[-1].next_scene()
                self._speak_heading(event, drafts[-1], speaks_headings)
        return _numbered(drafts)

    def _speak_heading(self, heading: _Heading, draft: _Draft, is_spoken: bool) -> None:
        if is_spoken:
            turn = Turn(0, NARRATOR, heading.text, heading.line_number, is_heading=True)
            draft.add(turn)
        else:
            self.leave(heading.text.start, heading.text.end, "heading")

    def _chapter_level(self) -> int:
        pairs = zip(self._events, [*self._events[1:], None], strict=False)
        levels = Counter(
            event.level
            for event, following in pairs
            if isinstance(event, _Heading) and not isinstance(following, _Heading)
        )
        twice = [level for level, count in levels.items() if count > 1]
        return min(twice or levels or [0])


class _Draft:
    """A chapter that is being filled."""

    def __init__(self, title: str, line_number: int) -> None:
        self.title = title
        self.line_number = line_number
        self.turns: list[Turn] = []
        self.scene = 0
        self._has_text = False

    def add(self, turn: Turn) -> None:
        self.turns.append(replace(turn, scene=self.scene))
        self._has_text = self._has_text or not turn.is_heading

    def followed_by(self, title: str, line_number: int) -> _Draft:
        """The next chapter; a title that stands alone becomes its opening words."""
        following = _Draft(title, line_number)
        if not self._has_text:
            following.turns, self.turns = self.turns, []
        return following

    def next_scene(self) -> None:
        if self.turns:
            self.scene = self.turns[-1].scene + 1


def _numbered(drafts: list[_Draft]) -> tuple[Chapter, ...]:
    chapters: list[Chapter] = []
    count = 0
    for draft in drafts:
        if not draft.turns:
            continue
        turns = tuple(replace(turn, number=count + i) for i, turn in enumerate(draft.turns))
        chapters.append(Chapter(len(chapters), draft.title, draft.line_number, turns))
        count += len(turns)
    return tuple(chapters)
