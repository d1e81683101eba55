"""Words that are parted by a hyphen at the end of a line: the hyphen is theirs, or the printer's.

The text itself says which: a word that it writes elsewhere without the hyphen was only wrapped.
"""

from __future__ import annotations

import re
from functools import cached_property

GOES_ON = re.compile(r"[^\W\d_]+")
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


class Hyphens:
    """What a text says of words that are parted at the ends of its lines."""

    def __init__(self, text: str, *, drops_unknown: bool) -> None:
        self._text = text
        self._drops_unknown = drops_unknown

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(word.casefold() for word in WORD.findall(self._text))

    def is_wrapped(self, before: str, after: str) -> bool | None:
        """Is the hyphen between two lines the printer's? None where no word is parted."""
        first, second = _parted(before), GOES_ON.match(after)
        if len(first) < 2 or second is None or not after[0].islower():
            return None
        head, tail = first.casefold(), second[0].casefold()
        if head + tail in self._words:
            return True
        if f"{head}-{tail}" in self._words:
            return False
        return self._drops_unknown


def _parted(line: str) -> str:
    """The letters in front of a hyphen that ends a line."""
    begin = end = len(line) - 1
    while line.endswith("-") and begin and line[begin - 1].isalpha():
        begin -= 1
    return line[begin:end]
