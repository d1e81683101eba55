"""The pronunciation front end: dictionary, letter rules, numbers, what is kept, what is refused."""

import gzip
import json

import pytest

from tokenizer.errors import TextError
from tokenizer.prompts.number_words import with_numbers_spoken
from tokenizer.prompts.pronunciation import FRONT_END_FILE, PronunciationFrontEnd

NAMES = ("k", "ae1", "t", "d", "ao1", "g", "s", "z", "ax0", "b")
SOUNDS = {name: chr(0xE000 + number) for number, name in enumerate(NAMES)}


def sounds(names: str) -> str:
    return "".join(SOUNDS[name] for name in names.split())


WORDS = {
    "cat": sounds("k ae1 t"),
    "dog": sounds("d ao1 g"),
    "one": sounds("ae1"),
    "two": sounds("t ao1"),
    "twenty": sounds("t t"),
    "first": sounds("s t"),
    "b": sounds("b"),
    "d": sounds("d"),
}
RULES = {
    "|c|": sounds("k"),
    "|a|": sounds("ae1"),
    "|t|": sounds("t"),
    "|s|": sounds("s"),
    "a|s|#": sounds("z"),
}


@pytest.fixture
def folder(tmp_path):
    for name, table in (("words.tsv.gz", WORDS), ("rules.tsv.gz", RULES)):
        text = "".join(f"{key}\t{value}\n" for key, value in table.items())
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
    declare(tmp_path)
    return tmp_path


def declare(folder, **changes):
    values = {
        "format": "pronunciation",
        "version": 1,
        "dictionary": "words.tsv.gz",
        "rules": "rules.tsv.gz",
        "symbols": SOUNDS,
    } | changes
    (folder / FRONT_END_FILE).write_text(json.dumps(values), encoding="utf-8")


@pytest.fixture
def front_end(folder):
    return PronunciationFrontEnd.from_folder(folder)


def test_words_become_sounds_and_punctuation_stays(front_end):
    assert front_end.spell("Cat, dog!") == f"{WORDS['cat']}, {WORDS['dog']}!"


def test_speaker_tags_are_kept_as_they_are(front_end):
    assert front_end.spell("[SPEAKER1] Cat.") == f"[SPEAKER1]{WORDS['cat']}."


def test_unknown_words_are_read_by_the_widest_rule_that_knows(front_end):
    assert front_end.pronounce("tac") == sounds("t ae1 k")
    assert front_end.pronounce("tas") == sounds("t ae1 z")
    assert front_end.pronounce("sat") == sounds("s ae1 t")


def test_a_possessive_sounds_like_its_last_sound_asks(front_end):
    assert front_end.pronounce("cat's") == sounds("k ae1 t s")
    assert front_end.pronounce("dog's") == sounds("d ao1 g z")


def test_capitals_that_are_no_word_are_spelled_out(front_end):
    assert front_end.spell("BD") == f"{WORDS['b']} {WORDS['d']}"
    assert front_end.spell("CAT") == WORDS["cat"]


def test_quotes_dashes_and_dots_do_not_pile_up(front_end):
    assert front_end.spell("“Cat” — dog…?!") == f"{WORDS['cat']}, {WORDS['dog']}."


def test_letters_of_no_rule_are_silent_rather_than_an_error(front_end):
    assert WORDS["cat"] in front_end.spell("日本 cat")


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("21st", "twenty first"),
        ("1,250", "one thousand two hundred fifty"),
        ("3.5", "three point five"),
        ("0", "zero"),
        ("007", "zero zero seven"),
        ("1984", "nineteen eighty four"),
        ("1905", "nineteen oh five"),
        ("2000000", "two million"),
        ("12th", "twelfth"),
        ("20th", "twentieth"),
    ],
)
def test_numbers_are_spoken(written, spoken):
    assert with_numbers_spoken(written).strip() == spoken


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "other"},
        {"version": 2},
        {"dictionary": "../words.tsv.gz"},
        {"rules": "missing.gz"},
    ],
)
def test_a_declaration_that_cannot_be_kept_is_refused(folder, changes):
    declare(folder, **changes)
    with pytest.raises(TextError):
        PronunciationFrontEnd.from_folder(folder)
