"""Measures clips against what was written, the teacher, and the voices' examples.

The teacher's recordings of the same sentences, where there are any, are heard by the same judges: a
figure means little without what they make of perfect speech.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from higgs_cli.audio.clip import AudioClip
from higgs_cli.audio.loudness import measure
from higgs_cli.evaluation.evaluate import EvaluatedVoice, Task, teacher_path
from higgs_cli.evaluation.judges import Judges
from higgs_cli.evaluation.known_voices import Examples, KnownVoices
from higgs_cli.evaluation.measures import SentenceScore
from higgs_cli.evaluation.printed_voices import PrintedVoices
from higgs_cli.evaluation.recordings import read_recording
from higgs_cli.evaluation.sound_features import (
    high_band_level_db,
    log_mel,
    mel_distance_db,
    melody_semitones,
    warped_distance,
)
from higgs_cli.listening.word_errors import error_count, plain_words

MOST_EXAMPLES = 16
"""Of the teacher's recordings, to know a voice by."""


@dataclass(frozen=True)
class Judgement:
    """What the judges say of one clip; what nobody judged is None."""

    heard: str = ""
    word_errors: int | None = None
    overall: float | None = None
    signal: float | None = None
    print_similarity: float | None = None
    print_nearest: str | None = None
    melody_semitones: float | None = None


class Scorer:
    """Knows the voices and the teacher's recordings; scores one clip after another."""

    def __init__(
        self,
        voices: Sequence[EvaluatedVoice],
        tasks: Sequence[Task],
        judges: Judges,
        teacher: Path | None,
    ) -> None:
        self._judges = judges
        self._teacher = (
            {task.key: read_recording(teacher_path(teacher, task)) for task in tasks}
            if teacher
            else {}
        )
        self._mels = {key: log_mel(clip) for key, clip in self._teacher.items()}
        examples = {voice.name: _examples_of(voice, teacher) for voice in voices}
        strangers = {voice.name for voice in voices if voice.is_stranger}
        self._voices = KnownVoices(examples, strangers)
        self._prints = PrintedVoices(judges.voice, examples, strangers) if judges.voice else None

    def score(self, task: Task, clip: AudioClip, ended: bool) -> SentenceScore:
        teacher = self._teacher.get(task.key)
        said = self._judge(task, clip)
        model = self._judge(task, teacher) if teacher else Judgement()
        match = self._voices.match(task.voice.name, clip)
        return SentenceScore(
            voice=task.voice.name,
            number=task.number,
            place=task.place,
            word_count=len(self._plain(task.text)),
            heard=said.heard,
            word_errors=said.word_errors,
            teacher_word_errors=model.word_errors,
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
            overall_quality=said.overall,
            teacher_overall_quality=model.overall,
            signal_quality=said.signal,
            teacher_signal_quality=model.signal,
            print_similarity=said.print_similarity,
            teacher_print_similarity=model.print_similarity,
            print_nearest=said.print_nearest,
            melody_semitones=said.melody_semitones,
            teacher_melody_semitones=model.melody_semitones,
        )

    def score_reconstruction(self, task: Task, clip: AudioClip) -> SentenceScore:
        """Also how far the clip is from the recording it was made of."""
        distance = mel_distance_db(clip, self._teacher[task.key])
        return replace(self.score(task, clip, ended=True), mel_distance_db=distance)

    def _judge(self, task: Task, clip: AudioClip) -> Judgement:
        words, sound = self._judges.words, self._judges.sound
        heard = words.words_of(clip) if words else ""
        quality = sound.quality_of(clip) if sound else None
        match = self._prints.match(task.voice.name, clip, task.key) if self._prints else None
        return Judgement(
            heard=heard,
            word_errors=error_count(self._plain(task.text), self._plain(heard)) if words else None,
            overall=quality.overall if quality else None,
            signal=quality.signal if quality else None,
            print_similarity=match.similarity if match else None,
            print_nearest=match.nearest if match else None,
            melody_semitones=melody_semitones(clip),
        )

    def _plain(self, text: str) -> tuple[str, ...]:
        words = self._judges.words
        return words.plain(text) if words else plain_words(text)

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


def _examples_of(voice: EvaluatedVoice, teacher: Path | None) -> Examples:
    """The teacher's recordings of a voice, by the keys of their tasks, or its example's thirds."""
    paths = sorted((teacher / voice.name).glob("*.wav"))[:MOST_EXAMPLES] if teacher else []
    if len(paths) > 1:
        return {f"{voice.name}/{path.stem}": read_recording(path) for path in paths}
    thirds = np.array_split(voice.example.samples, 3)
    rate = voice.example.sample_rate
    return {f"third {n}": AudioClip(third, rate) for n, third in enumerate(thirds, 1)}
