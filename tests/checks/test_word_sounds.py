from __future__ import annotations

import pytest

from higgs_cli.checks.word_sounds import sound_key, unlikeness

ALIKE = """
knight night|beryls burials|colour color|site sight|were where|hearst hurst|grey gray|plough plow
cheque check|enough enuff|centre center|gaol jail|their there|right write|one won|through threw
whole hole|vain vein|would wood|castle cassel|quite kwite|shew show|eight ate|hour our|sure shore
""".replace("\n", "|").strip("|")
FAR = "night day|he fish|thing people|house garden|goat lamp|tell never"


@pytest.mark.parametrize("pair", ALIKE.split("|"))
def test_words_that_sound_alike_are_near(pair: str) -> None:
    assert unlikeness(*pair.split()) < 0.2


@pytest.mark.parametrize("pair", FAR.split("|"))
def test_words_that_do_not_are_far_apart(pair: str) -> None:
    assert unlikeness(*pair.split()) > 0.6


def test_only_the_same_word_is_not_unlike_itself() -> None:
    assert unlikeness("night", "night") == 0 < unlikeness("night", "knight")


def test_unlikeness_is_the_same_both_ways_and_at_most_one() -> None:
    for one, other in [("forbid", "forbidden"), ("a", "strength"), ("x", "y"), ("", "word")]:
        assert unlikeness(one, other) == pytest.approx(unlikeness(other, one), abs=1e-9)
        assert 0 <= unlikeness(one, other) <= 1


def test_a_word_of_thousands_of_letters_has_a_short_key() -> None:
    assert len(sound_key("ab" * 10_000)) < 50


def test_other_languages_are_compared_by_letters() -> None:
    assert unlikeness("straße", "strasse", is_english=False) < 0.4
    assert unlikeness("你", "好", is_english=False) == 1
