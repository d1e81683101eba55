"""Rates are averaged over items, as the benchmark does it, and spelled its way beside."""

from __future__ import annotations

import pytest

from higgs_cli.evaluation.item_scores import (
    ItemJudgement,
    ItemScore,
    benchmark_words,
    judged_words,
    list_summaries,
)
from higgs_cli.listening.word_errors import plain_words


def score(text: str, heard: str, similarity: float, *, ended: bool = True) -> ItemScore:
    words = judged_words(text, heard, plain_words)
    said = ItemJudgement(
        heard, words.word_count, words.errors, words.rate, words.benchmark_rate, similarity, None
    )
    return ItemScore(text, text, ended, 1.0, said, None)


def test_a_short_item_counts_as_much_as_a_long_one() -> None:
    scores = [
        score("one", "two", 0.4),
        score("a b c d e f g h i", "a b c d e f g h i", 0.8, ended=False),
    ]
    model, published = list_summaries("mini", scores)
    assert model.word_error_rate == pytest.approx(0.5)
    assert model.word_error_rate_of_all_words == pytest.approx(0.1)
    assert model.print_similarity == pytest.approx(0.6)
    assert (model.items, model.far_off, model.without_end) == (2, 1, 1)
    assert published.benchmark_word_error_rate == 0.0244 and published.print_similarity == 0.677


def test_marks_are_taken_out_and_apostrophes_stay_as_in_the_benchmarks_script() -> None:
    assert benchmark_words("Well-known, isn't it? 7 “Pounds”!") == [
        "wellknown", "isn't", "it", "7", "pounds",
    ]  # fmt: skip


def test_inserted_words_may_make_more_errors_than_there_are_words() -> None:
    assert judged_words("yes", "no no no", plain_words).rate == 3.0


def test_without_a_recogniser_there_is_no_rate() -> None:
    words = judged_words("two words", None, plain_words)
    assert (words.word_count, words.errors, words.rate, words.benchmark_rate) == (2, *[None] * 3)
