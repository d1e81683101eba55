"""`higgs eval`: how well a model speaks, in figures, each beside the teacher's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.evaluation.clips_folder import check_clips_folder
from higgs_cli.files.writable import check_new_file
from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.figures import wants_table
from higgs_cli.terminal.options import (
    DnsmosOption,
    JsonOption,
    RecognizerOption,
    ReplaceOption,
    SpeakerPrintOption,
    with_settings,
)

if TYPE_CHECKING:
    from higgs_cli.evaluation.list_run import ListOrder

EPILOG = """Examples: higgs eval --model mini · higgs eval --recognizer none --count 16 ·
higgs eval --voice marigold --sentences mine.txt --teacher recordings/ --out scores.json ·
higgs eval --clones strangers/ --recognizer none (is a clone nearer to its recording than to us?) ·
higgs eval --meta-list seed/meta.lst --recognizer large-v3 --out scores.json (goes on if stopped).
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
    recognizer: RecognizerOption = "pocketsphinx",
    dnsmos: DnsmosOption = None,
    speaker_print: SpeakerPrintOption = None,
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
    from higgs_cli.evaluation.judges import JudgeNames

    judges = JudgeNames(recognizer, dnsmos, speaker_print)
    if meta_list is not None:
        if any((voice, sentences, clones, teacher, every_voice, reconstruct, run_length > 1)):
            raise UsageError("--meta-list says who speaks what: leave the other choices out")
        from higgs_cli.evaluation.list_run import ListOrder

        _evaluate_list(settings, ListOrder(meta_list, count, judges, output, audio))
        return
    if audio is not None:
        check_clips_folder(audio, teacher, overwrites=overwrite)
    from higgs_cli import pipeline
    from higgs_cli.evaluation.measures import as_document, summaries
    from higgs_cli.evaluation.run import EvaluationOrder, evaluate_order
    from higgs_cli.settings.views import choices_of
    from higgs_cli.terminal.evaluation_view import show_summaries

    order = EvaluationOrder(
        tuple(voice or ()), clones, sentences, count, every_voice, run_length, teacher,
        reconstruct, judges, audio,
    )  # fmt: skip
    scores = evaluate_order(order, choices_of(settings), pipeline.open_higgs, out.say)
    if wants_table(as_document(scores), output, out):
        show_summaries(summaries(scores), out)


def _evaluate_list(settings: Settings, order: ListOrder) -> None:
    from higgs_cli import pipeline
    from higgs_cli.evaluation.item_scores import list_document, list_summaries
    from higgs_cli.evaluation.list_run import evaluate_list
    from higgs_cli.settings.views import choices_of
    from higgs_cli.terminal.evaluation_view import show_list

    done = evaluate_list(order, choices_of(settings), pipeline.open_higgs, out.say)
    if wants_table(list_document(done.model, order.judges, done.scores), order.output, out):
        show_list(list_summaries(done.model, done.scores), order.judges, out)
