"""What the gates say of a set: each take judged by the norm of its voice's first whole takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.gates.heard_set import read_heard
from bench.gates.labelled_take import WHOLE, LabelledTake, by_voice
from higgs_cli.checks.words import WordsNorm, is_told_by_words, words_finding, words_norm
from higgs_cli.planning.estimate import measure
from higgs_cli.planning.plan import Chunk, Pause
from higgs_cli.takes.book_judge import SAMPLE_CHUNKS
from higgs_cli.takes.take import Finding, Verdict

Verdicts = dict[str, Finding | None]


def words_verdicts(folder: Path, takes: Sequence[LabelledTake], recognizer: str) -> Verdicts:
    """Of each take that was heard, by its name."""
    heard = read_heard(folder, recognizer)
    found: Verdicts = {}
    for own in by_voice(take for take in takes if take.name in heard).values():
        norm = words_norm_of(own, folder, recognizer)
        for take in own:
            found[take.name] = words_finding(chunk_of(take), heard[take.name], norm)
    return found


def words_norm_of(own: Sequence[LabelledTake], folder: Path, recognizer: str) -> WordsNorm:
    """As in a book where few takes are wrong: from the voice's first whole ones."""
    heard = read_heard(folder, recognizer)
    whole = [take for take in own if take.kind == WHOLE and is_told_by_words(chunk_of(take))]
    sample = [(chunk_of(take), heard[take.name]) for take in whole[:SAMPLE_CHUNKS]]
    return words_norm(sample, "en")


def chunk_of(take: LabelledTake) -> Chunk:
    """The chunk in whose place a take stands, as far as checks look at it."""
    length = measure(take.text)
    return Chunk(
        number=0,
        key=take.name,
        recipe={},
        seed=0,
        chapter=0,
        scene=0,
        turns=(0,),
        speaker=take.voice,
        mood=None,
        text=take.text,
        pieces=(),
        line_number=1,
        last_line_number=1,
        pause=Pause("sentence", 0.3),
        seconds=length.seconds,
        frame_budget=length.frame_budget,
        minimum_frames=length.minimum_frames,
    )


def is_flagged(finding: Finding | None) -> bool:
    return finding is not None


def is_retried(finding: Finding | None) -> bool:
    return finding is not None and finding.verdict is Verdict.FAIL
