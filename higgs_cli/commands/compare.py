"""`higgs compare`: two renders, or two models on the same sentences, side by side and by ear."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.files.atomic_file import write_whole
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

EPILOG = """Examples: higgs compare old.wav new.wav --recognizer large-v3 ·
higgs compare mini my_model/ --count 24 --out compared.json (goes on if stopped) ·
higgs compare old.wav new.wav --page which.html (a page to listen blind) ·
higgs compare old.wav new.wav --answers answers.json --answers hers.json (who won)."""


@with_settings("codec", "device", "dtype", "lanes", "sampling", "voices", "scene", "allow_outside")
def compare(
    first: Annotated[
        str, typer.Argument(metavar="A", help="A rendered audio file, its manifest, or a model.")
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="Another of the same kind.")],
    settings: Settings,
    sentences: Annotated[
        Path | None,
        typer.Option(help="Of models: file with one sentence per line (default: bundled ones)."),
    ] = None,
    voice: Annotated[
        list[str] | None,
        typer.Option("--voice", help="Of models: voice to speak in; may be repeated."),
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="Judge only so many lines, chosen by --seed.")
    ] = None,
    recognizer: RecognizerOption = "pocketsphinx",
    dnsmos: DnsmosOption = None,
    speaker_print: SpeakerPrintOption = None,
    page: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Write a page that asks which of two is better."),
    ] = None,
    page_pairs: Annotated[
        int, typer.Option("--page-pairs", min=1, help="How many pairs the page asks.")
    ] = 20,
    answers: Annotated[
        list[Path] | None,
        typer.Option("--answers", help="Answers saved from the page: who won. May be repeated."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--out", "-o", help="JSON file for all figures.")
    ] = None,
    overwrite: ReplaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare two performances of the same lines: words, voice, sound, pace; and by ear."""
    out.mode = "json" if as_json else "human"
    given = [Path(first), Path(second)]
    inputs = [*(answers or ()), *given, *(each.with_suffix(".json") for each in given)]
    for written in (output, page):
        if written is not None:
            check_new_file(written, overwrites=overwrite, inputs=inputs)
    if page is not None and (answers or page == output):
        raise UsageError("--page makes a page of its own: leave --answers out, name another --out")
    from higgs_cli import pipeline
    from higgs_cli.evaluation.compare_run import ComparisonOrder, compare_answers
    from higgs_cli.evaluation.compare_run import compare as compare_order
    from higgs_cli.evaluation.comparison import comparison_document, differences
    from higgs_cli.evaluation.judges import JudgeNames
    from higgs_cli.settings.views import choices_of
    from higgs_cli.terminal.comparison_view import show_differences, show_wins

    judges = JudgeNames(recognizer, dnsmos, speaker_print)
    order = ComparisonOrder(
        first, second, tuple(voice or ()), sentences, count, judges, output,
        page_pairs if page else None,
    )  # fmt: skip
    choices = choices_of(settings)
    if answers:
        won = compare_answers(order, choices, answers)
        if wants_table(won.as_document(), output, out):
            show_wins(won, out)
        return
    done = compare_order(order, choices, pipeline.open_higgs, out.say)
    if page is not None and done.page is not None:
        write_whole(page, done.page)
    names, seed = done.pairing.names, settings.seed
    if wants_table(comparison_document(done.pairing, done.judged, seed, judges), output, out):
        show_differences(names, differences(names, done.judged, seed), out)
        if page is not None:
            out.say(f"{page}: open it in a browser; then higgs compare … --answers answers.json")
