"""What was said, in the words of the source: each word as it is written, and how much it is to say.

    source    "Dr. Lee paid $5 [laugh]--gladly."
    pieces    [Doctor|Dr.] [ Lee paid ] [five dollars|$5] [<SE>…|[laugh]] [ - |--] [gladly.]
    words     Dr.   Lee   paid   $5   [laugh]--gladly.

Marks of typesetting are no words, and no stop is shown that the writer did not set.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import unescape

from higgs_cli.planning.plan import Chunk, Plan
from higgs_cli.script.source_text import Piece

WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Characters of scripts that put no space between words: each is a word by itself."""
PIECEWISE = {None, "space", "punctuation", "closing", "parenthesis"}
"""Rules that leave words as they are: between what they put there, words may end."""
SHOWN_OF_BLANKS = re.compile(r"[^()\[\]（）【】…—–\s]+")
"""What of the source stays where nothing is said of it: brackets and dashes, no typesetting."""
OPENING = tuple("“‘「『（《〈【")
TYPESETTING = "\\*_~#|"
ENTITY = re.compile(r"&(?:[A-Za-z]{2,31}|#\d{1,7}|#x[0-9A-Fa-f]{1,6});")
SOUND_MARK = re.compile(r"</?SE(?:_[se])?>")


@dataclass(frozen=True, slots=True)
class WrittenWord:
    """A word as it is written."""

    text: str
    weight: int
    """How many characters are spoken for it, with the marks behind it."""
    start: int
    """Where it stands in the source."""
    end: int
    is_spaced: bool
    """Does a space stand before it?"""
    is_stopped: bool
    """Is a stop spoken at its end? The one of an abbreviation is not."""
    said: tuple[int, int] = (0, 0)
    """What is spoken for it, `[first, last)` of the text of its chunk."""

    @property
    def ends_sentence(self) -> bool:
        return self.is_stopped and bool(SENTENCE_END.search(self.text))

    @property
    def ends_phrase(self) -> bool:
        is_abbreviated = not self.is_stopped and bool(SENTENCE_END.search(self.text))
        return not is_abbreviated and bool(PHRASE_END.search(self.text))


SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»」』）)\]*_]*$")
PHRASE_END = re.compile(r"[.!?…。！？;:,，；：、—–][\"'”’»」』）)\]*_]*$|--$")


@dataclass(frozen=True)
class Writing:
    """The source of a plan, as its chunks stand for it."""

    plan: Plan

    def words(self, chunk: Chunk) -> tuple[WrittenWord, ...]:
        """The words that a chunk says, in order; of a chunk without a source, those it says."""
        if not chunk.pieces:
            return plain_written_words(chunk.text)
        return tuple(_words(self._bits(chunk)))

    def text(self, chunk: Chunk) -> str:
        """The same as one text."""
        return joined(self.words(chunk))

    def differences(self, chunk: Chunk) -> Iterator[tuple[int, int, str]]:
        """The parts `[first, last)` of what is said that are written otherwise, and how."""
        at = 0
        for piece in chunk.pieces:
            first, at = at, at + len(piece.text)
            if not piece.is_written and (written := self._written(piece)) != piece.text:
                yield first, at, written

    def _bits(self, chunk: Chunk) -> Iterator[_Bit]:
        at = 0
        for piece in chunk.pieces:
            first, at = at, at + len(piece.text)
            written = said = piece.text
            if not piece.is_written:
                written, said = self._written(piece), SOUND_MARK.sub("", said)
            may_part = piece.is_written or piece.rule in PIECEWISE
            yield _Bit(written, said, piece.start, piece.end, (first, at), may_part)

    def _written(self, piece: Piece) -> str:
        """What stands in the source where something else is said."""
        said = piece.text
        if piece.rule in ("markup", "note"):
            return " " if said.isspace() else ""
        source = self._without_unspoken(piece.start, piece.end)
        if not source:
            return " " if said[-1:].isspace() else ""
        source = ENTITY.sub(lambda match: unescape(match[0]), source)
        if not said.strip():
            shown = SHOWN_OF_BLANKS.sub("", source)
            return shown or said if said else "".join(shown.split())
        source = "".join(each for each in source if each not in TYPESETTING or each in said)
        return source if " " in said or "\n" not in source else "".join(source.split())

    def _without_unspoken(self, start: int, end: int) -> str:
        """A part of the source without the marks and comments in it."""
        parts, position = [], start
        unspoken = self.plan.script.unspoken
        for part in unspoken[bisect_left(self._unspoken_ends, start + 1) :]:
            if part.start >= end:
                break
            parts.append(self.plan.script.source[position : max(position, part.start)])
            position = max(position, part.end)
        return "".join([*parts, self.plan.script.source[position:end]])

    @cached_property
    def _unspoken_ends(self) -> list[int]:
        """In order, as parts that are not spoken do not overlap but by what is inside them."""
        ends, last = [], 0
        for part in self.plan.script.unspoken:
            last = max(last, part.end)
            ends.append(last)
        return ends


