"""A lexicon to be filled in: what is not sure, each word with a replacement to be corrected."""

from __future__ import annotations

import json
from collections.abc import Sequence

from higgs_cli.planning.unsure_words import UnsureWord

MOST_SPELT = 5
"""Capitals: what is longer is a word, for all we know."""
HEAD = """\
# Nothing here holds yet: take the first # of a line away and write how the word is said in the
# place of its replacement, for each that is to be said otherwise; then give the file to --lexicon.
words:
"""


def lexicon_draft(words: Sequence[UnsureWord]) -> str:
    """The file; each word once."""
    lines, seen = [], set()
    for each in words:
        if each.word.casefold() in seen:
            continue
        seen.add(each.word.casefold())
        word, said = (json.dumps(text, ensure_ascii=False) for text in (each.word, _said(each)))
        times = f"{each.count} times, " if each.count > 1 else ""
        where = f"line {each.place}" if each.place == str(each.line_number) else each.place
        why = f"{each.kind}, {times}{where}"
        lines.append(f"  # - {{word: {word}, case: exact, replacement: {said}}}   # {why}\n")
    return HEAD + "".join(lines) if lines else "words: []\n"


def _said(each: UnsureWord) -> str:
    """A first proposal: letters apart for a few capitals, else the word itself."""
    is_spelt = each.kind == "capitals" and len(each.word) <= MOST_SPELT
    return " ".join(each.word) if is_spelt else each.word
