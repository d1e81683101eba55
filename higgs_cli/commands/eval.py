"""`higgs eval`: how well a model speaks, in figures, each beside the teacher's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.evaluation.clips_folder import check_clips_folder
from higgs_cli.files.atomic_file import write_whole
from higgs_cli.files.writable import check_folder_place, check_new_file
from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, ReplaceOption, with_settings

_AskedJudges = tuple[str, Path | None, Path | None]
_AskedList = tuple[Path, int | None, _AskedJudges, Path | None, Path | None]

EPILOG = """Examples: higgs eval --model mini · higgs eval --recognizer none --count 16 ·
higgs eval --voice marigold --sentences mine.txt --teacher recordings/ --out scores.json ·
higgs eval --clones strangers/ --recognizer none (is a clone nearer to its recording than to us?).
A teacher's folder holds VOICE/0000.wav, VOICE/0001.wav … for the lines of the sentences file."""


@with_settings("model", "sampling", "casting")
def evaluate(
    settings: Settings,
    voice: Annotated[
        list[str] | None,
        typer.Option(
            "--voice",
            help="Voice to evaluate; may be repeated (default: all). The others serve as rivals.",
        ),
    ] = None,
    sentences: Annotated[
        Path | None,
        typer.Option(help="File with one sentence per line (default: the bundled ones)."),
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="Use only this many sentences.")] = None,
    every_voice: Annotated[
        bool,
        typer.Option(
            "--every-voice",
            help="Let every voice speak all sentences, instead of sharing them out.",
        ),
    ] = False,
    meta_list: Annotated[
        Path | None,
        typer.Option(
            "--meta-list",
            help="Seed-TTS-eval's meta.lst: clone each prompt and let it say its sentence. With "
            "--out it goes on where it was stopped.",
        ),
    ] = None,
    clones: Annotated[
        Path | None,
        typer.Option(help="Folder of recordings NAME.wav with transcripts NAME.txt to clone."),
    ] = None,
    run_length: Annotated[
        int, typer.Option(min=1, help="Sentences per run, spoken in one context.")
    ] = 1,
    teacher: Annotated[
        Path | None, typer.Option(help="Folder of reference recordings of the same sentences.")
    ] = None,
    reconstruct: Annotated[
        bool,
        typer.Option(
            "--reconstruct",
            help="Evaluate the codec alone: encode and decode the reference recordings.",
        ),
    ] = False,
    recognizer: Annotated[
        str,
        typer.Option(
            help="Speech recogniser: pocketsphinx, a faster-whisper model (name, folder) or none."
        ),
    ] = "pocketsphinx",
    dnsmos: Annotated[
        Path | None, typer.Option(help="DNSMOS network (.onnx) that judges the sound.")
    ] = None,
    speaker_print: Annotated[
        Path | None, typer.Option(help="GE2E weights (.safetensors) that tell voices apart.")
    ] = None,
    audio: Annotated[Path | None, typer.Option(help="Folder to keep the clips in.")] = None,
    output: Annotated[
        Path | None, typer.Option("--out", "-o", help="JSON file for all figures.")
    ] = None,
    overwrite: ReplaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Measure a model's speech: words, voice, durations and levels."""
    out.mode = "json" if as_json else "human"
    for folder in (teacher, clones):
        if folder is not None and folder.is_file():
            raise UsageError(f"{folder} is not a folder")
    if reconstruct and teacher is None:
        raise UsageError(
            "--reconstruct needs reference recordings: name their folder with --teacher"
        )
    if output is not None:
        inputs = [given for given in (sentences, meta_list) if given is not None]
        check_new_file(output, overwrites=overwrite, inputs=inputs)
    judges = (recognizer, dnsmos, speaker_print)
    if meta_list is not None:
        others = (voice, sentences, clones, teacher, every_voice, reconstruct, run_length > 1)
        if any(others):
            raise UsageError("--meta-list says who speaks what: leave the other choices out")
        _evaluate_list(settings, (meta_list, count, judges, output, audio))
        return
    if audio is not None:
        check_clips_folder(audio, teacher, overwrites=overwrite)
    from higgs_cli import pipeline
    from higgs_cli.evaluation.judges import JudgeNames
    from higgs_cli.evaluation.measures import as_document, summaries
    from higgs_cli.evaluation.run import EvaluationOrder, evaluate_order
    from higgs_cli.settings.views import choices_of
    from higgs_cli.terminal.evaluation_view import show_summaries

    order = EvaluationOrder(
        tuple(voice or ()), clones, sentences, count, every_voice, run_length, teacher,
        reconstruct, JudgeNames(*judges), audio,
    )  # fmt: skip
    scores = evaluate_order(order, choices_of(settings), pipeline.open_higgs, out.say)
    if _is_written(as_document(scores), output):
        show_summaries(summaries(scores), out)


def _evaluate_list(settings: Settings, asked: _AskedList) -> None:
    from higgs_cli import pipeline
    from higgs_cli.evaluation.item_scores import list_document, list_summaries
    from higgs_cli.evaluation.judges import JudgeNames
    from higgs_cli.evaluation.list_run import ListOrder, evaluate_list
    from higgs_cli.settings.views import choices_of
    from higgs_cli.terminal.evaluation_view import show_list

    path, count, judges, output, audio = asked
    if audio is not None:
        check_folder_place(audio)
    names = JudgeNames(*judges)
    order = ListOrder(path, count, names, output, audio)
    done = evaluate_list(order, choices_of(settings), pipeline.open_higgs, out.say)
    if _is_written(list_document(done.model, names, done.scores), output):
        show_list(list_summaries(done.model, done.scores), names, out)


def _is_written(document: dict[str, object], output: Path | None) -> bool:
    """Into its file, and where JSON is asked for, to the terminal; else a table is to be shown."""
    if output is not None:
        write_whole(output, (json.dumps(document, indent=1) + "\n").encode())
    if out.mode == "json":
        out.document(document)
    return out.mode != "json"
