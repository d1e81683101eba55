"""`higgs eval`: how well a model speaks, in figures, each beside the teacher's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.files.atomic_file import disk_errors, write_whole
from higgs_cli.files.writable import check_file_place, check_folder_place
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import choices_of
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, with_settings

if TYPE_CHECKING:
    from higgs_cli.audio.clip import AudioClip
    from higgs_cli.evaluation.evaluate import EvaluatedVoice, Task
    from higgs_cli.evaluation.measures import SentenceScore, Summary
    from higgs_cli.speech.protocol import Synthesizer

EPILOG = """Examples: higgs eval --model mini · higgs eval --recognizer none --count 16 ·
higgs eval --voice marigold --sentences mine.txt --teacher recordings/ --out scores.json ·
higgs eval --clones strangers/ --recognizer none (is a clone nearer to its recording than to us?).
A teacher's folder holds VOICE/0000.wav, VOICE/0001.wav … for the lines of the sentences file."""

HEADINGS = (
    "voice", "lines", "WER", "teacher", "no end", "length", "right voice", "similarity",
    "teacher's", "retrieved", "LUFS", "hiss dB",
)  # fmt: skip
MEL_HEADING = "mel dB"


@with_settings("model", "sampling", "casting")
def evaluate(
    settings: Settings,
    voice: Annotated[
        list[str] | None,
        typer.Option("--voice", help="Once for each, the rest are rivals; else all."),
    ] = None,
    sentences: Annotated[Path | None, typer.Option(help="A sentence a line; else ours.")] = None,
    count: Annotated[int | None, typer.Option(min=1, help="Only the first so many.")] = None,
    every_voice: Annotated[
        bool, typer.Option("--every-voice", help="All sentences by every voice, not dealt out.")
    ] = False,
    clones: Annotated[
        Path | None,
        typer.Option(
            help="Clone each NAME.wav beside its NAME.txt; the library stands for rivals."
        ),
    ] = None,
    run_length: Annotated[
        int, typer.Option(min=1, help="Sentences in one run: a voice hears what it said before.")
    ] = 1,
    teacher: Annotated[Path | None, typer.Option(help="Recordings of the sentences.")] = None,
    reconstruct: Annotated[
        bool,
        typer.Option(
            "--reconstruct", help="Not the model: the teacher, through the codec and back."
        ),
    ] = False,
    recognizer: Annotated[
        str, typer.Option(help="pocketsphinx, faster-whisper or none.")
    ] = "pocketsphinx",
    audio: Annotated[Path | None, typer.Option(help="Keep the clips in this folder.")] = None,
    output: Annotated[
        Path | None, typer.Option("--out", "-o", help="All figures, as JSON.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Let a model speak, and measure words, voice, lengths and levels."""
    from higgs_cli.evaluation.measures import as_document, summaries

    out.mode = "json" if as_json else "human"
    for folder in (teacher, clones):
        if folder is not None and folder.is_file():
            raise UsageError(f"{folder} is not a folder")
    if reconstruct and teacher is None:
        raise UsageError("--reconstruct needs recordings: name their folder by --teacher")
    _check_places(output, audio, teacher)
    asked = _Asked(
        tuple(voice or ()), clones, sentences, count, every_voice, run_length, teacher,
        reconstruct, recognizer, audio,
    )  # fmt: skip
    scores = _measured(settings, asked)
    if output is not None:
        written = json.dumps(as_document(scores), indent=1) + "\n"
        write_whole(output, written.encode("utf-8"))
    if as_json:
        out.document(as_document(scores))
    else:
        rows = summaries(scores)
        headings = (*HEADINGS, *([MEL_HEADING] if reconstruct else []))
        out.table(headings, [_row(summary)[: len(headings)] for summary in rows])


def _check_places(output: Path | None, audio: Path | None, teacher: Path | None) -> None:
    """What is measured for minutes can be written in the end, and over no recording."""
    if output is not None:
        check_file_place(output)
    if audio is not None:
        check_folder_place(audio)
        if teacher is not None and audio.resolve() == teacher.resolve():
            raise UsageError(f"{audio} holds the teacher: clips would take their names")


@dataclass(frozen=True)
class _Asked:
    """The options of one evaluation."""

    names: tuple[str, ...]
    clones: Path | None
    sentences: Path | None
    count: int | None
    every_voice: bool
    run_length: int
    teacher: Path | None
    reconstructs: bool
    recognizer: str
    audio: Path | None


def _measured(settings: Settings, asked: _Asked) -> list[SentenceScore]:
    from higgs_cli import pipeline
    from higgs_cli.evaluation.evaluate import Judge, plan_tasks, reconstruct
    from higgs_cli.evaluation.recognizers import open_recognizer
    from higgs_cli.evaluation.subjects import read_sentences

    texts, ears = read_sentences(asked.sentences, asked.count), open_recognizer(asked.recognizer)
    synthesizer = pipeline.open_higgs(choices_of(settings).model)
    speaking, rivals = _subjects(settings, asked, synthesizer)
    tasks = plan_tasks(speaking, texts, asked.every_voice, asked.run_length)
    judge = Judge([*speaking, *rivals], tasks, ears, asked.teacher)
    scores: list[SentenceScore] = []
    if asked.reconstructs and asked.teacher is not None:
        for task, clip in reconstruct(synthesizer, tasks, asked.teacher):
            scores.append(judge.score_reconstruction(task, clip))
            _tell(scores, tasks, task, clip, asked.audio)
    else:
        for task, clip, ended in _spoken(settings, synthesizer, tasks):
            scores.append(judge.score(task, clip, ended))
            _tell(scores, tasks, task, clip, asked.audio)
    return sorted(scores, key=lambda score: (score.voice, score.number))


def _subjects(
    settings: Settings, asked: _Asked, synthesizer: Synthesizer
) -> tuple[list[EvaluatedVoice], list[EvaluatedVoice]]:
    """Those who speak, and those who are only there to be taken for them."""
    from higgs_cli.casting.voice_library import open_library
    from higgs_cli.evaluation.subjects import open_rivals, open_strangers, open_voices

    library = open_library(settings.voices, allow_outside=settings.allow_outside)
    speaking: list[EvaluatedVoice] = []
    if asked.names or asked.clones is None:
        speaking += open_voices(asked.names, library, synthesizer)
    if asked.clones is not None:
        speaking += open_strangers(asked.clones, library, synthesizer)
    return speaking, open_rivals(library, {voice.name for voice in speaking})


def _spoken(
    settings: Settings, synthesizer: Synthesizer, tasks: Sequence[Task]
) -> Iterator[tuple[Task, AudioClip, bool]]:
    from higgs_cli.casting.scene_library import scene_text
    from higgs_cli.evaluation.evaluate import Conditions, speak

    sampling = replace(choices_of(settings).sampling, retry_temperature=0.0)
    scene, lanes = scene_text(settings.scene) or "", synthesizer.description.lane_count
    return speak(synthesizer, tasks, Conditions(scene, sampling, settings.seed, lanes))


def _tell(
    scores: Sequence[SentenceScore], tasks: Sequence[Task], task: Task, clip: AudioClip,
    folder: Path | None,
) -> None:  # fmt: skip
    """Say what was just heard, and keep the clip if its folder was named."""
    from higgs_cli.output.formats.wav import write_wav

    out.say(f"{len(scores)}/{len(tasks)} {task.key}: {scores[-1].heard}")
    if folder is not None:
        path = folder / f"{task.key}.wav"
        with disk_errors(path.parent, 0):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_wav(path, [clip.samples], len(clip.samples), clip.sample_rate, "pcm16")


def _row(summary: Summary) -> list[str]:
    def shown(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    return [
        summary.name, str(summary.sentences), shown(summary.word_error_rate, ".2f"),
        shown(summary.teacher_word_error_rate, ".2f"), str(summary.without_end),
        shown(summary.duration_ratio, ".2f"), shown(summary.right_voice_share, ".0%"),
        shown(summary.voice_similarity, ".2f"), shown(summary.teacher_voice_similarity, ".2f"),
        shown(summary.retrieved_share, ".0%"), shown(summary.loudness_lufs, ".1f"),
        shown(summary.quiet_high_band_db, ".0f"), shown(summary.mel_distance_db, ".1f"),
    ]  # fmt: skip
