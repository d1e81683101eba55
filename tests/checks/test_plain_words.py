from __future__ import annotations

import pytest

from higgs_cli.checks.plain_words import heard_words, written_words
from higgs_cli.checks.word_alignment import align
from higgs_cli.checks.word_troubles import troubles_in
from tests.checks.hearings import heard

SAME = [
    ("It cost one thousand two hundred and four pounds.", "It cost £1 ,204."),
    ("It cost one thousand two hundred four dollars.", "It cost $1,204."),
    ("In nineteen forty-five", "In 1945,"),
    ("In the year eighteen hundred and one", "in the year 1801"),
    ("the twenty-first of May", "the 21st of May"),
    ("at five thirty", "at 5:30"),
    ("in the nineties", "in the 90s"),
    ("ten percent of it", "10% of it"),
    ("ten percent of it", "10 % of it"),
    ("ten per cent of it", "10% of it"),
    ("forty-five degrees in the sun", "45° in the sun"),
    ("forty dollars and fifty cents in all", "$40 .50 in all"),
    ("two dollars fifty in all", "$2.50 in all"),
    ("fifty cents in all", "$0.50 in all"),
    ("one dollar in all", "$1 in all"),
    ("five pounds in all", "£5.00 in all"),
    ("a thousand men", "1,000 men"),
    ("five million dollars in all", "$5 million, in all"),
    ("two and a half billion pounds in all", "£2 .5 billion in all"),
    ("at seven o'clock", "at 7:00"),
    ("at twelve oh five", "at 12:05"),
    ("at half past nine", "at 9:30"),
    ("a quarter to ten", "9:45"),
    ("one and a half", "1.5"),
    ("point five", "0.5"),
    ("Henry the Eighth and World War Two", "Henry VIII and World War II"),
    ("three point one four", "3.14"),
    ("room one oh one", "room 101"),
    ("seven", "7"),
    ("7 men", "seven men"),
    ("fifty thousand inhabitants", "50 ,000 inhabitants"),
    ("a hundred men", "100 men"),
    ("Doctor Lee and Mister Hale", "Dr. Lee and Mr. Hale"),
    ("Colonel Forster", "Col. Forster"),
    ("I can't; it's late, and we'll go.", "I cannot, it is late and we will go"),
    ("Joyce is, who is still here", "Joyce's, who is still here"),
    ("Joyce's hat", "Joyce's hat"),
    ("The colour of the theatre", "The color of the theater"),
    ("the grey gaol", "the gray jail"),
    ("an aeroplane", "an airplane"),
    ("He realised the centre was ploughed", "He realized the center was plowed"),
    ("the site of the night knight", "the sight of the knight night"),
    ("to-day in the sidelights", "today in the side lights"),
    ("a note book for every one", "a notebook for everyone"),
    ("in as much as it is", "inasmuch as it is"),
    ("Café Müller", "Cafe Muller"),
    ("“Well,” he said.", "Well, he said. [Music]"),
    ("He went home.", "Uh, he went, um, home."),
    ("<SE>[Laughter]</SE> He laughed.", "He laughed."),
]


@pytest.mark.parametrize(("text", "said"), SAME)
def test_what_is_written_and_heard_otherwise_may_be_the_same(text: str, said: str) -> None:
    written = written_words(text)
    hearing = heard(said)
    steps = align(written, heard_words(hearing, written))
    assert not troubles_in(steps, hearing)


OTHER = [
    ("It cost one thousand two hundred and four pounds.", "It cost £1,304."),
    ("In nineteen forty-five", "In 1954"),
    ("the twenty-first of May", "the 22nd of May"),
    ("forty dollars and fifty cents", "$40.60"),
    ("five million dollars", "$6 million"),
    ("at half past nine", "at 10:30"),
    ("Henry the Eighth", "Henry VII"),
    ("He counted two hundred, and left", "He counted 200, left"),
]


@pytest.mark.parametrize(("text", "said"), OTHER)
def test_another_number_is_another_word(text: str, said: str) -> None:
    written = written_words(text)
    hearing = heard(said)
    steps = align(written, heard_words(hearing, written))
    assert max(step.unlikeness for step in steps) > 0.1


def test_every_plain_word_knows_the_word_that_it_comes_from() -> None:
    written = written_words("He can't pay £5.")
    assert [(word.text, word.at) for word in written] == [
        ("he", 0),
        ("can", 1),
        ("not", 1),
        ("pay", 2),
        ("five", 3),
        ("pounds", 3),
    ]


def test_names_are_capitals_within_a_sentence_and_those_that_are_told() -> None:
    written = written_words("Ansel met Pell. Then Orran’s goat came.", names=["Saint Orran"])
    assert [word.shown for word in written if word.is_name] == ["Pell", "Orran’s"]


def test_words_of_chinese_are_its_characters() -> None:
    written = written_words("你好，世界", is_english=False)
    assert [word.text for word in written] == ["你", "好", "世", "界"]
