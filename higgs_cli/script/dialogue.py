"""Dialogues: `[SPEAKER0] text`, `NAME: text`, `[NAME] text`, each with an optional `(mood)`.

At a line's start `[x]` is first a known sound, then SPEAKERn, then a known name; `NAME:` is a
speaker only if it is known, or where the user says that this is a dialogue: otherwise `Note: …` is
prose. A line without a speaker belongs to the one before; a blank line begins a new paragraph.
A head of a line that looks like a name and is none that is known is never read aloud unsaid: see
`unread_heads.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from higgs_cli.errors import ScriptError
from higgs_cli.script.assembly import PAUSE, Assembly
from higgs_cli.script.brackets import unknown_brackets
from higgs_cli.script.document import NARRATOR
from higgs_cli.script.heads import Form, Head, head_of
from higgs_cli.script.inline_marks import without_emphasis
from higgs_cli.script.manuscript import EMPHASIS
from higgs_cli.script.names import KnownNames, SpeakerName
from higgs_cli.script.paragraphs import as_paragraph
from higgs_cli.script.sound_tags import nearest_sounds, sound_name, unclosed_tag
from higgs_cli.script.source_lines import SourceLine
from higgs_cli.script.source_text import SourceText
from higgs_cli.script.unread_heads import UnreadHeads

# A name ends in what is no space, so that the space after it is read once and not at each length.
BRACKETED = re.compile(
    r"\s*+[\[【［]\s*+([^\s\[\]【】［］](?:[^\[\]【】［］\n]{0,78}[^\s\[\]【】［］])?)\s*+[\]】］]\s*+[:：]?\s*"
)
UNCLOSED = re.compile(r"\s*+(?<!\\)([\[【［]\s*+[^\s\[\]【】［］]++)[^\[\]【】［］]*+$")
NAMED = re.compile(
    r"\s*+([^\s:：\[\]【】［］](?:[^:：\[\]【】［］\n]{0,78}[^\s:：\[\]【】［］])?)\s*+([:：])\s*"
)
NOT_A_HEAD = re.compile(r"\s*+\\(?=[^\W\d_])")
"""`\\Note: …` is text, whatever it looks like."""
INLINE_TAG = re.compile(r"[\[【［]\s*+(SPEAKER\s*+\d{1,4}+)\s*+[\]】］]\s*", re.IGNORECASE)
NAME_OF_A_PERSON = re.compile(
    r"(?:#?\d{1,4}(?:st|nd|rd|th)?\s?)?+(?!\d)[^\W_a-z](?:[\w'’.#-]|\s(?=\S)){0,38}\w?\.?(?:\s*[(（][^()（）]{1,30}[)）])?"
)


@dataclass(frozen=True)
class Opening:
    """The tag that a line begins with: who speaks, and how long the tag is."""

    who: SpeakerName
    length: int


class DialogueParser:
    """Feeds the turns of a dialogue to an Assembly."""

    def __init__(
        self,
        assembly: Assembly,
        names: KnownNames,
        *,
        names_anyone: bool,
        brackets_are_text: bool = False,
        drops_brackets: bool = False,
    ) -> None:
        self.assembly = assembly
        self.names = names
        self.names_anyone = names_anyone
        self.brackets_are_text = brackets_are_text
        self.drops_brackets = drops_brackets
        self._who = SpeakerName(NARRATOR)
        self._paragraph: list[SourceText] = []
        self._unread = UnreadHeads(assembly)
        self.emphasis: list[tuple[int, int]] = []
        """The parts of the source that are stressed."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know when all is parsed."""
        return self._unread.warnings()

    def parse(self, lines: list[SourceLine]) -> None:
        for line, following in pairwise([*lines, None]):
            assert line is not None
            if line.kind == "text":
                goes_on = following is not None and following.kind == "text"
                self._take_text(line.text, goes_on=goes_on)
            elif line.kind != "comment":
                self._end_paragraph()
            if line.kind == "break":
                self.assembly.leave(line.text.start, line.text.end, "break")
                self.assembly.scene_break()
            elif line.kind == "heading":
                self.assembly.heading(line.level, self._words(line.text), line.number)
        self._end_paragraph()
        self._unread.refuse()

    def _take_text(self, text: SourceText, *, goes_on: bool) -> None:
        escape = NOT_A_HEAD.match(text.text)
        if escape:
            self.assembly.leave(*text.span(escape.end() - 1, escape.end()), "markup")
            text = text.slice(escape.end(), len(text.text))
        opening = self.opening(text, goes_on=goes_on) if not escape else None
        position = self._begin_turn(text, 0, opening.length, opening.who) if opening else 0
        for match in INLINE_TAG.finditer(text.text, position):
            self._paragraph.append(text.slice(position, match.start()))
            who = self.names.find(match[1])
            assert who is not None
            position = self._begin_turn(text, match.start(), match.end(), who)
        self._paragraph.append(text.slice(position, len(text.text)))

    def _begin_turn(self, text: SourceText, first: int, last: int, who: SpeakerName) -> int:
        """End the turn before, and say where what follows the tag begins."""
        self._end_paragraph()
        self._who = who
        self.assembly.leave(*text.span(first, last), "speaker")
        return last

    def opening(self, text: SourceText, *, goes_on: bool = False) -> Opening | None:
        """The speaker tag at the start of a line, if there is one."""
        bracketed = BRACKETED.match(text.text)
        if bracketed:
            if sound_name(bracketed[1]) or PAUSE.match(bracketed[0].strip()):
                return None
            who = self.names.find(bracketed[1]) or self._newcomer(bracketed[1])
            if who is None:
                raise self._unknown_tag(text, bracketed)
            return Opening(who, bracketed.end())
        if not self.brackets_are_text and (unclosed := UNCLOSED.match(text.text)):
            spot = self.assembly.lines.spot(self.assembly.path, *text.span(*unclosed.span(1)))
            raise unclosed_tag(unclosed[1], spot, self.names.nearest(unclosed[1].strip("[【［ ")))
        named = NAMED.match(text.text)
        who = self.names.find(named[1]) if named else None
        if named and who:
            return Opening(who, named.end())
        head = head_of(text.text)
        return self._headed(text, head, goes_on=goes_on) if head else None

    def _headed(self, text: SourceText, head: Head, *, goes_on: bool) -> Opening | None:
        """The speaker of a head in one of its other forms, or anybody where that is allowed."""
        stands_out = head.form == "colon" or head.is_capitals or head.is_marked
        who = self.names.of_head(head)
        if who and (stands_out or (head.form == "alone" and goes_on and not self._paragraph)):
            return Opening(who, head.length)
        if head.form == "colon" and (who := self._newcomer(head.name)):
            return Opening(SpeakerName(who.speaker, head.mood), head.length)
        if stands_out:
            self._unread.meet(text, head, goes_on=goes_on)
        return None

    def _newcomer(self, written: str) -> SpeakerName | None:
        """Somebody nobody has named before, where that is allowed."""
        if not self.names_anyone or nearest_sounds(written):
            return None
        if not NAME_OF_A_PERSON.fullmatch(written) or len(written.split()) > 5:
            return None
        name, _, _ = written.replace("（", "(").partition("(")
        self.names.learn(name.rstrip())
        return self.names.find(written)

    def _unknown_tag(self, text: SourceText, tag: re.Match[str]) -> ScriptError:
        start, end = text.span(tag.start(), tag.start() + len(tag[0].rstrip()))
        near = self.names.nearest(tag[1]) + nearest_sounds(tag[1])
        hint = f"did you mean {' or '.join(f'[{name}]' for name in near)}? " if near else ""
        return ScriptError(
            f'"{tag[1]}" is neither a speaker nor a sound',
            spot=self.assembly.lines.spot(self.assembly.path, start, end),
            hint=f'{hint}to make it a speaker, use --cast "{tag[1]}=VOICE"',
        )

    def _end_paragraph(self) -> None:
        text = as_paragraph(self._paragraph)
        self._paragraph = []
        if text:
            self.assembly.say(self._who.speaker, self._who.mood, self._words(text))

    def _words(self, text: SourceText) -> SourceText:
        words, removed = without_emphasis(text)
        for start, end, kind in removed:
            if kind in EMPHASIS:
                self.emphasis.append((start, end))
            else:
                self.assembly.leave(start, end, kind)
        return self._without_brackets(words) if self.drops_brackets else words

    def _without_brackets(self, words: SourceText) -> SourceText:
        """Without what stands in brackets and is no sound."""
        spans = list(unknown_brackets(words.text))
        for first, last in spans:
            self.assembly.leave(*words.span(first, last), "bracket")
        return words.without(spans)


