"""Fountain: what the name of a file says of it, and the title page that it may begin with.

Title: The Lamp
Author: Ann Hale
"""

from __future__ import annotations

import re

from higgs_cli.script.document import Header

SUFFIXES = (".fountain", ".spmd")
FIRST_KEY = re.compile(
    r"(?:title|credit|authors?|source|(?:draft )?date|contact(?: info)?|copyright|notes|revision):",
    re.IGNORECASE,
)
ENTRY = re.compile(r"([^\W\d_][\w ]{0,30}):(.*)")
MARKS = "*_ \t"


def is_fountain(path: str) -> bool:
    return path.lower().endswith(SUFFIXES)


def title_page(source: str) -> tuple[Header, int]:
    """What the title page says, and where it ends (0 where there is none): at a blank line."""
    begin = len(source) - len(source.lstrip("\n"))
    if not FIRST_KEY.match(source, begin):
        return Header(), 0
    end = source.find("\n\n", begin)
    end = len(source) if end < 0 else end
    said: dict[str, list[str]] = {}
    key = ""
    for line in source[begin:end].split("\n"):
        entry = ENTRY.match(line)
        if entry is not None:
            key, line = entry[1].casefold(), entry[2]
        said.setdefault(key, []).append(line.strip(MARKS))
    author = _words(said, "author") or _words(said, "authors")
    return Header(title=_words(said, "title"), author=author), end


def _words(said: dict[str, list[str]], key: str) -> str | None:
    return " ".join(" ".join(said.get(key, ())).split()) or None
