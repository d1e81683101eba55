"""One evaluation, from what was asked to the scores of all its sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from higgs_cli.audio.clip import AudioClip
from higgs_cli.casting.voice_library import open_library
from higgs_cli.errors import UsageError
from higgs_cli.evaluation.evaluate import (
    EvaluatedVoice,
    Task,
    conditions_of,
    plan_tasks,
    reconstruct,
    speak,
)
from higgs_cli.evaluation.judges import JudgeNames, Say, open_judges
from higgs_cli.evaluation.measures import SentenceScore
from higgs_cli.evaluation.recordings import keep_clip
from higgs_cli.evaluation.scorer import Scorer
from higgs_cli.evaluation.subjects import (
    open_rivals,
    open_strangers,
    open_voices,
    read_sentences,
)
from higgs_cli.settings.views import Choices, ModelChoice
from higgs_cli.speech.protocol import Synthesizer


@dataclass(frozen=True)
class EvaluationOrder:
    """Who speaks what, and what it is measured against."""

    names: tuple[str, ...]
    """Voices of the library; all of them where neither they nor clones are named."""
    clones: Path | None
    sentences: Path | None
    count: int | None
    every_voice: bool
    run_length: int
    teacher: Path | None
    reconstructs: bool
    judges: JudgeNames
    audio: Path | None
    """Where clips are kept."""


def evaluate_order(
    order: EvaluationOrder,
    choices: Choices,
    open_speech: Callable[[ModelChoice], Synthesizer],
    say: Say,
) -> list[SentenceScore]:
    """The score of every sentence, by voice and number; each is said as it is measured."""
    texts = read_sentences(order.sentences, order.count)
    judges = open_judges(order.judges, say)
    synthesizer = open_speech(choices.model)
    speaking, rivals = _subjects(order, choices, synthesizer)
    if order.audio is not None or order.teacher is not None:
        _check_names(speaking)
    tasks = plan_tasks(speaking, texts, order.every_voice, order.run_length)
    scorer = Scorer([*speaking, *rivals], tasks, judges, order.teacher)
    scores: list[SentenceScore] = []
    for task, clip, score in _scored(order, choices, synthesizer, tasks, scorer):
        scores.append(score)
        say(f"{len(scores)}/{len(tasks)} {task.key}: {score.heard}")
        if order.audio is not None:
            keep_clip(order.audio / f"{task.key}.wav", clip)
    return sorted(scores, key=lambda score: (score.voice, score.number))


def _check_names(speaking: Sequence[EvaluatedVoice]) -> None:
    """Each has a folder of its own, for its clips and among the teacher's."""
    for voice in speaking:
        if PurePath(voice.name).name != voice.name:
            hint = "rename it in its profile, or leave --audio and --teacher out"
            raise UsageError(f'the voice "{voice.name}" cannot be the name of a folder', hint=hint)


def _subjects(
    order: EvaluationOrder, choices: Choices, synthesizer: Synthesizer
) -> tuple[list[EvaluatedVoice], list[EvaluatedVoice]]:
    """Those who speak, and those who are only there to be taken for them."""
    library = open_library(choices.casting.voices, allow_outside=choices.casting.allow_outside)
    speaking: list[EvaluatedVoice] = []
    if order.names or order.clones is None:
        speaking += open_voices(order.names, library, synthesizer)
    if order.clones is not None:
        speaking += open_strangers(order.clones, library, synthesizer)
    return speaking, open_rivals(library, {voice.name for voice in speaking})


def _scored(
    order: EvaluationOrder,
    choices: Choices,
    synthesizer: Synthesizer,
    tasks: Sequence[Task],
    scorer: Scorer,
) -> Iterator[tuple[Task, AudioClip, SentenceScore]]:
    if order.reconstructs and order.teacher is not None:
        for task, clip in reconstruct(synthesizer, tasks, order.teacher):
            yield task, clip, scorer.score_reconstruction(task, clip)
        return
    for task, clip, ended in speak(
        synthesizer, tasks, conditions_of(choices, synthesizer.description.lane_count)
    ):
        yield task, clip, scorer.score(task, clip, ended)
