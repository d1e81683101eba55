"""Plays in the usual prints, with their stage directions: silent, read by the narrator, or a mood.

Brackets are directions, and so are whole sentences in italics and what stands in parentheses behind
a name. Acts and scenes are the narrator's; so is what stands before the first speech.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from higgs_cli.errors import ScriptError
from higgs_cli.script.assembly import Assembly
from higgs_cli.script.book import Narration, as_it_is_read, filled
from higgs_cli.script.directions import is_direction
from higgs_cli.script.document import NARRATOR, Header, Script, Unspoken
from higgs_cli.script.heads import several
from higgs_cli.script.manuscript import Block, Manuscript
from higgs_cli.script.names import KnownNames, plain_name
from higgs_cli.script.persons import list_of_persons, persons_in
from higgs_cli.script.source_text import SourceText
from higgs_cli.script.speech_directions import directions_in, length_in
from higgs_cli.script.speeches import (
    PlayCue,
    cues_of,
    is_scene_line,
    is_screenplay,
    names_in,
)
from higgs_cli.settings.views import Reading

LONGEST_MANNER = 60
MOST_OPEN_BLOCKS = 60
BEHIND_A_DIRECTION = " ,;:"
"""Marks that belong to what stood before it."""
BEFORE_A_DIRECTION = re.compile(r"(?:(?<=[.!?])\s?(?:--|[—–])|\s?[\[(])\s*\Z")
"""`SCENE I.--`, and a bracket that is never closed."""
SHOWN = 4


def read_play(
    manuscript: Manuscript,
    reading: Reading,
    header: Header,
    names: KnownNames,
    unspoken: tuple[Unspoken, ...] = (),
) -> Script:
    """The script of a play."""
    manuscript = as_it_is_read(manuscript, reading)
    places = manuscript.places if manuscript.is_extracted else None
    assembly = Assembly(manuscript.path, manuscript.source, places, pauses_are_strict=False)
    if not manuscript.is_extracted:
        assembly.unspoken += unspoken
    play = PlayNarration(manuscript, assembly, frozenset(reading.keep), refuses_open=False)
    play.names, play.directions = names, reading.directions
    play.tell()
    title = header.title or manuscript.facts.title or ""
    chapters = assembly.chapters(title, speaks_headings=reading.headings != "silent")
    if not chapters:
        raise ScriptError(f"{manuscript.path}: nothing in it is spoken")
    return Script(
        manuscript.path,
        manuscript.source,
        manuscript.encoding,
        "play",
        chapters,
        filled(header, manuscript),
        tuple(sorted(assembly.unspoken, key=lambda part: (part.start, part.end))),
        facts=manuscript.facts,
        places=assembly.lines.places,
        persons=persons_in(manuscript),
        emphasis=tuple(play.emphasis),
        brackets_are_text=True,
        warnings=(*manuscript.warnings, *play.warnings),
    )


class PlayNarration(Narration):
    """Feeds the speeches of a play to an assembly."""

    directions: str = "silent"
    _goes_on = False
    names: KnownNames
    warnings: tuple[str, ...] = ()

    def tell(self) -> None:
        cues = _without_listed(self.manuscript, cues_of(self.manuscript))
        counts = names_in(cues)
        self._accepted = {name for name, count in counts.items() if count > 1}
        self._accepted |= {
            plain_name(cue.head.name)
            for cue in cues
            if cue.head is not None
            and (cue.head.form not in ("stop", "dash") or self._are_known(cue.head.name))
        }
        self._is_screenplay = is_screenplay(self.manuscript)
        self._speaker = NARRATOR
        self._manner: str | None = None
        self._open_blocks = 0
        self._is_first = False
        """Was a name just read, and nothing said yet?"""
        entries = list(reversed(self.manuscript.contents))
        starts = [block.start for block in self.manuscript.blocks]
        for cue in cues:
            while entries and starts[entries[-1].block] <= cue.block.start:
                entry = entries.pop()
                is_read = self.manuscript.blocks[entry.block].left_out is None
                position = cue.block.start
                self.assembly.contents_line(entry.title, entry.depth, position, is_read=is_read)
            self._take_cue(cue)
        self.warnings = (*self._unaccepted(cues), *self._untold(cues))

    def _are_known(self, name: str) -> bool:
        """Are they several who speak by themselves too?"""
        parts = several(name)
        return bool(parts) and all(plain_name(part) in self._accepted for part in parts)

    def _unaccepted(self, cues: list[PlayCue]) -> tuple[str, ...]:
        """Names before lines that were not taken for speakers."""
        lines = self.assembly.lines
        left = [
            f"{cue.head.name} (line {lines.number_at(cue.block.start)})"
            for cue in cues
            if cue.head is not None and plain_name(cue.head.name) not in self._accepted
        ]
        if not left:
            return ()
        shown = ", ".join(left[:SHOWN]) + (" …" if left[SHOWN:] else "")
        return (f"{len(left)} lines begin like a name that occurs once, and are text: {shown}",)

    def _untold(self, cues: list[PlayCue]) -> tuple[str, ...]:
        """Plain text has no italics: what in a speech is a direction it does not say."""
        is_plain = not self.manuscript.is_extracted and not self.manuscript.has_entities
        columns = sum(cue.is_row and bool(cue.name) for cue in cues) if is_plain else 0
        told = (
            "in columns of plain text, directions within a speech look like speech and are spoken"
        )
        return (f"{told} ({columns} speeches); the EPUB or Markdown tells them",) if columns else ()

    def _take_cue(self, cue: PlayCue) -> None:
        block = cue.block
        is_scene = self._is_screenplay and block.kind == "heading" and block.left_out is None
        if is_scene and is_scene_line(self.manuscript.text(block)):
            self._take_text(cue)
        elif block.left_out is not None or block.kind in ("heading", "break"):
            if block.left_out is None:
                self._speaker, self._open_blocks = NARRATOR, 0
            self.take(block)
        elif cue.is_row and cue.name is not None:
            self._take_row(cue)
        elif block.kind == "note" or block.note is not None:  # asked for, and nobody's speech
            self.assembly.say(NARRATOR, None, self.words(block))
        else:
            self._take_text(cue)

    def _take_row(self, cue: PlayCue) -> None:
        """Two cells; without a name the second is a direction."""
        block, before = cue.block, self.manuscript.source[: cue.block.start]
        words = self.words(block)
        if not cue.name:
            self._go_on(block, words)
            return
        self._speaker = self._named(cue.name)
        line_start = before.rfind("\n") + 1
        self.assembly.leave(line_start, block.start, "speaker")
        self._say(block, words)

    def _go_on(self, block: Block, words: SourceText) -> None:
        """A row without a name: a direction, and what the one before says behind it."""
        if any(True for _ in self._found(block, words, is_first=False)):
            self._say(block, words, is_first=False)
        else:
            self._direct(words)

    def _take_text(self, cue: PlayCue) -> None:
        block = cue.block
        words = self.words(block)
        if not words:
            return
        if cue.is_direction or (cue.head is None and is_direction(words.text)):
            self._direct(words)
            return
        head = cue.head
        is_speech = head is not None and plain_name(head.name) in self._accepted
        if self._is_screenplay and not is_speech and cue.begins:
            if is_scene_line(words.text):
                self.assembly.scene_break()
            self._speaker = NARRATOR
            self._direct(words)
            return
        if head is None or not is_speech:
            self._say(block, words)
            return
        self._speaker = self._named(head.name)
        self._open_blocks = 0
        self._is_first = True
        length = length_in(words, block.start + head.length)
        self.assembly.leave(*words.span(0, length), "speaker")
        if head.mood:
            self._manner = head.mood
        self._say(block, words.slice(length, len(words.text)))

    def _named(self, written: str) -> str:
        known = self.names.find(written)
        return known.speaker if known else self.names.learn(written)

    def _say(self, block: Block, words: SourceText, *, is_first: bool | None = None) -> None:
        """What is said, and the directions in it; `is_first`: a name stands just before it."""
        text = words.text
        if self._open_blocks or _opens(text):
            self._open_blocks = 0 if "]" in text else self._open_blocks + 1
            if self._open_blocks > MOST_OPEN_BLOCKS:
                self._open_blocks = 0
            self._direct(words)
            return
        position = 0
        self._goes_on = False
        if is_first is None:
            is_first = self._is_first or block.kind == "row"
        self._is_first = self._is_first and not text.strip()
        for first, last in self._found(block, words, is_first=is_first):
            self._utter(words.slice(position, first))
            self._direct(words.slice(first, last))
            position = last
        self._utter(words.slice(position, len(text)))

    def _found(
        self, block: Block, words: SourceText, *, is_first: bool
    ) -> Iterator[tuple[int, int]]:
        """Parts of a speech that nobody says, in order."""
        return directions_in(
            self.manuscript, block, words, is_first=is_first, is_screenplay=self._is_screenplay
        )

    def _utter(self, words: SourceText) -> None:
        words = words.stripped()
        begin = len(words.text) - len(words.text.lstrip(BEHIND_A_DIRECTION))
        words = words.slice(begin, len(words.text)) if begin else words
        if dash := BEFORE_A_DIRECTION.search(words.text):
            words = words.slice(0, dash.start())
        if any(letter.isalnum() for letter in words.text):
            said = self.assembly.say(
                self._speaker, None, words, self._manner, goes_on=self._goes_on
            )
            self._manner = None
            self._goes_on = self._goes_on or said
        elif words:
            self.assembly.leave(words.start, words.end, "markup")

    def _direct(self, words: SourceText) -> None:
        words = words.stripped()
        if not words:
            return
        if self.directions == "narrator":
            first = len(words.text) - len(words.text.lstrip("[( "))
            last = len(words.text.rstrip("]) "))
            if last > first:
                for begin, end in ((0, first), (last, len(words.text))):
                    if end > begin:
                        self.assembly.leave(*words.span(begin, end), "markup")
                self.assembly.say(NARRATOR, None, words.slice(first, last))
                self._goes_on = False
                return
        if self.directions == "mood" and len(words.text) <= LONGEST_MANNER:
            self._manner = words.text.strip("[]() ")
        self.assembly.leave(words.start, words.end, "direction")


def _without_listed(manuscript: Manuscript, cues: Sequence[PlayCue]) -> list[PlayCue]:
    """A list of persons names those who speak, and nobody speaks there; above it stand titles."""
    first, last = list_of_persons(manuscript)
    counts = names_in(cues)
    cues = [
        replace(cue, head=None)
        if cue.head is not None
        and cue.block.start < first
        and counts[plain_name(cue.head.name)] < 2
        else cue
        for cue in cues
    ]
    listed = [cue for cue in cues if first <= cue.block.start < last and cue.head is not None]
    if max(names_in(listed).values(), default=0) > 1:
        last = first  # they speak already
    found: list[PlayCue] = []
    has_begun = False
    for cue, following in pairwise([*cues, None]):
        assert cue is not None
        is_alone = cue.head is not None and cue.head.form == "alone"
        is_empty = following is None or following.block.kind in ("heading", "break")
        is_empty = is_empty or (following is not None and following.head is not None)
        is_listed = first <= cue.block.start < last or (is_alone and is_empty and not has_begun)
        has_begun = has_begun or bool(cue.name) or (cue.head is not None and not is_listed)
        found.append(replace(cue, head=None) if is_listed else cue)
    return found


def _opens(text: str) -> bool:
    """A direction over several paragraphs begins here."""
    return text.lstrip().startswith("[") and "]" not in text
