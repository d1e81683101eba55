"""A user's own pronunciations: words, and what is said in their place.

    words:
      Hermione: Her-my-oh-nee          # any case
      - {word: Felt, case: exact, replacement: Velt}     (the long form, in a list)
      - {word: lead, as: noun, replacement: led}         # not after `to`, `will`, `they` …
      - {word: Ma'am, speaker: Hale, replacement: Mum}   # only where Hale speaks

What the lexicon has replaced, no other rule touches; `higgs plan` shows every use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from higgs_cli.files.strict_yaml import Node, read_yaml
from higgs_cli.script.source_text import SourceText

LONGEST_REPLACEMENT = 200
LONGEST_BEFORE = 40
KEYS = ("word", "case", "replacement", "speaker", "as")
BEFORE_VERBS = frozenset(
    ("to", "will", "would", "can", "could", "shall", "should", "may", "might", "must", "do", "does",
     "did", "not", "don't", "don’t", "didn't", "didn’t", "won't", "won’t", "can't", "can’t", "let",
     "i", "you", "he", "she", "we", "they", "who", "i'll", "i’ll", "you'll", "you’ll", "we'll",
     "we’ll", "he'll", "he’ll", "she'll", "she’ll", "they'll", "they’ll", "please", "never",
     "always")
)  # fmt: skip
"""Behind one of them a word is a verb."""
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
    speaker: str | None = None
    """Who says it so; None: everybody."""
    part_of_speech: str | None = None
    """noun or verb, as the word before it tells; None: whatever it is."""

    def is_meant(self, text: str, start: int, speaker: str | None) -> bool:
        """Does it hold for what stands here, said by this speaker?"""
        if self.speaker is not None and self.speaker != speaker:
            return False
        if self.part_of_speech is None:
            return True
        before = text[max(0, start - LONGEST_BEFORE) : start].split()
        is_verb = bool(before) and before[-1].lower().strip("\"'“‘(") in BEFORE_VERBS
        return is_verb == (self.part_of_speech == "verb")

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

    @cached_property
    def has_conditions(self) -> bool:
        return any(entry.speaker or entry.part_of_speech for entry in self.entries)

    def found(self, text: str, start: int, speaker: str | None) -> tuple[re.Match[str], str] | None:
        """The first entry that fits here and is meant, with its replacement."""
        match = self.pattern.match(text, start)
        if match is None or not self.has_conditions:
            return match and (match, self.replacement(match))
        for entry in self.entries:
            if entry.is_meant(text, start, speaker):
                match = re.compile(entry.pattern).match(text, start)
                if match:
                    return match, entry.replacement
        return None


@dataclass(frozen=True)
class Lexicon:
    """All pronunciations; the longest word that fits wins."""

    entries: tuple[Pronunciation, ...] = ()

    @cached_property
    def _beginnings(self) -> dict[str, Beginning]:
        ordered = sorted(self.entries, key=_rank)
        found: dict[str, list[Pronunciation]] = {}
        for entry in ordered:
            first = FIRST.match(entry.word)
            found.setdefault(_compared(first[0]) if first else "", []).append(entry)
        return {first: Beginning(tuple(entries)) for first, entries in found.items()}

    def applied(self, text: SourceText, speaker: str | None = None) -> SourceText:
        """The text with every word of the lexicon replaced, as this speaker says it."""
        if not self.entries:
            return text
        found = dict(self._found(text.text, speaker))
        return text.replace_matches(found, lambda match: found[match], "lexicon")

    def _found(self, text: str, speaker: str | None) -> Iterator[tuple[re.Match[str], str]]:
        """Each word of the lexicon in a text, with its replacement; looked up by how it begins."""
        position = 0
        for first in FIRST.finditer(text):
            beginning = self._beginnings.get(_compared(first[0]))
            if beginning is None or first.start() < position:
                continue
            found = beginning.found(text, first.start(), speaker)
            if found is not None:
                yield found
                position = found[0].end()


def _rank(entry: Pronunciation) -> tuple[int, bool, bool, bool]:
    """The longest first; among equals, what is said of fewer places."""
    return (-len(entry.word), not entry.is_exact, not entry.speaker, not entry.part_of_speech)


def _compared(word: str) -> str:
    """Words that a pattern may take for one another are equal."""
    return word.casefold().replace("’", "'").replace("i\u0307", "i").replace("ı", "i")


def read_lexicon(path: Path) -> Lexicon:
    """The lexicon of a file; a mistake in it is shown with its line."""
    return lexicon_of(read_yaml(path))


def words_node(root: Node) -> Node:
    """What holds the entries."""
    if isinstance(root.value, dict) and "words" in root.value:
        return root.known_entries("the lexicon", ("words",))["words"]
    return root


def lexicon_of(root: Node) -> Lexicon:
    """The lexicon of a YAML text."""
    entries = tuple(_entries(words_node(root)))
    seen: set[tuple[object, ...]] = set()
    for entry, place in entries:
        word = entry.word if entry.is_exact else entry.word.casefold()
        name = (word, entry.is_exact, entry.speaker, entry.part_of_speech)
        if name in seen:
            raise place.refusal(f'"{entry.word}" is given twice')
        seen.add(name)
    return Lexicon(tuple(entry for entry, _ in entries))


def _entries(node: Node) -> Iterator[tuple[Pronunciation, Node]]:
    if node.value is None:
        return  # `words:` and notes below it
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
    known = ("case", "replacement", "speaker", "as") if word else KEYS
    parts = node.known_entries("an entry", known)
    if "replacement" not in parts or (word is None and "word" not in parts):
        raise node.refusal("an entry has a word and a replacement")
    case = parts["case"].text("case") if "case" in parts else "any"
    if case not in ("exact", "any"):
        raise parts["case"].refusal(f'case is "exact" or "any", not "{case}"')
    kind = parts["as"].text("as") if "as" in parts else None
    if kind not in (None, "noun", "verb"):
        raise parts["as"].refusal(f'as is "noun" or "verb", not "{kind}"')
    speaker = parts["speaker"].text("a speaker") if "speaker" in parts else None
    replacement = parts["replacement"].text("a replacement")
    entry = _entry(word or parts["word"].text("a word"), replacement, case == "exact", node)
    return replace(entry, speaker=speaker, part_of_speech=kind)


def _entry(word: str, replacement: str, is_exact: bool, node: Node) -> Pronunciation:
    replacement = " ".join(replacement.split())
    if not word.strip() or len(word) > LONGEST_REPLACEMENT:
        raise node.refusal("a word must contain letters and not be too long")
    if not replacement or len(replacement) > LONGEST_REPLACEMENT or UNSPEAKABLE.search(replacement):
        raise node.refusal(f'"{replacement[:40]}" cannot be spoken')
    return Pronunciation(" ".join(word.split()), replacement, is_exact)
