"""Does a take say the words of its text, as far as a recogniser can tell?

Pure functions of a chunk, what was heard of its take, and the norm of its voice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from higgs_cli.listening.hearing import Hearing
from higgs_cli.planning.plan import Chunk
from higgs_cli.takes.take import Finding, Verdict

WORDS_CHECK = "words"


@dataclass(frozen=True)
class WordsNorm:
    """How well a recogniser understands one voice."""

    error_rate: float


USUAL_WORDS = WordsNorm(0.05)
"""Of a voice that says too little of itself."""


def is_told_by_words(chunk: Chunk) -> bool:
    """Whether what is heard of its takes says anything."""
    return bool(chunk.seconds) and len(chunk.text.split()) >= 2


def words_norm(sample: Sequence[tuple[Chunk, Hearing]], language: str) -> WordsNorm:
    """Of one voice, from its first takes in the plan's order; with too few: the usual."""
    return USUAL_WORDS


def words_finding(
    chunk: Chunk,
    hearing: Hearing,
    norm: WordsNorm,
    language: str = "en",
    names: Collection[str] = (),
) -> Finding | None:
    """What is to be said of a take's words; None of good ones. `names`: of the cast and the
    lexicon, good in any spelling that sounds alike."""
    written, heard = _plain(chunk.text), _plain(hearing.text)
    missing = [word for word in written if word not in heard]
    if len(missing) < max(3, len(written) // 2):
        return None
    return Finding(WORDS_CHECK, Verdict.FAIL, f"missing: {' '.join(missing)}")


def _plain(text: str) -> list[str]:
    kept = "".join(each if each.isalnum() else " " for each in text.casefold())
    return kept.split()
