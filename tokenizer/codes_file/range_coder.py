"""A range coder: symbols in, as few bytes as their probabilities allow out, and back.

A symbol owns the stretch `start..start+size` of 2**16; likelier symbols own longer stretches. The
coder narrows an interval of 48 bits symbol by symbol and writes its leading 16 bits when they are
settled. All arithmetic is on whole numbers, so a file decodes alike on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

TOTAL_BITS = 16
TOTAL = 1 << TOTAL_BITS

_WHOLE = 1 << 48
_LOW_PART = (1 << 32) - 1
_NARROW = 1 << 32


def encode_stretches(starts: Iterable[int], sizes: Iterable[int]) -> bytes:
    """The bytes that lead a decoder through these stretches, one after the other."""
    words: list[int] = []
    low, width = 0, _WHOLE
    for start, size in zip(starts, sizes, strict=True):
        width >>= TOTAL_BITS
        low += start * width
        width *= size
        if low >= _WHOLE:
            low -= _WHOLE
            _carry(words)
        while width < _NARROW:
            words.append(low >> 32)
            low = (low & _LOW_PART) << 16
            width <<= 16
    # One word more names a point inside the interval; the decoder reads zeros after it.
    word = (low + _LOW_PART) >> 32
    if word > 0xFFFF:
        word -= 1 << 16
        _carry(words)
    words.append(word)
    while words and words[-1] == 0:
        words.pop()
    return b"".join(word.to_bytes(2, "big") for word in words)


class RangeDecoder:
    """Reads symbols back, given the very tables they were written with."""

    def __init__(self, data: bytes) -> None:
        padded = data + bytes(len(data) % 2)
        self._words = [int.from_bytes(padded[i : i + 2], "big") for i in range(0, len(padded), 2)]
        self._words.reverse()
        self._width = _WHOLE
        self._offset = 0
        for _ in range(3):
            self._offset = self._offset << 16 | self._next()

    def pull(self, ends: Sequence[int] | np.ndarray) -> int:
        """One symbol of a table: symbol s owns `ends[s]..ends[s + 1]`, from 0 to 2**16."""
        width = self._width >> TOTAL_BITS
        # Damaged data can point past the end; the checksum is what tells, not the coder.
        point = min(self._offset // width, TOTAL - 1)
        symbol = int(np.searchsorted(ends, point, side="right")) - 1
        start = int(ends[symbol])
        self._offset -= start * width
        width *= int(ends[symbol + 1]) - start
        while width < _NARROW:
            width <<= 16
            self._offset = self._offset << 16 | self._next()
        self._width = width
        return symbol

    def _next(self) -> int:
        return self._words.pop() if self._words else 0


def _carry(words: list[int]) -> None:
    """Add one to the number already written."""
    index = len(words) - 1
    while words[index] == 0xFFFF:
        words[index] = 0
        index -= 1
    words[index] += 1
