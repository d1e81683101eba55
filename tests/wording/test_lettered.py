"""A lone letter in a heading is one of the alphabet, or a numeral where headings count."""

from __future__ import annotations

from higgs_cli.wording.lettered import lettered
from tests.planning.planning_fixtures import planned


def letters(headings: str) -> str:
    names = headings.split(", ")
    return "".join(names[place] for place in sorted(lettered(names)))


def test_headings_of_a_dictionary_are_letters() -> None:
    assert letters("A, B, C, D, E, H, I, J, K, L, M, N, U, V, W, X, Y") == "CDILMVX"


def test_headings_that_count_are_numerals() -> None:
    assert letters("I, II, III, IV, V, VI") == ""
    assert letters("IX. A Walk, X. A Ride, The Storm, XI. A Swim") == ""
    assert letters("Part One, I, Part Two, I") == ""


def test_a_lone_letter_that_counts_on_from_nothing_is_a_letter() -> None:
    assert letters("The Start, C, The End") == "C"
    assert letters("The Start, X, The End") == "X"


def test_a_plan_says_the_letter_of_a_heading() -> None:
    book = "# {}\n\nText is here.\n\n# {}\n\nMore of it.\n"
    said = [
        chunk.text for chunk in planned(book.format("C", "D"), name="a.md", expands=True).chunks
    ]
    assert said[0] == "C." and "D." in said
    said = [
        chunk.text for chunk in planned(book.format("V", "VI"), name="a.md", expands=True).chunks
    ]
    assert said[0] == "five." and "six." in said
