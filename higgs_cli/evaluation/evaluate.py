"""Let a model speak sentences in given voices, or its codec say again what a teacher read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from higgs_cli.audio.clip import AudioClip
from higgs_cli.casting.scene_library import scene_text
from higgs_cli.errors import TakesFailedError, UsageError
from higgs_cli.planning.estimate import measure as estimate
from higgs_cli.settings.views import Choices
from higgs_cli.speech.protocol import (
    Accept,
    ChunkFailed,
    Ending,
    Sampling,
    SpeechChunk,
    SpeechRun,
    SpokenChunk,
    Synthesizer,
    VoiceReference,
)


@dataclass(frozen=True)
class EvaluatedVoice:
    """A voice to speak in: its reference for the model, and a clip of how it should sound."""

    name: str
    reference: VoiceReference
    example: AudioClip
    is_stranger: bool = False
    """Cloned from outside the library: it must not sound like the library; nobody's rival."""


@dataclass(frozen=True)
class Task:
    """One sentence by one voice."""

    voice: EvaluatedVoice
    number: int
    text: str
    place: int = 1
    """In its run: from the second on, what was said before is in the context."""

    @property
    def key(self) -> str:
        return f"{self.voice.name}/{self.number:04d}"


@dataclass(frozen=True)
class Conditions:
    """How everything is spoken."""

    scene: str
    sampling: Sampling
    seed: int
    lane_count: int


def conditions_of(choices: Choices, lane_count: int) -> Conditions:
    """As a render speaks, but nothing is spoken twice until it pleases."""
    return Conditions(
        scene_text(choices.casting.scene) or "",
        replace(choices.sampling, retry_temperature=0.0),
        choices.planning.seed,
        lane_count,
    )


def plan_tasks(
    voices: Sequence[EvaluatedVoice],
    sentences: Sequence[str],
    every_voice: bool,
    run_length: int = 1,
) -> list[Task]:
    """Sentences dealt out among the voices in turn, or all sentences to every voice.

    Voice by voice; so many sentences follow each other in a run.
    """
    return [
        Task(voice, number, sentences[number], count % run_length + 1)
        for index, voice in enumerate(voices)
        for count, number in enumerate(
            range(len(sentences)) if every_voice else range(index, len(sentences), len(voices))
        )
    ]


def speak(
    synthesizer: Synthesizer, tasks: Sequence[Task], conditions: Conditions
) -> Iterator[tuple[Task, AudioClip, bool]]:
    """Each task's clip as it is finished, and whether the speech closed by itself."""
    by_key = {task.key: task for task in tasks}
    runs = (_run(run, conditions) for run in _runs(tasks))
    speech = synthesizer.speak(runs, conditions.sampling, conditions.seed, conditions.lane_count)
    for event in speech:
        if isinstance(event, SpokenChunk):
            speech.answer(event, Accept())
            samples = synthesizer.decode(event.codes)
            clip = AudioClip(samples, synthesizer.description.sample_rate)
            yield by_key[event.chunk_key], clip, event.ending is Ending.ENDED
        elif isinstance(event, ChunkFailed):
            # Left out, it would make the figures better than the model is.
            raise TakesFailedError(f"{event.chunk_key} cannot be spoken: {event.reason}")


def reconstruct(
    synthesizer: Synthesizer, tasks: Sequence[Task], teacher: Path
) -> Iterator[tuple[Task, AudioClip]]:
    """The teacher's reading of each task, through the codec and back."""
    for task in tasks:
        samples = synthesizer.decode(synthesizer.encode_voice(teacher_path(teacher, task)))
        yield task, AudioClip(samples, synthesizer.description.sample_rate)


def teacher_path(folder: Path, task: Task) -> Path:
    path = folder / f"{task.key}.wav"
    if not path.is_file():
        raise UsageError(f"{path}: there is no reference recording of sentence {task.number}")
    return path


def _runs(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    run: list[Task] = []
    for task in tasks:
        if task.place == 1 and run:
            yield run
            run = []
        run.append(task)
    if run:
        yield run


def _run(tasks: Sequence[Task], conditions: Conditions) -> SpeechRun:
    voice = tasks[0].voice
    references = () if voice.reference.is_blank else (voice.reference,)
    chunks = tuple(_chunk(task) for task in tasks)
    heard = len(tasks) - 1
    return SpeechRun(tasks[0].key, conditions.scene, references, chunks, context_chunks=heard)


def _chunk(task: Task) -> SpeechChunk:
    bounds = estimate(task.text)
    return SpeechChunk(task.key, task.text, bounds.frame_budget, bounds.minimum_frames)
