"""Stage directions without brackets and italics: who enters, who leaves, the curtain."""

from __future__ import annotations

import re

ENTRANCE = re.compile(
    r"(?:(?:Re-?)?[Ee]nters?|RE-?ENTER|ENTER)\s+(?:(?:the|a|an|two|three|several|from|with)\s+)?"
    r"[^\W\d_a-z][^?!]{0,300}"
)
LEAVING = re.compile(r"(?:Exit|Exits|EXIT|Exeunt|EXEUNT)(?:[\s,.;][^?!]{0,300})?")
CURTAIN = re.compile(
    r"(?:the |quick |slow )?curtain"
    r"(?: (?:falls|rises|drops|descends|comes down|goes up)\b[^?!]{0,80})?"
    r"|black-?out|(?:the )?lights (?:fade|go down|go out|come up|rise)\b[^?!]{0,80}",
    re.IGNORECASE,
)
SAID = re.compile(r"\b(?:i|you|my|me|your|we|us|our)\b", re.IGNORECASE)
"""Words of somebody who speaks."""
BEAT = re.compile(
    r"\((?:a |an |long |short |another |brief )*(?:beat|pause|silence)\)", re.IGNORECASE
)
LONGEST = 320


def is_direction(text: str) -> bool:
    """Is a paragraph, or a line, a direction for all that it looks like speech?"""
    words = text.strip(" \t\n._*")
    if not words or len(words) > LONGEST or SAID.search(words):
        return False
    return any(pattern.fullmatch(words) for pattern in (ENTRANCE, LEAVING, CURTAIN))