def plain_written_words(text: str) -> tuple[WrittenWord, ...]:
    """Of a text without a source: those it says."""
    return tuple(_words(_unmarked(text)))


def joined(words: Sequence[WrittenWord]) -> str:
    """Words as they are written one after another."""
    text = "".join(f" {word.text}" if word.is_spaced else word.text for word in words)
    return text.strip()


@dataclass(frozen=True)
class _Bit:
    """Some of the source, and what is said for it."""

    written: str
    said: str
    start: int
    end: int
    said_at: tuple[int, int]
    """Where that stands in the text of its chunk."""
    may_part: bool
    """May a word end inside it?"""


def _unmarked(text: str) -> Iterator[_Bit]:
    """A text without a source, but for its marks of sounds."""
    at = 0
    for mark in [*SOUND_MARK.finditer(text), None]:
        last = mark.start() if mark else len(text)
        yield _Bit(text[at:last], text[at:last], at, last, (at, last), True)
        at = mark.end() if mark else last


def _words(bits: Iterable[_Bit]) -> Iterator[WrittenWord]:
    """Bits put together to words, parted where blanks are."""
    held: list[_Bit] = []
    is_spaced = True
    for bit in _parted(bits):
        if bit.written.isspace():
            if held:
                yield _word(held, is_spaced)
            held, is_spaced = [], True
        elif held and _is_joint(held[-1].written, bit.written):
            yield _word(held, is_spaced)
            held, is_spaced = [bit], False
        elif held or bit.written:
            held.append(bit)
    if held:
        yield _word(held, is_spaced)


def _word(bits: Sequence[_Bit], is_spaced: bool) -> WrittenWord:
    said = "".join(bit.said for bit in bits)
    return WrittenWord(
        text="".join(bit.written for bit in bits),
        weight=len(said),
        start=bits[0].start,
        end=max(bit.end for bit in bits),
        is_spaced=is_spaced,
        is_stopped=bool(SENTENCE_END.search(said.rstrip())),
        said=(bits[0].said_at[0], bits[-1].said_at[1]),
    )


def _parted(bits: Iterable[_Bit]) -> Iterator[_Bit]:
    """The same, where each is all blank or has no blank that parts words."""
    for bit in bits:
        if not bit.may_part:
            yield replace(bit, written=" ".join(bit.written.split()))
            continue
        is_source = bit.written == bit.said
        at, said_at = bit.start, bit.said_at[0]
        parts = [part for part in re.split(r"(\s+)", bit.written) if part]
        for number, part in enumerate(parts):
            said = part if is_source else bit.said.strip() if number == 0 else ""
            for each in _characters(part) if is_source else (part,):
                end = at + len(each) if is_source else bit.end
                said_end = said_at + len(each) if is_source else bit.said_at[1]
                own = each if is_source else said
                yield _Bit(each, own, at, end, (said_at, said_end), True)
                at, said_at = end if is_source else at, said_end


def _characters(part: str) -> Iterator[str]:
    """A word, or each wide character of it."""
    if not WIDE.search(part):
        yield part
        return
    yield from re.findall(rf"{WIDE.pattern}|(?:(?!{WIDE.pattern}).)+", part, re.DOTALL)


def _is_joint(before: str, after: str) -> bool:
    """Does a word end between two that no blank parts? Only in scripts without blanks; a mark goes
    with the word before, one that opens with the word behind."""
    last, first = before[-1:], after[:1]
    if last in OPENING:
        return False
    if first in OPENING:
        return True
    return first.isalnum() and bool(WIDE.match(last) or WIDE.match(first))
