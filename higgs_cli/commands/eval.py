"""`higgs eval`: how well a model speaks, in figures, each beside the teacher's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.files.atomic_file import write_whole
from higgs_cli.files.writable import check_empty_folder, check_folder_place, check_new_file
from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, ReplaceOption, with_settings

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
        Path | None,
        typer.Option(help="Tells voices apart: GE2E weights (.safetensors) or a folder of WavLM."),
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
        check_new_file(output, overwrites=overwrite, inputs=[sentences] if sentences else [])
    if audio is not None:
        _check_clips(audio, teacher, overwrites=overwrite)
    from higgs_cli import pipeline
    from higgs_cli.evaluation.judges import JudgeNames
    from higgs_cli.evaluation.measures import as_document, summaries
    from higgs_cli.evaluation.run import EvaluationOrder, evaluate_order
    from higgs_cli.settings.views import choices_of
    from higgs_cli.terminal.evaluation_view import show_summaries

    order = EvaluationOrder(
        tuple(voice or ()), clones, sentences, count, every_voice, run_length, teacher,
        reconstruct, JudgeNames(recognizer, dnsmos, speaker_print), audio,
    )  # fmt: skip
    scores = evaluate_order(order, choices_of(settings), pipeline.open_higgs, out.say)
    if output is not None:
        written = json.dumps(as_document(scores), indent=1) + "\n"
        write_whole(output, written.encode("utf-8"))
    if as_json:
        out.document(as_document(scores))
    else:
        show_summaries(summaries(scores), out)


def _check_clips(audio: Path, teacher: Path | None, *, overwrites: bool) -> None:
    """What is measured for minutes can be kept in the end, and over no recording."""
    check_folder_place(audio)
    if teacher is not None and audio.resolve() == teacher.resolve():
        raise UsageError(
            f"{audio} is the folder of reference recordings: the clips would overwrite them"
        )
    if not overwrites:
        check_empty_folder(
            audio, hint="name another folder, or let clips be replaced with --overwrite"
        )
