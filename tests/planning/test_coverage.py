"""Every word of the source is in the plan, in order, once: over generated books."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from higgs_cli.planning.coverage import (
    SPOKEN,
    UNSPOKEN,
    WORD,
    CoverageError,
    counted,
    prove_coverage,
)
from higgs_cli.planning.estimate import WIDE_CHARACTER
from higgs_cli.planning.plan import Plan
from higgs_cli.settings.table import Settings
from tests.planning.planning_fixtures import planned


def any_of(words: str) -> st.SearchStrategy[str]:
    return st.sampled_from(words.split())


WORDS = any_of(
    "the lamp keeper's door opened well-known Émile naïve sea rain O'Brien stairs window twelve it "
    "was never quite dark 灯塔 守夜人 등대 Straße"
)
ENDS = st.sampled_from([".", "!", "?", "…", ".”", "?!", ";", ",", "。", " —", ":"])
SENTENCES = st.builds(
    lambda words, end: " ".join(words) + end, st.lists(WORDS, min_size=1, max_size=30), ENDS
)
PARAGRAPHS = st.builds(" ".join, st.lists(SENTENCES, min_size=1, max_size=6))
GAPS = st.sampled_from(
    ["\n\n", "\n", "\n\n***\n\n", "\n\n[pause 0.5]\n\n", "\n\n<!-- a note -->\n\n"]
)
MODES = st.sampled_from(["sentences", "words", "speaker"])


def words_of(text: str) -> list[str]:
    """Letters and figures, in order, whatever stands between them."""
    wide = r"[\u4e00-\u9fff]"
    return re.findall(rf"{wide}|[^\W\u4e00-\u9fff]+", text)


@st.composite
def books(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A book of prose with headings, and the words of it that are to be spoken."""
    source, spoken = "", []
    for chapter in range(draw(st.integers(1, 3))):
        heading = f"Number{chapter} " + draw(WORDS)
        source += f"# {heading}\n\n"
        spoken += words_of(heading)
        for paragraph in draw(st.lists(PARAGRAPHS, min_size=1, max_size=5)):
            source += paragraph + draw(GAPS)
            spoken += words_of(paragraph)
        source += "\n\n"
    return source, spoken


@st.composite
def dialogues(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A dialogue of numbered and named speakers, and the words of it that are to be spoken."""
    source, spoken = "", []
    for text in draw(st.lists(PARAGRAPHS, min_size=1, max_size=8)):
        tag = draw(
            st.sampled_from(["[SPEAKER0] ", "[SPEAKER1]\n", "ANNA: ", "【Anna】", "anna： ", "\n"])
        )
        source += tag + text + draw(GAPS)
        spoken += words_of(text)
    return "[SPEAKER0] begin.\n" + source, ["begin", *spoken]


def spoken_words(plan: Plan) -> list[str]:
    return words_of(" ".join(chunk.text for chunk in plan.chunks))


FAST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FAST
@given(books(), MODES, st.integers(1, 40), st.sampled_from([2.0, 6.0, 24.0]))
def test_every_word_of_a_book_is_spoken_once_in_order(
    book: tuple[str, list[str]], mode: str, count: int, seconds: float
) -> None:
    source, expected = book
    plan = planned(
        source, Settings(chunk=mode, chunk_words=count, chunk_seconds=seconds), name="book.md"
    )
    assert spoken_words(plan) == expected


@FAST
@given(dialogues(), MODES, st.booleans())
def test_every_word_of_a_dialogue_is_spoken_once_in_order(
    dialogue: tuple[str, list[str]], mode: str, ensemble: bool
) -> None:
    source, expected = dialogue
    plan = planned(source, Settings(chunk=mode, ensemble=ensemble), known=["Anna"])
    assert spoken_words(plan) == expected


FIGURES = any_of(
    "$5.50 1999 22nd Dr. 3:15 p.m. 45% J. R. 1,204 10–15 (see) “it” 98.6°F U.S.A. &c "
    "1980s ½ £2m #7 VIII Henry [laugh] \\[sic\\] -5 https://a.b/c *so* _no_ a@b 12/3"
)


@FAST
@given(st.lists(st.one_of(FIGURES, WORDS), min_size=1, max_size=60), MODES)
def test_expansion_keeps_coverage_of_what_it_replaces(words: list[str], mode: str) -> None:
    source = " ".join(words) + " end"
    plan = planned(source, Settings(chunk=mode, chunk_seconds=3, chunk_words=3), expands=True)
    coverage = prove_coverage(plan)
    assert coverage.spoken_words > 0
    assert not coverage.left_parts.keys() - {"markup"}


TWO_SENTENCES = "One sentence of seven words stands here. Another one of seven follows it there."


def test_a_lost_word_is_noticed() -> None:
    plan = planned(TWO_SENTENCES, Settings(chunk_seconds=3))
    with pytest.raises(CoverageError, match="would not be spoken"):
        prove_coverage(replace(plan, chunks=plan.chunks[1:]))


def test_a_repeated_or_moved_word_is_noticed() -> None:
    plan = planned(TWO_SENTENCES, Settings(chunk_seconds=3))
    assert len(plan.chunks) == 2
    with pytest.raises(CoverageError, match="twice"):
        prove_coverage(replace(plan, chunks=(*plan.chunks, plan.chunks[0])))
    with pytest.raises(CoverageError, match="order"):
        prove_coverage(replace(plan, chunks=plan.chunks[::-1]))


def counted_word_by_word(source: str, cover: bytes) -> tuple[int, int] | int:
    """(spoken, left), or where the first word stands that lies bare: each word looked at."""
    counts = {True: 0, False: 0}
    for match in WORD.finditer(source):
        covered = cover[match.start() : match.end()]
        if 0 in covered:
            return match.start()
        counts[SPOKEN in covered] += len(WIDE_CHARACTER.findall(match[0])) or 1
    return counts[True], counts[False]


COVERED = st.lists(
    st.tuples(st.sampled_from("ab1'’_ -你.é"), st.sampled_from([0, SPOKEN, SPOKEN, UNSPOKEN])),
    max_size=14,
)


@settings(max_examples=500, deadline=None)
@given(COVERED, st.booleans())
def test_parts_are_counted_as_word_by_word(
    letters: list[tuple[str, int]], is_covered: bool
) -> None:
    source = "".join(letter for letter, _ in letters)
    cover = bytearray((value or SPOKEN) if is_covered else value for _, value in letters)
    plan = planned("x " + source)
    plan = replace(plan, script=replace(plan.script, source=source, unspoken=()))
    expected = counted_word_by_word(source, cover)
    if isinstance(expected, tuple):
        coverage = counted(plan, cover)
        assert (coverage.spoken_words, coverage.left_words) == expected
    else:
        word = WORD.match(source, expected)
        assert word is not None
        with pytest.raises(CoverageError, match=re.escape(f'"{word[0]}" would not be spoken')):
            counted(plan, cover)
