"""Scores of a cloning list, item by item and over all, as Seed-TTS-eval averages them.

A word error rate is taken of each item and then averaged over the items, so that a short sentence
counts as much as a long one. Beside it stand the rate over all words, and the rate with the
benchmark's own spelling: lower case, without punctuation but the apostrophe, numbers as they are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from higgs_cli.evaluation.judges import JudgeNames
from higgs_cli.evaluation.measures import mean_of_known
from higgs_cli.listening.word_errors import error_count

PUBLISHED_NAME = "Higgs Audio V2, as published"
PUBLISHED_WORD_ERROR_RATE, PUBLISHED_SIMILARITY = 0.0244, 0.6770
"""On the English test set, heard by Whisper large-v3 and a WavLM-large speaker print."""
FAR_OFF = 0.5
"""An item with more errors than that has failed as a whole."""

Plain = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class ItemJudgement:
    """What the judges say of one sound; what nobody judged is None."""

    heard: str | None
    word_count: int
    word_errors: int | None
    word_error_rate: float | None
    benchmark_word_error_rate: float | None
    print_similarity: float | None
    """To the prompt."""
    overall_quality: float | None


@dataclass(frozen=True)
class ItemScore:
    """One item: the speech of the model, and the recording of the words if the list has one."""

    name: str
    text: str
    ended: bool
    """The model closed its speech by itself, within its budget."""
    duration_seconds: float
    speech: ItemJudgement
    recording: ItemJudgement | None


@dataclass(frozen=True)
class ListSummary:
    """All items in one row."""

    name: str
    items: int | None
    word_error_rate: float | None
    """The mean of the items' rates."""
    word_error_rate_of_all_words: float | None
    benchmark_word_error_rate: float | None
    print_similarity: float | None
    overall_quality: float | None = None
    far_off: int | None = None
    """Items with more than half of their words wrong."""
    without_end: int | None = None


@dataclass(frozen=True)
class WordJudgement:
    """What was understood of a text."""

    word_count: int
    errors: int | None = None
    rate: float | None = None
    benchmark_rate: float | None = None


def judged_words(text: str, heard: str | None, plain: Plain) -> WordJudgement:
    """Both sides in one spelling, and both in the benchmark's."""
    written = plain(text)
    if heard is None:
        return WordJudgement(len(written))
    errors, own = error_count(written, plain(heard)), benchmark_words(text)
    own_errors = error_count(own, benchmark_words(heard))
    return WordJudgement(
        len(written), errors, errors / max(1, len(written)), own_errors / max(1, len(own))
    )


def benchmark_words(text: str) -> list[str]:
    """As the benchmark's script spells: marks are taken out, not made spaces."""
    kept = (c for c in text.lower() if c == "'" or not _is_mark(c))
    return "".join(kept).split()


def summarize_items(name: str, scores: Sequence[ItemScore]) -> ListSummary:
    """What the model spoke."""
    row = _summary(name, [score.speech for score in scores])
    return replace(row, without_end=sum(not score.ended for score in scores))


def list_summaries(name: str, scores: Sequence[ItemScore]) -> list[ListSummary]:
    """The model, the recordings of the same words where there are any, and what was published."""
    recorded = [score.recording for score in scores if score.recording is not None]
    rows = [summarize_items(name, scores)]
    if recorded:
        rows.append(_summary("the recordings", recorded))
    return [*rows, PUBLISHED]


def list_document(name: str, judges: JudgeNames, scores: Sequence[ItemScore]) -> dict[str, object]:
    """Everything, for a JSON file."""
    return {
        "averaged": "word_error_rate: mean over items of errors / words of the item",
        "judges": judges.as_table,
        "summaries": [asdict(row) for row in list_summaries(name, scores)],
        "items": [asdict(score) for score in scores],
    }


PUBLISHED = ListSummary(
    name=PUBLISHED_NAME,
    items=None,
    word_error_rate=None,
    word_error_rate_of_all_words=None,
    benchmark_word_error_rate=PUBLISHED_WORD_ERROR_RATE,
    print_similarity=PUBLISHED_SIMILARITY,
)


def _summary(name: str, judged: Sequence[ItemJudgement]) -> ListSummary:
    rates = [one.word_error_rate for one in judged]
    counted = [one for one in judged if one.word_errors is not None]
    words = sum(one.word_count for one in counted)
    return ListSummary(
        name=name,
        items=len(judged),
        word_error_rate=mean_of_known(rates),
        word_error_rate_of_all_words=sum(one.word_errors or 0 for one in counted) / words
        if words
        else None,
        benchmark_word_error_rate=mean_of_known(one.benchmark_word_error_rate for one in judged),
        print_similarity=mean_of_known(one.print_similarity for one in judged),
        overall_quality=mean_of_known(one.overall_quality for one in judged),
        far_off=sum(rate is not None and rate > FAR_OFF for rate in rates) if counted else None,
    )


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"
