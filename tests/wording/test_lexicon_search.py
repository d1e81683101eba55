"""Words of a lexicon are looked up by how they begin; one pattern of all of them finds the same."""

from __future__ import annotations

import random

from higgs_cli.script.source_text import SourceText
from higgs_cli.wording.lexicon import Beginning, Lexicon, Pronunciation

PARTS = ["ab", "Ab", "a", "a b", "B", "'", "’", "o'a", "中", "中国", "+", "a+", "é", "ß", "ſ", "9",
         "İ", "a\u0301", "-", "_", "C++", " ", "  ", "\n", ".", "i", "ı"]  # fmt: skip


def by_one_pattern(lexicon: Lexicon, text: SourceText) -> SourceText:
    """The plain twin: every word of the lexicon is tried at every place."""
    ordered = sorted(lexicon.entries, key=lambda entry: (-len(entry.word), not entry.is_exact))
    every = Beginning(tuple(ordered))
    return text.replace(every.pattern, every.replacement, "lexicon")


def chance_lexicon(chance: random.Random) -> Lexicon:
    words = (" ".join("".join(chance.choices(PARTS, k=2)).split()) for _ in range(6))
    entries = {word: chance.random() < 0.3 for word in words if word}
    return Lexicon(
        tuple(Pronunciation(word, f"<{word}>", is_exact) for word, is_exact in entries.items())
    )


def test_a_lookup_by_the_first_word_finds_what_one_pattern_finds() -> None:
    chance = random.Random(7)
    found = 0
    for _ in range(3000):
        lexicon = chance_lexicon(chance)
        written = "".join(chance.choices(PARTS, k=chance.randint(1, 30)))
        text = SourceText.of(written, 0, len(written))
        said = lexicon.applied(text)
        assert said.pieces == by_one_pattern(lexicon, text).pieces, (lexicon, written)
        found += said is not text
    assert found > 500
