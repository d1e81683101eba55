"""Which words of a chunk are set in italics or bold: nothing is said otherwise, but it stays known.

source   "I said *Mr. Lee*, not her."      emphasis of the script: [Mr. Lee]
text     "I said Mister Lee, not her."     spans of the chunk:     [Mister Lee]
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from higgs_cli.script.source_text import Piece

Span = tuple[int, int]
"""A part `[start, end)` of a text."""


class Emphasis:
    """The stressed parts of a source, ready to be looked up."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans = tuple(_apart(sorted(spans)))
        self._starts = [start for start, _ in self._spans]

    def within(self, pieces: Sequence[Piece]) -> tuple[Span, ...]:
        """The stressed parts of the text that these pieces make together."""
        if not self._spans:
            return ()
        found: list[Span] = []
        begin = 0
        for piece in pieces:
            found += ((begin + first, begin + last) for first, last in self._of(piece))
            begin += len(piece.text)
        text = "".join(piece.text for piece in pieces)
        return tuple(_trimmed(text, _apart(_over_blanks(text, found))))

    def _of(self, piece: Piece) -> Iterator[Span]:
        """What is stressed of one piece; words that stand for others are so as a whole."""
        index = max(bisect_right(self._starts, piece.start) - 1, 0)
        while index < len(self._spans) and self._spans[index][0] < piece.end:
            start, end = self._spans[index]
            first, last = max(start, piece.start), min(end, piece.end)
            if first < last and piece.is_written:
                yield first - piece.start, last - piece.start
            elif first < last:
                yield 0, len(piece.text)
                return
            index += 1


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    """The same parts, joined where they touch."""
    held: Span | None = None
    for start, end in spans:
        if held is not None and start <= held[1]:
            held = (held[0], max(held[1], end))
            continue
        if held is not None:
            yield held
        held = (start, end)
    if held is not None:
        yield held


def _over_blanks(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """The same, drawn together where only blank space parts them: lines of one paragraph."""
    before = 0
    for start, end in spans:
        yield before if before and not text[before:start].strip() else start, end
        before = end


def _trimmed(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Without the blank space at their ends; what has no letter is not stressed."""
    for start, end in spans:
        part = text[start:end]
        if any(char.isalnum() for char in part):
            start += len(part) - len(part.lstrip())
            yield start, start + len(part.strip())
