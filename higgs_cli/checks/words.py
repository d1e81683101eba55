"""Does a take say the words of its text, as far as a recogniser can tell?

Pure functions of a chunk, what was heard of its take, and the norm of its voice. A recogniser
mishears, and some voices more than others: where it understands a voice well, a single word that is
missing counts; where it does not, only what it cannot have misheard. What it leaves out or invents
beside a silence is known by the time that there was for it (`word_times.py`), what it has hardly
heard by how sure it is of takes of the voice as a rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import median

from higgs_cli.checks.plain_words import PlainWord, heard_words, written_words
from higgs_cli.checks.word_alignment import align
from higgs_cli.checks.word_times import lead_of
from higgs_cli.checks.word_troubles import Trouble, is_bad, troubles_in
from higgs_cli.listening.hearing import Hearing
from higgs_cli.planning.estimate import measure
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.book_judge import LEAST_TAKES
from higgs_cli.takes.take import Finding, Verdict

WORDS_CHECK = "words"
LEAST_WORDS, LEAST_LETTERS = 2, 8
"""Shorter lines are heard too badly to be judged."""
FEW_LETTERS = 12
"""Of lines with fewer nothing is said but that they are another text."""
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
SAID_SHARE = 0.35
"""Of the letters of a text: where less of it is heard, and surely, it is another text."""
OTHER_WORDS, OTHER_UNLIKENESS = 5, 0.6
"""In a row: another text in the middle of a take."""
EDGE_UNLIKENESS = 0.8
"""Of a single word at the beginning or the end of a take."""
HEARD_PROBABILITY, SURE_PROBABILITY = 0.5, 0.75
"""Of what was heard beside a missing word, and in the place of others: a guess, and no doubt."""
UNSAID_SHARE = 0.35
"""Of the time that words take: in less nobody said them."""
START_SHARE, END_SHARE = 0.7, 1.1
"""Of the time that words take which were not heard at an edge: with so much they were said, and
lost to hearing. A last word may be drawn out."""
MOST_LOST, MOST_SPARE_SECONDS = 2, 0.5
"""Words that are lost so; where there was more time than they take, it may be silence."""
UNSURE_BELOW, NO_SPEECH_ABOVE = 0.4, 0.6
"""From what is usual for a voice, in log probability and in how likely nobody speaks."""
MOST_TOLD = 4
"""Troubles in one line."""


@dataclass(frozen=True)
class WordsNorm:
    """How well a recogniser understands one voice."""

    error_rate: float
    """Of its words, how many are heard otherwise."""
    lead_seconds: float = 0.1
    """How much later than it takes to say them the first words of its takes end."""
    log_probability: float = -0.3
    """What is heard of it is worth so much as a rule."""
    no_speech: float = 0.1
    """How likely nobody speaks in its takes."""

    @property
    def is_understood(self) -> bool:
        return self.error_rate < UNDERSTOOD_BELOW

    def is_hardly_heard(self, hearing: Hearing) -> bool:
        """Whether much less is known of a take than is usual."""
        return (
            hearing.log_probability < self.log_probability - UNSURE_BELOW
            or hearing.no_speech > self.no_speech + NO_SPEECH_ABOVE
        )


USUAL_WORDS = WordsNorm(0.05)
"""Of a voice that says too little of itself: only gross faults count."""


@dataclass(frozen=True)
class _Compared:
    """What was heard beside what is written."""

    written: Sequence[PlainWord]
    troubles: Sequence[Trouble]
    said_share: float
    """Of the letters of the text, how many are in words that were heard."""


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
    if len(sample) < LEAST_TAKES:
        return USUAL_WORDS
    heard = [hearing for _, hearing in sample]
    leads = [lead for lead in map(lead_of, heard) if lead is not None]
    norm = WordsNorm(
        USUAL_WORDS.error_rate,
        median(leads) if leads else USUAL_WORDS.lead_seconds,
        median(hearing.log_probability for hearing in heard),
        median(hearing.no_speech for hearing in heard),
    )
    counts = sorted(_counted(chunk.text, hearing, norm, language) for chunk, hearing in sample)
    kept = counts[: len(counts) - round(LEFT_OUT_SHARE * len(counts))]
    wrong = sum(share * words for share, words in kept)
    words = sum(words for _, words in kept)
    usual = USUAL_WORDS.error_rate * USUAL_WEIGHT
    return replace(norm, error_rate=(wrong + usual) / (words + USUAL_WEIGHT))


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
    compared = _compared(chunk.text, hearing, language, frozenset(names))
    troubles = [each for each in compared.troubles if not _is_of_hearing(each, norm)]
    if not troubles:
        return None
    told = _told(troubles)
    if measure(chunk.text).characters < FEW_LETTERS:
        is_other = _is_surely_other(compared, hearing)
        verdict = Verdict.FAIL if is_other else Verdict.PASS
    else:
        verdict = _verdict(compared, troubles, hearing, norm)
    if verdict is Verdict.PASS:
        return None
    if verdict is Verdict.FAIL and norm.is_hardly_heard(hearing):
        verdict, told = Verdict.INCONCLUSIVE, f"hardly heard: {told}"
    worst = max(troubles, key=lambda trouble: trouble.word_count)
    return Finding(WORDS_CHECK, verdict, told, round(worst.at_seconds, 2))


def _is_of_hearing(trouble: Trouble, norm: WordsNorm) -> bool:
    """Whether a recogniser has invented it, or has left out what was said."""
    room = trouble.room
    if room is None:
        return False
    if trouble.kind == "added":
        return trouble.word_count > 1 and room.share() < UNSAID_SHARE
    at_start = trouble.edge == "start"
    lead, least = (norm.lead_seconds, START_SHARE) if at_start else (0.0, END_SHARE)
    return (
        trouble.word_count <= MOST_LOST
        and room.share(lead) >= least
        and room.spare_seconds(lead) <= MOST_SPARE_SECONDS
    )


def _verdict(
    compared: _Compared, troubles: Sequence[Trouble], hearing: Hearing, norm: WordsNorm
) -> Verdict:
    word_count = len(compared.written)
    if not hearing.words:
        return Verdict.INCONCLUSIVE
    if _is_other_text(word_count, troubles) or _is_surely_other(compared, hearing):
        return Verdict.FAIL
    if any(map(_is_gross, troubles)):
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


def _is_surely_other(compared: _Compared, hearing: Hearing) -> bool:
    """Whether next to nothing of the text was heard, and something else was heard clearly."""
    sure = sum(word.probability for word in hearing.words) / max(1, len(hearing.words))
    return compared.said_share < SAID_SHARE and sure >= SURE_PROBABILITY


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
    if trouble.kind == "missing" and not trouble.edge:
        return Verdict.FAIL if is_heard else Verdict.INCONCLUSIVE
    if trouble.word_count > 1:
        return Verdict.FAIL if is_sure and not trouble.edge else Verdict.INCONCLUSIVE
    if trouble.kind == "missing":
        return Verdict.INCONCLUSIVE if is_heard else Verdict.PASS
    least = EDGE_UNLIKENESS if trouble.edge else OTHER_UNLIKENESS
    is_other = is_sure and trouble.kind == "other" and trouble.unlikeness >= least
    return Verdict.INCONCLUSIVE if is_other else Verdict.PASS


def _told(troubles: Sequence[Trouble]) -> str:
    parts = [trouble.told for trouble in troubles[:MOST_TOLD]]
    rest = len(troubles) - MOST_TOLD
    return " · ".join(parts) + (f" and {rest} more" if rest > 0 else "")


def _counted(text: str, hearing: Hearing, norm: WordsNorm, language: str) -> tuple[float, int]:
    """The share of words that were heard otherwise, and how many words there are."""
    found = _compared(text, hearing, language, frozenset())
    wrong = sum(each.word_count for each in found.troubles if not _is_of_hearing(each, norm))
    return wrong / max(1, len(found.written)), len(found.written)


@lru_cache(maxsize=1 << 12)
def _compared(text: str, hearing: Hearing, language: str, names: frozenset[str]) -> _Compared:
    is_english = language.lower().startswith("en")
    written = written_words(text, names, is_english)
    steps = align(written, heard_words(hearing, written, is_english), is_english)
    said = (word for step in steps if not is_bad(step) for word in step.written)
    share = _letters(said) / max(1, _letters(written))
    return _Compared(written, troubles_in(steps, hearing), share)


def _letters(words: Iterable[PlainWord]) -> int:
    return sum(len(word.text) for word in words)
