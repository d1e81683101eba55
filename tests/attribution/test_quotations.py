"""What is said aloud is found in each way of printing it, and nothing else is."""

from __future__ import annotations

from time import process_time

import pytest

from higgs_cli.attribution.quotations import quotations_in, style_of

CURLY = ["“Come in,” said Ann. “It is late.”", "“I know.”", "He sat. “So it is.”"]


def said(paragraphs: list[str]) -> list[str]:
    return [each.text for each in quotations_in(paragraphs)]


@pytest.mark.parametrize(
    ("opening", "closing", "style"),
    [("“", "”", "double"), ('"', '"', "straight"), ("‘", "’", "single"), ("«", "»", "guillemets")],
)
def test_every_kind_of_mark_is_found(opening: str, closing: str, style: str) -> None:
    paragraphs = [text.replace("“", opening).replace("”", closing) for text in CURLY]
    assert style_of(paragraphs) == style
    assert said(paragraphs) == ["Come in,", "It is late.", "I know.", "So it is."]


def test_german_marks_are_found() -> None:
    assert said(["„Komm“, sagte Anna.", "„Gleich.“", "„Jetzt!“"]) == ["Komm", "Gleich.", "Jetzt!"]


def test_dashes_open_speech_and_close_what_is_told() -> None:
    paragraphs = ["—Ven —dijo él—. Es tarde.", "—Ya voy.", "—Bien."]
    assert said(paragraphs) == ["Ven", ". Es tarde.", "Ya voy.", "Bien."]


def test_a_quotation_goes_on_in_the_next_paragraph() -> None:
    found = quotations_in([*CURLY, "“One thing.", "“Another thing.”", "“Oh.”"])
    assert [each.is_continued for each in found][-3:] == [False, True, False]


def test_quotes_within_quotes_belong_to_the_outer_one() -> None:
    assert said([*CURLY, "“He said ‘never’ and left.”"])[-1] == "He said ‘never’ and left."


def test_apostrophes_close_no_single_quotes() -> None:
    paragraphs = ["‘Don’t,’ said Ann, ‘I can’t.’", "‘The boys’ room?’", "‘Yes.’"]
    assert said(paragraphs) == ["Don’t,", "I can’t.", "The boys’ room?", "Yes."]


def test_a_word_in_quotes_is_no_speech() -> None:
    assert said([*CURLY, "They call it “the lamp” in the village."]) == said(CURLY)


def test_prose_without_speech_has_none() -> None:
    assert said(["It was late.", "He sat."]) == []


def test_quotations_are_found_in_linear_time() -> None:
    took = []
    for size in (20_000, 200_000):
        began = process_time()
        for part in ("“", "“a", "”", "’ ‘a", '"', "—a ", "“a” said "):
            quotations_in([part * size, *CURLY])
        took.append(process_time() - began)
    assert took[1] < 30 * took[0] + 0.2