def looks_like_dialogue(
    lines: list[SourceLine], names: KnownNames, forms: tuple[Form, ...] = ("colon",)
) -> bool:
    """Does any line begin with SPEAKERn or with a speaker who is known (the narrator aside)?"""
    for line in lines:
        if line.kind != "text":
            continue
        for pattern in (BRACKETED, NAMED):
            match = pattern.match(line.text.text)
            who = names.find(match[1]) if match else None
            if who and who.speaker != NARRATOR:
                return True
        head = head_of(line.text.text)
        stands_out = head is not None and (head.is_capitals or head.is_marked)
        who = names.find(head.name) if head and stands_out and head.form in forms else None
        if who and who.speaker != NARRATOR:
            return True
    return False


def names_left_unread(lines: list[SourceLine]) -> list[str]:
    """Names in front of lines that would be speakers in a dialogue, used twice or more."""
    counts: dict[str, int] = {}
    for line in lines:
        head = head_of(line.text.text) if line.kind == "text" else None
        is_name = head is not None and head.form == "colon"
        if (
            head
            and is_name
            and NAME_OF_A_PERSON.fullmatch(head.name)
            and len(head.name.split()) < 4
        ):
            counts[head.name] = counts.get(head.name, 0) + 1
    return [name for name, count in counts.items() if count > 1]
