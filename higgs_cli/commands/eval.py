"""`higgs eval`: how well a model speaks, in figures, each beside the teacher's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from higgs_cli.console import out
from higgs_cli.errors import UsageError
from higgs_cli.options import JsonOption, with_settings
from higgs_cli.settings import Settings

if TYPE_CHECKING:
    from higgs_cli.evaluation.measures import SentenceScore, Summary

EPILOG = """Examples: higgs eval --model mini · higgs eval --recognizer none --count 16 ·
higgs eval --voice marigold --sentences mine.txt --teacher recordings/ --out scores.json ·
higgs eval --clones strangers/ --recognizer none (is a clone nearer to its recording than to us?).
A teacher's folder holds VOICE/0000.wav, VOICE/0001.wav … for the lines of the sentences file."""

HEADINGS = (
    "voice", "lines", "WER", "teacher", "no end", "length", "right voice", "retrieved", "LUFS",
    "hiss dB",
)  # fmt: skip


@with_settings("model", "sampling", "casting")
def evaluate(
    settings: Settings,
    voice: Annotated[
        list[str] | None, typer.Option("--voice", help="Once for each; else all.")
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
    for folder in (audio, teacher, clones):
        if folder is not None and folder.is_file():
            raise UsageError(f"{folder} is not a folder")
    scores = _measured(
        settings, voice or [], clones, sentences, count, every_voice, run_length, teacher,
        recognizer, audio,
    )  # fmt: skip
    if output is not None:
        output.write_text(json.dumps(as_document(scores), indent=1) + "\n", encoding="utf-8")
    if as_json:
        out.document(as_document(scores))
    else:
        out.table(HEADINGS, [_row(summary) for summary in summaries(scores)])


def _measured(
    settings: Settings, names: list[str], clones: Path | None, file: Path | None,
    count: int | None, every_voice: bool, run_length: int, teacher: Path | None, recognizer: str,
    audio: Path | None,
) -> list[SentenceScore]:  # fmt: skip
    import soundfile

    from higgs_cli import pipeline
    from higgs_cli.casting.scene_library import scene_text
    from higgs_cli.casting.voice_library import open_library
    from higgs_cli.evaluation.evaluate import Conditions, Judge, plan_tasks, speak
    from higgs_cli.evaluation.recognizers import open_recognizer
    from higgs_cli.evaluation.subjects import open_strangers, open_voices, read_sentences
    from higgs_cli.rendering.synthesizer import Sampling

    texts, ears = read_sentences(file, count), open_recognizer(recognizer)
    library = open_library(settings.voices, allow_outside=settings.allow_outside)
    synthesizer = pipeline.open_higgs(settings)
    voices = open_voices([] if clones else names, library, synthesizer)
    strangers = open_strangers(clones, library, synthesizer) if clones else []
    asked = {library.voice(name).name for name in names}
    speaking = [voice for voice in voices if not clones or voice.name in asked] + strangers
    tasks = plan_tasks(speaking, texts, every_voice, run_length)
    judge = Judge([*voices, *strangers], tasks, ears, teacher)
    sampling = Sampling(
        settings.temperature, settings.top_k, settings.top_p, settings.repeat_window,
        settings.repeat_limit,
    )  # fmt: skip
    scene = scene_text(settings.scene) or ""
    conditions = Conditions(scene, sampling, settings.seed, synthesizer.description.lane_count)
    scores = []
    for task, clip, ended in speak(synthesizer, tasks, conditions):
        scores.append(judge.score(task, clip, ended))
        out.say(f"{len(scores)}/{len(tasks)} {task.key}: {scores[-1].heard}")
        if audio is not None:
            path = audio / f"{task.key}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, clip.samples, clip.sample_rate, subtype="PCM_16")
    return sorted(scores, key=lambda score: (score.voice, score.number))


def _row(summary: Summary) -> list[str]:
    def shown(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    return [
        summary.name, str(summary.sentences), shown(summary.word_error_rate, ".2f"),
        shown(summary.teacher_word_error_rate, ".2f"), str(summary.without_end),
        shown(summary.duration_ratio, ".2f"), shown(summary.right_voice_share, ".0%"),
        shown(summary.retrieved_share, ".0%"), shown(summary.loudness_lufs, ".1f"),
        shown(summary.quiet_high_band_db, ".0f"),
    ]  # fmt: skip
