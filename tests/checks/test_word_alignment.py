from __future__ import annotations

from higgs_cli.checks.plain_words import PlainWord
from higgs_cli.checks.word_alignment import align


def words(text: str) -> list[PlainWord]:
    return [PlainWord(word, word, at) for at, word in enumerate(text.split())]


def shown(written: str, heard: str) -> str:
    """Steps as `written/heard`, words of one step joined by `+`."""
    return " ".join(
        "/".join("+".join(word.text for word in part) for part in (step.written, step.heard))
        for step in align(words(written), words(heard))
    )


def test_the_same_words_stand_for_each_other() -> None:
    assert shown("he went home", "he went home") == "he/he went/went home/home"


def test_a_word_that_is_missing_has_nothing_in_its_place() -> None:
    assert shown("he went home", "he home") == "he/he went/ home/home"


def test_a_word_that_is_added_stands_for_nothing() -> None:
    assert shown("he went home", "he went straight home") == "he/he went/went /straight home/home"


def test_words_are_joined_and_split_as_they_sound() -> None:
    assert shown("a note book", "a notebook") == "a/a note+book/notebook"
    assert shown("nevertheless he", "never the less he") == "nevertheless/never+the+less he/he"


def test_a_joint_does_not_hide_a_word() -> None:
    assert shown("each of you", "each you") == "each/each of/ you/you"


def test_a_misheard_word_stands_in_its_place() -> None:
    assert shown("the dark lane", "the duck lane") == "the/the dark/duck lane/lane"


def test_all_of_both_is_used_in_order() -> None:
    steps = align(words("one two three four five"), words("five two two nine"))
    assert [word.at for step in steps for word in step.written] == [0, 1, 2, 3, 4]
    assert [word.at for step in steps for word in step.heard] == [0, 1, 2, 3]


def test_nothing_stands_for_nothing() -> None:
    assert align([], []) == []
    assert shown("he went", "") == "he/ went/"
    assert shown("", "he went") == "/he /went"
