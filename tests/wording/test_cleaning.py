"""What is written becomes what is said: sounds, figures, lexicon, punctuation."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgs_cli.errors import HiggsError, ScriptError
from higgs_cli.script.document import Lines
from higgs_cli.script.romans import roman_value
from higgs_cli.script.source_text import SourceText
from higgs_cli.wording.cleaning import (
    Cleaning,
    _closed,
    _dressed,
    model_text,
    spoken_words,
)
from higgs_cli.wording.english.numbers import cardinal, ordinal, written_ordinal, year
from higgs_cli.wording.lexicon import Lexicon, Pronunciation, read_lexicon


def cleaned(written: str, *, expands: bool = False, **rules: object) -> str:
    text = SourceText.of(written, 0, len(written))
    cleaning = Cleaning(expands=expands, **rules)  # type: ignore[arg-type]
    spot = lambda start, end: Lines(written).spot("t.txt", start, end)  # noqa: E731
    return model_text(spoken_words(text, cleaning, spot)).text


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("你好，世界。真的？是！", "你好, 世界.真的?是!"),
        ("他说：“去；走”", '他说:"去;走"'),
        ("「好」『坏』、完", '"好""坏", 完.'),
        ("《红楼梦》", "<红楼梦>."),
        ("玛丽·居里", "玛丽 居里."),
        ("Wait… what", "Wait... what."),
        ("He ran—and fell", "He ran - and fell."),
        ("well-known fact", "well-known fact."),
        ("(softly) yes", "softly yes."),
        ("He said (softly).", "He said softly."),
        ("a\u00a0b  c\t d", "a b c d."),
        ("co\u00adop\u200b", "coop."),
        ("Done:", "Done,"),
        ("Done —", "Done,"),
        ("“Done”", '"Done"'),
        ("ＡＢＣ１２３", "ABC123."),
        ("It’s", "It's."),
    ],
)
def test_punctuation_becomes_what_the_model_knows(written: str, spoken: str) -> None:
    assert cleaned(written) == spoken


@pytest.mark.parametrize(
    ("tag", "mark"),
    [
        ("[laugh]", "<SE>[Laughter]</SE>"),
        ("[humming start]", "<SE_s>[Humming]</SE_s>"),
        ("[humming end]", "<SE_e>[Humming]</SE_e>"),
        ("[music start]", "<SE_s>[Music]</SE_s>"),
        ("[music end]", "<SE_e>[Music]</SE_e>"),
        ("[music]", "<SE>[Music]</SE>"),
        ("[sing start]", "<SE_s>[Singing]</SE_s>"),
        ("[sing end]", "<SE_e>[Singing]</SE_e>"),
        ("[applause]", "<SE>[Applause]</SE>"),
        ("[cheering]", "<SE>[Cheering]</SE>"),
        ("[cough]", "<SE>[Cough]</SE>"),
        ("【Laugh】", "<SE>[Laughter]</SE>"),
        ("[ music   start ]", "<SE_s>[Music]</SE_s>"),
    ],
)
def test_known_sounds_become_the_marks_of_the_model(tag: str, mark: str) -> None:
    assert cleaned(f"So {tag}") == f"So {mark}"


def test_an_unknown_sound_is_an_error_with_a_caret_and_the_nearest_known() -> None:
    with pytest.raises(ScriptError) as caught:
        cleaned("Ha [laff] ha")
    spot = caught.value.spot
    assert spot is not None and spot.line[spot.start : spot.end] == "[laff]"
    assert "did you mean [laugh]" in str(caught.value.hint)


def test_brackets_can_be_escaped_or_declared_to_be_text() -> None:
    assert cleaned(r"He \[sic\] went") == "He sic went."
    assert cleaned("[He] went [sic] on", brackets_are_text=True) == "He went sic on."
    assert cleaned("so [laugh] on", brackets_are_text=True) == "so <SE>[Laughter]</SE> on."


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Dr. Lee paid $5.50", "Doctor Lee paid five dollars and fifty cents."),
        ("in 1999 and 2007", "in nineteen ninety-nine and two thousand and seven."),
        ("1,204 men, 3.14", "one thousand two hundred and four men, three point one four."),
        ("the 1980s and '90s", "the nineteen eighties and nineties."),
        ("Henry VIII, Chapter IV", "Henry the eighth, Chapter four."),
        ("J. R. R. Tolkien", "J R R Tolkien."),
        ("John F. Kennedy", "John F Kennedy."),
        ("It was plan B. Then", "It was plan B. Then."),
        ("in the U.S.A. He", "in the U S A. He."),
        ("at 3:15 p.m. He", "at three fifteen p m. He."),
        ("98.6°F", "ninety-eight point six degrees Fahrenheit."),
        ("45% of 60 mph", "forty-five percent of sixty miles per hour."),
        ("22nd, 1914–18", "twenty-second, nineteen fourteen to nineteen eighteen."),
        (
            "pages 10-15, call 555-0199",
            "pages ten to fifteen, call five five five zero one nine nine.",
        ),
        ("-5 and 007", "minus five and zero zero seven."),
        ("2 1/2 or ½", "two and a half or one half."),
        ("MP3, B12, 1.2.3", "M P three, B twelve, one point two point three."),
        ("£2.5 million", "two point five million pounds."),
        ("St. Mary on Elm St. in", "Saint Mary on Elm Street in."),
        ("a 10-year-old", "a ten-year-old."),
        ("on Jan. 5th, No. 5", "on January fifth, number five."),
        ("apples etc. He", "apples et cetera. He."),
    ],
)
def test_english_figures_are_written_out_when_asked(written: str, spoken: str) -> None:
    assert cleaned(written, expands=True) == spoken


def test_figures_are_left_alone_unless_asked() -> None:
    assert cleaned("Dr. Lee paid $5 in 1999.") == "Dr. Lee paid $5 in 1999."


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (21, "twenty-one"),
        (100, "one hundred"),
        (1001, "one thousand and one"),
        (1_000_000, "one million"),
        (2_000_345, "two million three hundred and forty-five"),
        (10**15, "one zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero"),
    ],
)
def test_cardinals(number: int, words: str) -> None:
    assert cardinal(number) == words


def test_ordinals_years_and_numerals() -> None:
    assert [ordinal(n) for n in (1, 12, 20, 33, 100)] == [
        "first",
        "twelfth",
        "twentieth",
        "thirty-third",
        "one hundredth",
    ]
    assert [year(n) for n in (1066, 1805, 1900, 2000, 2024)] == [
        "ten sixty-six",
        "eighteen oh five",
        "nineteen hundred",
        "two thousand",
        "twenty twenty-four",
    ]
    assert [roman_value(n) for n in ("IV", "xix", "XL", "IIX", "")] == [4, 19, 40, None, None]


HUGE = "9" * 6000


@pytest.mark.parametrize(
    "written",
    ["${}", "${}.50", "£{} million", "{}th", "1{}th", "{}%", "{} kg", "{}°C", "{}½", "{}:30", "#{}",
     "-{}", "{}-{}", "{}s", "{}.{}", "In {}", "No. {}", "1/{}", "’{}s", "Chapter {}", "{}–{}"],
)  # fmt: skip
@pytest.mark.parametrize("number", [HUGE, "1" + ",999" * 2000, "٣" * 6000, "0" * 6000])
def test_a_number_of_thousands_of_figures_is_said_digit_by_digit(written: str, number: str) -> None:
    said = cleaned(written.format(number, number), expands=True)
    assert said.count("nine") + said.count("three") + said.count("zero") >= 5990 or number in said


def test_a_long_ordinal_ends_like_one() -> None:
    assert written_ordinal("22") == ordinal(22) == "twenty-second"
    assert written_ordinal("1" * 16).endswith("one one first")


def test_the_lexicon_has_the_first_word_and_keeps_it() -> None:
    lexicon = Lexicon(
        (
            Pronunciation("Dr. Lee", "Doctor Leigh"),
            Pronunciation("Felt", "Velt", is_exact=True),
            Pronunciation("O'Brien", "O Bryan"),
            Pronunciation("1999", "ninety-nine"),
        )
    )
    written = "Dr. Lee felt that Felt’s friend O’Brien left in 1999, unfelt."
    said = "Doctor Leigh felt that Velt's friend O Bryan left in ninety-nine, unfelt."
    assert cleaned(written, expands=True, lexicon=lexicon) == said


def test_a_lexicon_is_read_in_both_forms(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.yaml"
    path.write_text("words:\n  - {word: Felt, case: exact, replacement: Velt}\n")
    assert read_lexicon(path).entries == (Pronunciation("Felt", "Velt", True),)
    path.write_text("Hermione: Her-my-oh-nee\n重庆: 虫庆\n")
    assert cleaned("hermione在重庆市", lexicon=read_lexicon(path)) == "Her-my-oh-nee在虫庆市."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("words:\n  - {word: A, replacment: B}\n", 'unknown key "replacment"'),
        ("words:\n  - {word: A}\n", "a word and a replacement"),
        ("words:\n  - {word: A, case: some, replacement: B}\n", '"exact" or "any"'),
        ("A: <SE>\n", "cannot be spoken"),
        ("a: x\nA: y\n", "given twice"),
    ],
)
def test_a_mistake_in_a_lexicon_is_shown(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "lexicon.yaml"
    path.write_text(text)
    with pytest.raises(HiggsError, match=message):
        read_lexicon(path)


def any_of(words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(words.split())


PARTS = st.one_of(
    any_of("word Word I a. A. . , ; : ! ? -- - — – … \" “ ” ' ’ ( ) （ · ・ １ Ａ 中 é"),
    st.sampled_from(["", "\t", "\x01"]),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=8).map(" ".join))
def test_what_is_taken_for_dressed_is_dressed(written: str) -> None:
    text = SourceText.of(written, 0, len(written)).stripped()
    assert model_text(text) == (_closed(_dressed(text).stripped()) if text else text)


def test_a_word_is_said_by_its_speaker_and_by_its_part_of_speech(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.yaml"
    path.write_text(
        "words:\n"
        "  - {word: lead, as: noun, replacement: led}\n"
        "  - {word: lead, as: verb, replacement: leed}\n"
        "  - {word: Madam, speaker: Hale, replacement: Mum}\n"
    )
    lexicon = read_lexicon(path)
    written = "They lead, the lead pipe will lead to Madam."
    assert cleaned(written, lexicon=lexicon) == "They leed, the led pipe will leed to Madam."
    text = SourceText.of(written, 0, len(written))
    assert lexicon.applied(text, "Hale").text.endswith("to Mum.")
    path.write_text("words:\n  - {word: A, as: adverb, replacement: B}\n")
    with pytest.raises(HiggsError, match='"noun" or "verb"'):
        read_lexicon(path)
