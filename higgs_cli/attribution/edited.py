"""Which quotation is meant by one of before the text was edited: the same words, or nearly so.

It is looked for among those that are new, between the places of those that stood before and behind
it and are still there. Where the words alone were cut short, as many of them are compared.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence

from higgs_cli.attribution.attributed import Quoted, bare_words

LIKE = 0.6
"""The share of words that two have in common, from which on one is the other, edited."""
MOST_BETWEEN = 100
"""More new quotations between two old ones: the first of them."""
CUT = "…"


def found_again(before: Mapping[str, str], quotations: Sequence[Quoted]) -> dict[str, str]:
    """New keys by old ones; `before` has words by key, in the order of the text."""
    places = {each.key: place for place, each in enumerate(quotations)}
    if all(key in places for key in before):
        return {}
    free = [place for place, each in enumerate(quotations) if each.key not in before]
    behind = _behind(before, places, len(quotations))
    texts: dict[int, list[str]] = {}
    found: dict[str, str] = {}
    last = -1
    for key, words in before.items():
        if key in places:
            last = places[key]
            continue
        between = free[bisect_left(free, last + 1) : bisect_left(free, behind[key])]
        for place in between[:MOST_BETWEEN]:
            if place not in texts:
                texts[place] = bare_words(quotations[place].said.quotation.text).split()
        likest = _likest(words, {place: texts[place] for place in between[:MOST_BETWEEN]})
        if likest is not None:
            found[key], last = quotations[likest].key, likest
    return found


def _behind(before: Mapping[str, str], places: Mapping[str, int], end: int) -> dict[str, int]:
    """By key, where the next one stands that is still there."""
    found: dict[str, int] = {}
    for key in reversed(list(before)):
        found[key] = end
        end = places.get(key, end)
    return found


def _likest(words: str, between: Mapping[int, Sequence[str]]) -> int | None:
    """The first of those that have most words in common with it."""
    wanted = bare_words(words).split()
    counts = Counter(wanted)
    is_cut = words.rstrip().endswith(CUT)
    best, most = None, 0.0
    for place, text in between.items():
        other = text[: len(wanted)] if is_cut else text
        likeness = _likeness(counts, other)
        if likeness > most and likeness >= LIKE:
            best, most = place, likeness
        if most == 1.0:
            break
    return best


def _likeness(wanted: Counter[str], other: Sequence[str]) -> float:
    """The share of words that both have."""
    common = sum(min(wanted[word], count) for word, count in Counter(other).items())
    return 2 * common / max(wanted.total() + len(other), 1)
