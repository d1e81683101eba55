"""The list of persons at the head of a play: names, and what it says of each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from higgs_cli.script.document import Person
from higgs_cli.script.manuscript import Manuscript

TITLE = re.compile(
    r"[*_#\s]*(?:the\s+)?(?:dramatis person(?:ae|æ)|persons?(?:\s+(?:of|in|represented).{0,30})?|"
    r"characters(?:\s+(?:of|in)\s.{0,30})?|(?:the\s+)?cast(?:\s+of\s+characters)?|"
    r"the people (?:in|of) the play)[.:*_\s]*$",
    re.IGNORECASE,
)
ENTRY = re.compile(
    r"\W*(?P<name>[^\W\d_a-z][^,(\[–—:;|\t}]{0,60}?)\s*(?:[,(\[–—:;|\t}]|--|\.\s)\s*(?P<said>.*)$"
)
MOST_BLOCKS = 80
LONGEST_ENTRY = 400
SIGNS = re.compile(r"[*_{}|\[\]()]")


def list_of_persons(manuscript: Manuscript) -> tuple[int, int]:
    """From where to where in the source it stands, if a heading or a break ends it."""
    blocks = manuscript.blocks
    for index, block in enumerate(blocks):
        if TITLE.match(manuscript.text(block)) is None:
            continue
        for following in blocks[index + 1 : index + MOST_BLOCKS]:
            if following.kind in ("heading", "break"):
                return block.end, following.start
        return 0, 0
    return 0, 0


def persons_in(manuscript: Manuscript) -> tuple[Person, ...]:
    """Everybody whom the list names; empty where there is none."""
    blocks = manuscript.blocks
    for index, block in enumerate(blocks):
        if TITLE.match(manuscript.text(block)) is None:
            continue
        found: list[Person] = []
        for following in blocks[index + 1 : index + MOST_BLOCKS]:
            if following.kind in ("heading", "break"):
                break
            found += _entries(manuscript.text(following))
        if found:
            return tuple(found)
    return ()


def _entries(text: str) -> Iterator[Person]:
    if len(text) > LONGEST_ENTRY and "\n" not in text:
        return
    for line in text.split("\n"):
        if line.startswith("    ") and not line.strip()[:1].isupper():
            continue  # goes on with the entry before
        plain = " ".join(line.split())
        match = ENTRY.match(plain)
        name = match["name"] if match else plain.strip(" .")
        if 0 < len(name) <= 60 and name[:1].isalpha():
            said = SIGNS.sub(" ", match["said"]) if match else ""
            yield Person(SIGNS.sub(" ", name).strip(), " ".join(said.split()))
