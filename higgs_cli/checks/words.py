"""Does a take say the words of its text, as far as a recogniser can tell?

Pure functions of a chunk, what was heard of its take, and the norm of its voice. A recogniser
mishears, and some voices more than others: where it understands a voice well, a single word that is
missing counts; where it does not, only what it cannot have misheard. What is too short or was heard
too badly is not judged.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from higgs_cli.checks.plain_words import PlainWord, heard_words, written_words
from higgs_cli.checks.word_alignment import align
from higgs_cli.checks.word_troubles import Trouble, troubles_in
from higgs_cli.listening.hearing import Hearing
from higgs_cli.planning.estimate import measure
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.book_judge import LEAST_TAKES
from higgs_cli.takes.take import Finding, Verdict

WORDS_CHECK = "words"
LEAST_WORDS, LEAST_LETTERS = 2, 12
"""Shorter lines are heard too badly to be judged."""
LEFT_OUT_SHARE = 0.1
"""Of the takes, those with most errors: they may be wrong."""
USUAL_WEIGHT = 50
"""The usual error rate counts for so many words beside a voice's own."""
UNDERSTOOD_BELOW = 0.025
"""Where a recogniser mistakes fewer words of a voice than these, single words count."""
GROSS_WORDS = 3
"""In a row: no recogniser mishears so many of a voice that it understands."""
GROSS_SHARE = 0.57
"""Of the words of a take, by how unlike they sound: more is another text."""
OTHER_WORDS, OTHER_UNLIKENESS = 5, 0.6
"""In a row: another text in the middle of a take."""
EDGE_UNLIKENESS = 0.8
"""Of a single word at the beginning or the end of a take."""
HEARD_PROBABILITY, SURE_PROBABILITY = 0.5, 0.75
"""Of what was heard beside a missing word, and in the place of others: a guess, and no doubt."""
MOST_TOLD = 4
"""Troubles in one line."""


@dataclass(frozen=True)
class WordsNorm:
    """How well a recogniser understands one voice."""

    error_rate: float
    """Of its words, how many are heard otherwise."""

    @property
    def is_understood(self) -> bool:
        return self.error_rate < UNDERSTOOD_BELOW


USUAL_WORDS = WordsNorm(0.05)
"""Of a voice that says too little of itself: only gross faults count."""


def is_told_by_words(chunk: Chunk) -> bool:
    """Whether what is heard of its takes says anything."""
    found = measure(chunk.text)
    return (
        bool(chunk.seconds)
        and found.word_count >= LEAST_WORDS
        and found.characters >= LEAST_LETTERS
    )


def words_norm(sample: Sequence[tuple[Chunk, Hearing]], language: str) -> WordsNorm:
    """Of one voice, from its first takes in the plan's order; with too few: the usual."""
    counts = sorted(_counted(chunk.text, hearing, language) for chunk, hearing in sample)
    if len(counts) < LEAST_TAKES:
        return USUAL_WORDS
    kept = counts[: len(counts) - round(LEFT_OUT_SHARE * len(counts))]
    wrong = sum(share * words for share, words in kept)
    words = sum(words for _, words in kept)
    usual = USUAL_WORDS.error_rate * USUAL_WEIGHT
    return WordsNorm((wrong + usual) / (words + USUAL_WEIGHT))


def words_finding(
    chunk: Chunk,
    hearing: Hearing,
    norm: WordsNorm,
    language: str = "en",
    names: Collection[str] = (),
) -> Finding | None:
    """What is to be said of a take's words; None of good ones. `names`: of the cast and the
    lexicon, good in any spelling that sounds alike."""
    if not is_told_by_words(chunk):
        return None
    written, troubles = _compared(chunk.text, hearing, language, frozenset(names))
    if not troubles:
        return None
    verdict = _verdict(len(written), troubles, hearing, norm)
    if verdict is Verdict.PASS:
        return None
    worst = max(troubles, key=lambda trouble: trouble.word_count)
    return Finding(WORDS_CHECK, verdict, _told(troubles), round(worst.at_seconds, 2))


def _verdict(
    word_count: int, troubles: Sequence[Trouble], hearing: Hearing, norm: WordsNorm
) -> Verdict:
    if not hearing.words:
        return Verdict.INCONCLUSIVE
    if _is_other_text(word_count, troubles) or any(map(_is_gross, troubles)):
        return Verdict.FAIL
    if norm.is_understood:
        return max(map(_of_few_words, troubles), key=tuple(Verdict).index)
    wrong = sum(trouble.word_count for trouble in troubles)
    is_doubtful = wrong >= GROSS_WORDS + norm.error_rate * word_count
    return Verdict.INCONCLUSIVE if is_doubtful else Verdict.PASS


def _is_other_text(word_count: int, troubles: Sequence[Trouble]) -> bool:
    """Whether most of it sounds like something else."""
    wrong = sum(trouble.word_count * trouble.unlikeness for trouble in troubles)
    return wrong >= max(GROSS_WORDS - 1, GROSS_SHARE * word_count)


def _is_gross(trouble: Trouble) -> bool:
    """Three words too few or too many in a row, or five that sound like something else."""
    if trouble.surplus >= GROSS_WORDS:
        return trouble.kind != "added" or trouble.probability >= HEARD_PROBABILITY
    return trouble.word_count >= OTHER_WORDS and trouble.unlikeness >= OTHER_UNLIKENESS


def _of_few_words(trouble: Trouble) -> Verdict:
    """Of a voice that is understood. What is said twice or in another order was said so: no
    recogniser invents that. At the edges of a take words are lost to hearing, and a word is
    taken for another anywhere."""
    if trouble.kind in ("repeated", "swapped"):
        return Verdict.FAIL
    is_heard, is_sure = (
        trouble.probability >= least for least in (HEARD_PROBABILITY, SURE_PROBABILITY)
    )
    if trouble.kind == "missing" and not trouble.is_edge:
        return Verdict.FAIL if is_heard else Verdict.INCONCLUSIVE
    if trouble.word_count > 1:
        return Verdict.FAIL if is_sure and not trouble.is_edge else Verdict.INCONCLUSIVE
    if trouble.kind == "missing":
        return Verdict.INCONCLUSIVE if is_heard else Verdict.PASS
    least = EDGE_UNLIKENESS if trouble.is_edge else OTHER_UNLIKENESS
    is_other = is_sure and trouble.kind == "other" and trouble.unlikeness >= least
    return Verdict.INCONCLUSIVE if is_other else Verdict.PASS


def _told(troubles: Sequence[Trouble]) -> str:
    parts = [trouble.told for trouble in troubles[:MOST_TOLD]]
    rest = len(troubles) - MOST_TOLD
    return " · ".join(parts) + (f" and {rest} more" if rest > 0 else "")


def _counted(text: str, hearing: Hearing, language: str) -> tuple[float, int]:
    """The share of words that were heard otherwise, and how many words there are."""
    written, troubles = _compared(text, hearing, language, frozenset())
    wrong = sum(trouble.word_count for trouble in troubles)
    return wrong / max(1, len(written)), len(written)


@lru_cache(maxsize=1 << 12)
def _compared(
    text: str, hearing: Hearing, language: str, names: frozenset[str]
) -> tuple[list[PlainWord], list[Trouble]]:
    is_english = language.lower().startswith("en")
    written = written_words(text, names, is_english)
    heard = heard_words(hearing, written, is_english)
    return written, troubles_in(align(written, heard, is_english), hearing)
