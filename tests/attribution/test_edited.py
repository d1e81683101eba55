"""A quotation whose words were edited is found again by its neighbours and its likeness."""

from __future__ import annotations

from higgs_cli.attribution.attributed import Quoted, quotations_of
from higgs_cli.attribution.edited import found_again
from higgs_cli.script.reader import parse_script

BOOK = "\n\n".join(f"“{said}”" for said in ("{}", "We go home now.", "{}", "Good night to all."))


def quoted(first: str, third: str) -> list[Quoted]:
    return quotations_of(parse_script("book.txt", BOOK.format(first, third)))


def again(old: tuple[str, str], new: tuple[str, str], cut: int = 99) -> dict[str, str]:
    """Old words by the new words they were found as; long ones were kept as their first words."""
    before, after = quoted(*old), quoted(*new)
    words = {each.key: each.said.quotation.text for each in before}
    kept = {
        key: text if len(text.split()) <= cut else " ".join(text.split()[:cut]) + "…"
        for key, text in words.items()
    }
    texts = {each.key: each.said.quotation.text for each in after}
    return {words[key]: texts[other] for key, other in found_again(kept, after).items()}


BELL, BELL_EDITED = "I hear the old bell again.", "I hear the great bell again."


def test_a_word_that_changed_loses_nothing() -> None:
    assert again((BELL, "Is it late?"), (BELL_EDITED, "Is it late?")) == {BELL: BELL_EDITED}


def test_other_words_are_another_quotation() -> None:
    assert again((BELL, "Is it late?"), ("Nothing of this kind.", "Is it late?")) == {}


def test_it_is_not_looked_for_beyond_its_neighbours() -> None:
    assert again((BELL, "Is it late?"), ("Nothing of this kind.", BELL_EDITED)) == {}


def test_of_words_that_were_cut_short_the_first_are_compared() -> None:
    long = f"{BELL} And I hear the wind, and the rain, and the sea behind them."
    edited = long.replace("the rain", "the snow")
    assert again((long, "Is it late?"), (edited, "Is it late?"), cut=6) == {long: edited}
