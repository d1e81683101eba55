"""Where sentences end, and where they only seem to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgs_cli.errors import UsageError
from higgs_cli.planning.sentences import (
    STOP,
    _ends_sentence,
    _sentence_ends,
    clauses,
    sentences,
    words,
)
from higgs_cli.wording.languages import checked_language, language_of, language_warning


@pytest.mark.parametrize(
    "parts",
    [
        ["He left.", "She stayed!", "Did they?", "The end"],
        ["Dr. Lee met Mr. Hale on Elm St. in No. 5.", "Then he left."],
        ["J. R. R. Tolkien wrote it.", "It is I.", "He knew."],
        ["“Stop!” she said.", "“Why?” asked he.", "“Because.”", "She went."],
        ["It cost 3.50 at 4.15 p.m. on the day.", "Good."],
        ["Wait… there is more.", "And… then nothing."],
        ["He came, etc.", "She did not."],
        ["他说：“你好。”", "然后走了。", "真的吗？", "是！"],
        ["你好……", "“再见。”"],
        ["これは本です。", "「はい。」", "次の文。"],
        ["He said yes.", "(She said no.)", "Both were right."],
        ["No!", "<SE>[Laughter]</SE> Yes."],
        ["What?!", "Never."],
        ["“‘Go.’\u200a” she said.", "‘“No.”\u2009’", "She went."],
        ["He said no.", "Then he lived at no. 5 with Lieut. Hale.", "It was a new sec.", "Good."],
        ["Wm. Hale came, viz. the elder.", "“Etc.”", "He left."],
        ["Ten bucks.", "He paid."],
    ],
)
def test_sentences_end_where_a_reader_would_end_them(parts: list[str]) -> None:
    wide = any("\u3000" < char < "\u9fff" for char in parts[0])
    text = ("" if wide else " ").join(parts)
    assert [text[first:last] for first, last in sentences(text)] == parts


def test_sentences_clauses_and_words_lose_nothing_but_space() -> None:
    text = "One, two; three: four — five. 他说，你好。 Six?"
    whole = (0, len(text))
    for parts in (sentences(text), clauses(text, whole), words(text, whole)):
        assert "".join(text[a:b] for a, b in parts).replace(" ", "") == text.replace(" ", "")
        assert parts == sorted(parts)


def test_chinese_words_are_characters_with_their_punctuation() -> None:
    text = "他说，你好world。"
    assert [text[a:b] for a, b in words(text, (0, len(text)))] == [
        "他",
        "说，",
        "你",
        "好",
        "world。",
    ]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The keeper of the light was not at home.", "en"),
        ("清晨，海面上还有一层薄雾。", "zh"),
        ("これは日本語の文章です。漢字もあります。", "ja"),
        ("등대지기는 집에 없었다.", "ko"),
        ("Der Wärter war nicht zu Hause, und die Tür ist auf.", "de"),
        ("El guardián no estaba en la casa, pero la puerta está abierta para él.", "es"),
        ("Le gardien est dans la tour et il ne vous voit pas.", "fr"),
        ("Смотритель маяка ушёл.", "ru"),
        ("Hm.", "en"),
    ],
)
def test_the_language_is_found_from_the_text(text: str, language: str) -> None:
    assert language_of(text) == language


def test_a_declared_language_wins_and_must_be_one() -> None:
    assert checked_language("en-GB", "清晨") == "en"
    assert checked_language("Chinese", "x") == "zh"
    with pytest.raises(UsageError):
        checked_language("12", "x")


def test_languages_spoken_badly_are_warned_about_or_refused() -> None:
    assert language_warning("en", is_strict=True) is None
    assert "less well" in str(language_warning("ko", is_strict=True))
    assert "not a language" in str(language_warning("ru", is_strict=False))
    with pytest.raises(UsageError, match="Russian"):
        language_warning("ru", is_strict=True)


MARKS = st.text(st.sampled_from('.!?…。！？"”’) \n中aBI」'), max_size=24)


@settings(max_examples=500, deadline=None)
@given(MARKS)
def test_marks_are_found_as_by_trying_every_letter(text: str) -> None:
    everywhere = [
        match.end() for match in STOP.finditer(text) if match["wide"] or _ends_sentence(text, match)
    ]
    assert list(_sentence_ends(text)) == everywhere
