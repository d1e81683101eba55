"""Let a model speak sentences in given voices, and measure what comes out.

The teacher's recordings of the same sentences, where there are any, are measured beside: a figure
means little without what the recogniser makes of perfect speech.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from higgs_cli.audio.clip import AudioClip
from higgs_cli.audio.loudness import measure
from higgs_cli.errors import TakesFailedError, UsageError
from higgs_cli.evaluation.known_voices import Examples, KnownVoices
from higgs_cli.evaluation.measures import SentenceScore
from higgs_cli.evaluation.recognizers import Recognizer
from higgs_cli.evaluation.recordings import read_recording
from higgs_cli.evaluation.sound_features import (
    high_band_level_db,
    log_mel,
    mel_distance_db,
    warped_distance,
)
from higgs_cli.evaluation.word_errors import error_count, plain_words
from higgs_cli.planning.estimate import measure as estimate
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

MOST_EXAMPLES = 16
"""Of the teacher's recordings, to know a voice by."""


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
        samples = synthesizer.decode(synthesizer.encode_voice(_teacher_path(teacher, task)))
        yield task, AudioClip(samples, synthesizer.description.sample_rate)


class Scorer:
    """Measures clips against what was written, the teacher, and the voices' examples."""

    def __init__(
        self,
        voices: Sequence[EvaluatedVoice],
        tasks: Sequence[Task],
        recognizer: Recognizer | None,
        teacher: Path | None,
    ) -> None:
        self._recognizer = recognizer
        self._teacher = (
            {task.key: read_recording(_teacher_path(teacher, task)) for task in tasks}
            if teacher
            else {}
        )
        self._mels = {key: log_mel(clip) for key, clip in self._teacher.items()}
        self._voices = KnownVoices(
            {voice.name: _examples_of(voice, teacher) for voice in voices},
            {voice.name for voice in voices if voice.is_stranger},
        )

    def score(self, task: Task, clip: AudioClip, ended: bool) -> SentenceScore:
        written, teacher = plain_words(task.text), self._teacher.get(task.key)
        heard = self._recognizer.words_of(clip) if self._recognizer else ""
        match = self._voices.match(task.voice.name, clip)
        return SentenceScore(
            voice=task.voice.name,
            number=task.number,
            place=task.place,
            word_count=len(written),
            heard=heard,
            word_errors=error_count(written, plain_words(heard)) if self._recognizer else None,
            teacher_word_errors=self._errors_of(teacher, written),
            ended=ended,
            duration_seconds=clip.duration_seconds,
            teacher_seconds=teacher.duration_seconds if teacher else None,
            loudness_lufs=measure(clip).loudness_lufs,
            quiet_high_band_db=high_band_level_db(clip),
            nearest_voice=match.nearest,
            voice_distance=match.distance,
            rival_distance=match.rival_distance,
            voice_similarity=match.similarity,
            teacher_voice_similarity=self._teacher_similarity(task),
            retrieved=self._is_retrieved(task, clip),
        )

    def score_reconstruction(self, task: Task, clip: AudioClip) -> SentenceScore:
        """Also how far the clip is from the recording it was made of."""
        distance = mel_distance_db(clip, self._teacher[task.key])
        return replace(self.score(task, clip, ended=True), mel_distance_db=distance)

    def _errors_of(self, clip: AudioClip | None, written: tuple[str, ...]) -> int | None:
        if clip is None or self._recognizer is None:
            return None
        return error_count(written, plain_words(self._recognizer.words_of(clip)))

    def _teacher_similarity(self, task: Task) -> float | None:
        clip = self._teacher.get(task.key)
        if clip is None:
            return None
        return self._voices.match(task.voice.name, clip, left_out=task.key).similarity

    def _is_retrieved(self, task: Task, clip: AudioClip) -> bool | None:
        """Among the teacher's readings by the same voice: is the nearest the right one?"""
        rivals = {k: mel for k, mel in self._mels.items() if k.startswith(f"{task.voice.name}/")}
        if len(rivals) < 2:
            return None
        own = log_mel(clip)
        return min(rivals, key=lambda key: warped_distance(own, rivals[key])) == task.key


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


def _examples_of(voice: EvaluatedVoice, teacher: Path | None) -> Examples:
    """The teacher's recordings of a voice, by the keys of their tasks, or its example's thirds."""
    paths = sorted((teacher / voice.name).glob("*.wav"))[:MOST_EXAMPLES] if teacher else []
    if len(paths) > 1:
        return {f"{voice.name}/{path.stem}": read_recording(path) for path in paths}
    thirds = np.array_split(voice.example.samples, 3)
    rate = voice.example.sample_rate
    return {f"third {n}": AudioClip(third, rate) for n, third in enumerate(thirds, 1)}


def _teacher_path(folder: Path, task: Task) -> Path:
    path = folder / f"{task.key}.wav"
    if not path.is_file():
        raise UsageError(f"{path}: there is no reference recording of sentence {task.number}")
    return path
