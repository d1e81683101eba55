"""Text from anywhere, made fit to be shown: nothing in it steers a terminal or turns a line round.

Control characters (but line ends and tabs), marks that change the direction of writing, separators
that pass for line ends, and halves of surrogate pairs. They are written as `\\u001b`, which JSON
reads back as what it was.
"""

from __future__ import annotations

import re

STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\u2028\u2029\ud800-\udfff]"
)

HALF = re.compile("[\ud800-\udfff]")


def is_whole(text: str) -> bool:
    """Whether it has no half of a surrogate pair: what is no character cannot be written or spoken.

    Bytes that are not UTF-8 come from a command line as such halves.
    """
    return HALF.search(text) is None


def shown(text: str) -> str:
    """The same, with escapes that can be seen in the place of what cannot."""
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def shown_in_a_line(text: str) -> str:
    """The same without line ends and tabs: a cell of a table, a name in a sentence."""
    return shown(text).replace("\n", "\\n").replace("\t", "\\t")


def without_steering(text: str) -> str:
    """Left out altogether, where a person reads along; all on one line."""
    return " ".join(STEERING.sub("", text).split())
