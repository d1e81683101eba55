"""Word errors: substitutions, insertions, deletions between written and recognised words."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NOT_A_WORD = re.compile(r"[^a-z' ]+")


def plain_words(text: str) -> tuple[str, ...]:
    """Lower-case words without punctuation; hyphens part words."""
    return tuple(_NOT_A_WORD.sub(" ", text.lower().replace("’", "'")).split())


def error_count(written: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest edits that turn one list of words into the other."""
    row = list(range(len(heard) + 1))
    for index, word in enumerate(written, 1):
        diagonal, row[0] = row[0], index
        for column, other in enumerate(heard, 1):
            edits = min(row[column] + 1, row[column - 1] + 1, diagonal + (word != other))
            diagonal, row[column] = row[column], edits
    return row[-1]
