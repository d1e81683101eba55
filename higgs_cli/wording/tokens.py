"""A text as tokens: words, figures and marks, each with its place.

Space is no token: `is_tight` says whether a token stands right behind the one before it. Both ends
are padded, so that a reader may look a few tokens to either side without asking for the length.

    "£5 10s."    £ · 5 · 10 · s · .       `5` and `s` and `.` are tight
"""

from __future__ import annotations

import re

PADDING = 16
NUMERIC = "²³¹⁰⁴-⁹₀-₉¼-¾⅐-⅞↉"
"""Figures that are no decimal digits: superscripts, subscripts, fractions."""
TOKEN = re.compile(rf"[^\W\d_{NUMERIC}]+(?:['’][^\W\d_{NUMERIC}]+)*|\d+|[{NUMERIC}]|[^\w\s]|_")
DASHES = frozenset("-–—‑−")
CLOSERS = frozenset("\"'”’)]»")


class Tokens:
    """The tokens of a text. Index `first` is the first one, `last` is behind the last."""

    def __init__(self, text: str) -> None:
        matches = list(TOKEN.finditer(text))
        pad = [""] * PADDING
        self.text = text
        self.words = [*pad, *(match[0] for match in matches), *pad]
        beyond = len(text) + 2
        self.starts = [*([-1] * PADDING), *(match.start() for match in matches)]
        self.starts += [beyond] * PADDING
        self.ends = [*([-2] * PADDING), *(match.end() for match in matches), *([-2] * PADDING)]
        self.first = PADDING
        self.last = PADDING + len(matches)

    def is_tight(self, index: int) -> bool:
        """Does this token stand right behind the one before it?"""
        return self.starts[index] == self.ends[index - 1]

    def is_figures(self, index: int) -> bool:
        return self.words[index].isdecimal()

    def is_capital(self, index: int) -> bool:
        """Does it begin with a capital letter?"""
        return self.words[index][:1].isupper()

    def is_word(self, index: int) -> bool:
        return self.words[index][:1].isalpha()

    def is_lower(self, index: int) -> bool:
        return self.words[index][:1].islower()

    def is_inside(self, index: int) -> bool:
        """Does it stand tight on both sides?"""
        return self.is_tight(index) and self.is_tight(index + 1)

    def goes_on(self, index: int, mark: str) -> bool:
        """This mark and then figures, all tight: more of the same number?"""
        is_mark = self.words[index] == mark and self.is_inside(index)
        return is_mark and self.is_figures(index + 1)

    def is_dash(self, index: int) -> bool:
        """A dash or hyphen between two tokens, without space on either side."""
        return self.words[index] in DASHES and self.is_inside(index)

    def is_stop(self, index: int) -> bool:
        """A point right behind the token before it."""
        return self.words[index] == "." and self.is_tight(index)

    def lower(self, index: int) -> str:
        return self.words[index].lower()

    def after_closers(self, index: int) -> int:
        """The first token from here on that closes no quote and no bracket."""
        while self.words[index] in CLOSERS and self.is_tight(index) and self.words[index]:
            index += 1
        return index
