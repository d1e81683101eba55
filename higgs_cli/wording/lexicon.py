"""A user's own pronunciations: words, and what is said in their place.

    words:
      Hermione: Her-my-oh-nee          # any case
      - {word: Felt, case: exact, replacement: Velt}     (the long form, in a list)

What the lexicon has replaced, no other rule touches; `higgs plan` shows every use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from higgs_cli.files.strict_yaml import Node, read_yaml
from higgs_cli.script.source_text import SourceText

LONGEST_REPLACEMENT = 200
FIRST = re.compile(r"[\u2e80-\u9fff]|[^\W\u2e80-\u9fff]+|[^\w\s]")
"""Where a word of the lexicon may begin: at a word, a wide letter or a mark."""
UNSPEAKABLE = re.compile(r"[<>\[\]{}\x00-\x1f]")


@dataclass(frozen=True)
class Pronunciation:
    """How one word, or several in a row, is said."""

    word: str
    replacement: str
    is_exact: bool = False
    """Do capitals count?"""

    @property
    def pattern(self) -> str:
        parts = [re.escape(part).replace("'", "['’]") for part in self.word.split()]
        body = r"\s+".join(parts)
        left = r"(?<![^\W\u2e80-\u9fff])" if re.match(r"\w", self.word) else ""
        right = r"(?![^\W\u2e80-\u9fff])" if re.search(r"\w$", self.word) else ""
        return f"{left}(?:{body}){right}" if self.is_exact else f"{left}(?i:{body}){right}"


@dataclass(frozen=True)
class Beginning:
    """The pronunciations that begin with the same word, the longest first."""

    entries: tuple[Pronunciation, ...]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(f"({entry.pattern})" for entry in self.entries))

    def replacement(self, match: re.Match[str]) -> str:
        assert match.lastindex is not None
        return self.entries[match.lastindex - 1].replacement


@dataclass(frozen=True)
class Lexicon:
    """All pronunciations; the longest word that fits wins."""

    entries: tuple[Pronunciation, ...] = ()

    @cached_property
    def _beginnings(self) -> dict[str, Beginning]:
        ordered = sorted(self.entries, key=lambda entry: (-len(entry.word), not entry.is_exact))
        found: dict[str, list[Pronunciation]] = {}
        for entry in ordered:
            first = FIRST.match(entry.word)
            found.setdefault(_compared(first[0]) if first else "", []).append(entry)
        return {first: Beginning(tuple(entries)) for first, entries in found.items()}

    def applied(self, text: SourceText) -> SourceText:
        """The text with every word of the lexicon replaced."""
        if not self.entries:
            return text
        found = dict(self._found(text.text))
        return text.replace_matches(found, lambda match: found[match], "lexicon")

    def _found(self, text: str) -> Iterator[tuple[re.Match[str], str]]:
        """Each word of the lexicon in a text, with its replacement; looked up by how it begins."""
        position = 0
        for first in FIRST.finditer(text):
            beginning = self._beginnings.get(_compared(first[0]))
            if beginning is None or first.start() < position:
                continue
            match = beginning.pattern.match(text, first.start())
            if match:
                yield match, beginning.replacement(match)
                position = match.end()


def _compared(word: str) -> str:
    """Words that a pattern may take for one another are equal."""
    return word.casefold().replace("’", "'").replace("i\u0307", "i").replace("ı", "i")


def read_lexicon(path: Path) -> Lexicon:
    """The lexicon of a file; a mistake in it is shown with its line."""
    root = read_yaml(path)
    node = root
    if isinstance(root.value, dict) and "words" in root.value:
        node = root.known_entries("the lexicon", ("words",))["words"]
    entries = tuple(_entries(node))
    seen: set[tuple[str, bool]] = set()
    for entry, place in entries:
        name = (entry.word if entry.is_exact else entry.word.casefold(), entry.is_exact)
        if name in seen:
            raise place.refusal(f'"{entry.word}" is given twice')
        seen.add(name)
    return Lexicon(tuple(entry for entry, _ in entries))


def _entries(node: Node) -> Iterator[tuple[Pronunciation, Node]]:
    if isinstance(node.value, list):
        for item in node.value:
            yield _long_entry(item), item
        return
    for word, value in node.entries("the lexicon").items():
        if isinstance(value.value, dict):
            yield _long_entry(value, word), value
        else:
            yield _entry(word, value.text("a replacement"), is_exact=False, node=value), value


def _long_entry(node: Node, word: str | None = None) -> Pronunciation:
    known = ("case", "replacement") if word else ("word", "case", "replacement")
    parts = node.known_entries("an entry", known)
    if "replacement" not in parts or (word is None and "word" not in parts):
        raise node.refusal("an entry has a word and a replacement")
    case = parts["case"].text("case") if "case" in parts else "any"
    if case not in ("exact", "any"):
        raise parts["case"].refusal(f'case is "exact" or "any", not "{case}"')
    replacement = parts["replacement"].text("a replacement")
    return _entry(word or parts["word"].text("a word"), replacement, case == "exact", node)


def _entry(word: str, replacement: str, is_exact: bool, node: Node) -> Pronunciation:
    replacement = " ".join(replacement.split())
    if not word.strip() or len(word) > LONGEST_REPLACEMENT:
        raise node.refusal("a word must contain letters and not be too long")
    if not replacement or len(replacement) > LONGEST_REPLACEMENT or UNSPEAKABLE.search(replacement):
        raise node.refusal(f'"{replacement[:40]}" cannot be spoken')
    return Pronunciation(" ".join(word.split()), replacement, is_exact)
