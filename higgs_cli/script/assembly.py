"""Puts a Script together: turns, headings, breaks and pauses in the order they are met.

Which headings open a chapter is known only at the end: see `outline.py`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from higgs_cli.errors import ScriptError
from higgs_cli.script.document import NARRATOR, Chapter, Lines, Turn, Unspoken
from higgs_cli.script.manuscript import Places
from higgs_cli.script.outline import ContentsLine, Event, Heading, SceneBreak, chapter_titles
from higgs_cli.script.source_text import SourceText

PAUSE = re.compile(r"[\[【［]\s*+pause\b([^\[\]【】［］]*+)(?P<closing>[\]】］]?)", re.IGNORECASE)
CLOSINGS = "]】］"
PAUSE_LENGTH = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s*(?:s|sec|seconds?)?", re.IGNORECASE)
USUAL_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
LONGEST_SILENCE_SECONDS = 600.0
"""Of pauses in a row."""


class Assembly:
    """Collects what a parser finds."""

    def __init__(
        self,
        path: str,
        source: str,
        places: Places | None = None,
        *,
        pauses_are_strict: bool = True,
    ) -> None:
        self.path = path
        self.lines = Lines(source, places or Places())
        self.pauses_are_strict = pauses_are_strict
        self.unspoken: list[Unspoken] = []
        self._events: list[Event] = []
        self._pause_seconds: float | None = None
        self._goes_on = False

    def leave(self, start: int, end: int, kind: str) -> None:
        """Note a part of the source that is not read out."""
        self.unspoken.append(Unspoken(start, end, kind))

    def heading(self, level: int, text: SourceText, line_number: int) -> None:
        self._events.append(Heading(level, text, line_number))

    def contents_line(self, title: str, depth: int, position: int, *, is_read: bool) -> None:
        """What a line of the table of contents names begins here."""
        line_number = self.lines.number_at(position)
        self._events.append(ContentsLine(title, depth, line_number, is_read))

    def scene_break(self) -> None:
        self._events.append(SceneBreak())

    def say(
        self,
        speaker: str,
        mood: str | None,
        text: SourceText,
        manner: str | None = None,
        *,
        goes_on: bool = False,
    ) -> bool:
        """A paragraph of one speaker, or more of it; pauses written in it part it into turns. Was
        anything said?"""
        position = 0
        self._goes_on = goes_on
        before = len(self._events)
        closed_until = max(map(text.text.rfind, CLOSINGS))
        for match in PAUSE.finditer(text.text):
            if match.end() > closed_until + 1:
                break  # never closed: words like any other
            if not self.pauses_are_strict and not _is_pause(match):
                continue  # the words of a book: [Pause. He sits down.]
            self._turn(speaker, mood, text.slice(position, match.start()), manner)
            start, end = text.span(*match.span())
            self.leave(start, end, "pause")
            self._lengthen_pause(self._seconds(match, start, end), start, end)
            position = match.end()
        self._turn(speaker, mood, text.slice(position, len(text.text)), manner)
        return len(self._events) > before

    def _turn(self, speaker: str, mood: str | None, text: SourceText, manner: str | None) -> None:
        text = text.stripped()
        if not text:
            return
        line_number = self.lines.number_at(text.start)
        pause, self._pause_seconds = self._pause_seconds, None
        self._events.append(
            Turn(
                0,
                speaker,
                text,
                line_number,
                mood=mood,
                manner=manner,
                pause_before_seconds=pause,
                goes_on=self._goes_on,
            )
        )
        self._goes_on = True

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
        titles = chapter_titles(self._events)
        drafts: list[_Draft] = [_Draft(title, 1)]
        for index, event in enumerate(self._events):
            if isinstance(event, Turn):
                drafts[-1].add(event)
                continue
            if isinstance(event, SceneBreak):
                drafts[-1].next_scene()
                continue
            if index in titles:
                following = drafts[-1].followed_by(titles[index], event.line_number)
                drafts.append(following)
            elif isinstance(event, Heading):
                drafts[-1].next_scene()
            if isinstance(event, Heading):
                self._speak_heading(event, drafts[-1], speaks_headings)
        return _numbered(drafts)

    def _speak_heading(self, heading: Heading, draft: _Draft, is_spoken: bool) -> None:
        if is_spoken:
            turn = Turn(0, NARRATOR, heading.text, heading.line_number, is_heading=True)
            draft.add(turn)
        else:
            self.leave(heading.text.start, heading.text.end, "heading")


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


def _is_pause(match: re.Match[str]) -> bool:
    written = match[1].strip()
    return bool(match["closing"]) and (not written or PAUSE_LENGTH.fullmatch(written) is not None)
