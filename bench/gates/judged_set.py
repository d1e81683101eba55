"""What the words gate and the rate say of a set, each take by the norm of its voice.

A norm is of the voice's first whole takes, as in a book where few takes are wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from bench.gates.heard_set import read_heard
from bench.gates.labelled_take import WHOLE, LabelledTake, by_voice, read_clip
from higgs_cli.checks.signal import STALL_AMPLITUDE
from higgs_cli.checks.sound_levels import SoundLevels
from higgs_cli.checks.words import WordsNorm, is_told_by_words, words_finding, words_norm
from higgs_cli.planning.estimate import measure
from higgs_cli.planning.plan import Chunk, Pause
from higgs_cli.takes.book_judge import SAMPLE_CHUNKS
from higgs_cli.takes.speech_rate import SpeechRate, is_told_by_rate
from higgs_cli.takes.take import Finding, Levels, TakeRecord

Findings: TypeAlias = dict[str, Finding | None]
"""Of each take, by its name."""


def words_findings(folder: Path, takes: Sequence[LabelledTake], recognizer: str) -> Findings:
    """Of those that were heard."""
    heard = read_heard(folder, recognizer)
    found: Findings = {}
    for own in by_voice(take for take in takes if take.name in heard).values():
        norm = words_norm_of(own, folder, recognizer)
        for take in own:
            found[take.name] = words_finding(chunk_of(take), heard[take.name], norm)
    return found


def words_norm_of(own: Sequence[LabelledTake], folder: Path, recognizer: str) -> WordsNorm:
    """Of one voice."""
    heard = read_heard(folder, recognizer)
    whole = [take for take in own if take.kind == WHOLE and is_told_by_words(chunk_of(take))]
    sample = [(chunk_of(take), heard[take.name]) for take in whole[:SAMPLE_CHUNKS]]
    return words_norm(sample, "en")


def rate_findings(folder: Path, takes: Sequence[LabelledTake]) -> Findings:
    """Of all."""
    rate, found = SpeechRate(), Findings()
    for voice, own in by_voice(takes).items():
        records = {take.name: _record(folder, take) for take in own}
        whole = [take for take in own if take.kind == WHOLE and is_told_by_rate(chunk_of(take))]
        sample = [(chunk_of(take), records[take.name]) for take in whole[:SAMPLE_CHUNKS]]
        norm = rate.norm((voice, None), sample)
        for take in own:
            found[take.name] = rate.finding(chunk_of(take), records[take.name], norm)
    return found


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


def _record(folder: Path, take: LabelledTake) -> TakeRecord:
    """As far as the rate asks for it."""
    sounding = SoundLevels(read_clip(folder, take)).sounding_seconds(STALL_AMPLITUDE)
    return TakeRecord(take.name, 0, {}, (), 1, "ended", (), Levels(0.0, 0.0, 0, sounding))
