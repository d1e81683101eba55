"""Text that remembers which part of the source each piece of it came from.

The source is what the user wrote. Cleaning, the lexicon and the expansion of numbers put other
words in its place; every such piece keeps the span that it replaced, so that it can be proved that
no word was lost, added or moved.

    source   "Dr. Lee paid $5"
    pieces   [Doctor|0-3] [ Lee paid |3-13] [five dollars|13-15]
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

SOFT_RULES = {None, "punctuation", "parenthesis", "space"}
"""Rules whose work a later rule may take up again: they replace no words."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text and the part `[start, end)` of the source that it stands for."""

    text: str
    start: int
    end: int
    rule: str | None = None
    """What put this text in the place of the source; None where it is the source itself."""

    @property
    def is_written(self) -> bool:
        return self.rule is None

    def cut(self, first: int, last: int) -> Piece:
        """The part `[first, last)` of this text; a replaced piece loses blank space at most."""
        if (first, last) == (0, len(self.text)):
            return self
        if not self.is_written:
            if (self.text[:first] + self.text[last:]).strip():
                raise ValueError(f"a replaced piece is one thing: {self!r}")
            return Piece(self.text[first:last], self.start, self.end, self.rule)
        return Piece(self.text[first:last], self.start + first, self.start + last)

    def within(self, start: int, end: int) -> Piece | None:
        """What of it stands for the part `[start, end)` of the source."""
        if self.end <= start or self.start >= end:
            return None
        if not self.is_written:
            return self
        return self.cut(max(0, start - self.start), min(self.end, end) - self.start)


@dataclass(frozen=True)
class SourceText:
    """Pieces in the order of the source; `text` is what they say together."""

    pieces: tuple[Piece, ...] = ()

    @staticmethod
    def of(source: str, start: int, end: int) -> SourceText:
        """The part `[start, end)` of the source, as it is written."""
        return SourceText((Piece(source[start:end], start, end),) if end > start else ())

    @cached_property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @cached_property
    def _ends(self) -> list[int]:
        """Where in `text` each piece ends."""
        return list(accumulate(len(piece.text) for piece in self.pieces))

    @property
    def start(self) -> int:
        return self.pieces[0].start

    @property
    def end(self) -> int:
        return self.pieces[-1].end

    def __bool__(self) -> bool:
        return bool(self.pieces)

    def __add__(self, other: SourceText) -> SourceText:
        return SourceText(self.pieces + other.pieces)

    def slice(self, first: int, last: int) -> SourceText:
        """The part `[first, last)` of `text`."""
        if len(self.pieces) == 1 and first <= 0 < len(self.text) <= last:
            return self
        return SourceText(tuple(self._cut(first, last)))

    def _cut(self, first: int, last: int) -> Iterator[Piece]:
        index = bisect_right(self._ends, first)
        while index < len(self.pieces) and first < last:
            piece = self.pieces[index]
            begin = self._ends[index] - len(piece.text)
            stop = min(last, self._ends[index])
            yield piece.cut(first - begin, stop - begin)
            first, index = stop, index + 1

    def between(self, start: int, end: int) -> SourceText:
        """What of it stands for the part `[start, end)` of the source."""
        parts = (piece.within(start, end) for piece in self.pieces)
        return SourceText(tuple(part for part in parts if part))

    def is_seam(self, position: int) -> bool:
        """May the text be cut here? Not inside a piece that replaces the source as a whole."""
        index = bisect_right(self._ends, position)
        if index >= len(self.pieces):
            return True
        piece = self.pieces[index]
        return piece.is_written or position == self._ends[index] - len(piece.text)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The part of the source that `text[first:last]` stands for."""
        touched = list(self._touched(first, last))
        start = _source_position(*touched[0], first)
        end = _source_position(*touched[-1], last, is_end=True)
        return start, end

    def _touched(self, first: int, last: int) -> Iterator[tuple[Piece, int]]:
        """The pieces that `text[first:last]` touches, each with where it begins in `text`."""
        index = min(bisect_right(self._ends, first), len(self.pieces) - 1)
        while index < len(self.pieces):
            piece = self.pieces[index]
            begin = self._ends[index] - len(piece.text)
            if begin >= last > first:
                return
            yield piece, begin
            if last <= self._ends[index]:
                return
            index += 1

    def replace(
        self,
        pattern: re.Pattern[str],
        spoken: Callable[[re.Match[str]], str | None],
        rule: str,
    ) -> SourceText:
        """Put `spoken(match)` in the place of each match; None leaves it as it is.

        What another rule has already replaced is left alone: the first rule to speak has the word.
        """
        if not pattern.search(self.text):
            return self
        return self.replace_matches(pattern.finditer(self.text), spoken, rule)

    def replace_matches(
        self,
        matches: Iterable[re.Match[str]],
        spoken: Callable[[re.Match[str]], str | None],
        rule: str,
    ) -> SourceText:
        """The same for matches in `text` that were found in another way, in order."""
        found = ((*match.span(), spoken(match)) for match in matches)
        return self.with_spoken(found, rule)

    def with_spoken(self, spans: Iterable[tuple[int, int, str | None]], rule: str) -> SourceText:
        """Put words in the place of parts `[first, last)` of `text`, in order; None leaves one."""
        done: list[Piece] = []
        position = 0
        for begin, end, words in spans:
            if words is None or begin == end or not self._is_untouched(begin, end):
                continue
            first, last = self._widened(begin, end)
            if first < position:
                continue
            done.extend(self._cut(position, first))
            words = self.text[first:begin] + words + self.text[end:last]
            done.append(Piece(words, *self.span(first, last), rule))
            position = last
        if not position:
            return self
        done.extend(self._cut(position, len(self.text)))
        return SourceText(tuple(done))

    def _widened(self, first: int, last: int) -> tuple[int, int]:
        """The same part of `text`, made wider so that no replaced piece is cut."""
        touched = list(self._touched(first, last))
        (opening, begin), (closing, end) = touched[0], touched[-1]
        first = first if opening.is_written else begin
        last = last if closing.is_written else end + len(closing.text)
        return first, last

    def _is_untouched(self, first: int, last: int) -> bool:
        return all(piece.rule in SOFT_RULES for piece, _ in self._touched(first, last))

    def without(self, spans: Sequence[tuple[int, int]]) -> SourceText:
        """What is left when these parts of `text`, in order, are taken out."""
        if not spans:
            return self
        left: list[Piece] = []
        position = 0
        for first, last in spans:
            left.extend(self._cut(position, first))
            position = last
        left.extend(self._cut(position, len(self.text)))
        return SourceText(tuple(left))

    def stripped(self) -> SourceText:
        """Without the blank space at both ends."""
        left = len(self.text) - len(self.text.lstrip())
        right = len(self.text.rstrip())
        return self.slice(left, right) if right > left else SourceText()


def joined(parts: Sequence[SourceText], separator: str = " ") -> SourceText:
    """The parts after one another, with a separator that stands for nothing of the source."""
    pieces: list[Piece] = []
    for part in parts:
        if not part:
            continue
        if pieces:
            pieces.append(Piece(separator, pieces[-1].end, pieces[-1].end, "space"))
        pieces.extend(part.pieces)
    return SourceText(tuple(pieces))


def _source_position(piece: Piece, begin: int, position: int, *, is_end: bool = False) -> int:
    if piece.is_written:
        return piece.start + position - begin
    return piece.end if is_end else piece.start
