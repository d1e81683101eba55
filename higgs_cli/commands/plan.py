"""`higgs plan`: show cast, reading, chunks and time before any is spent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.files.atomic_file import write_whole
from higgs_cli.files.writable import check_new_file
from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import JsonOption, ScriptArgument, with_settings
from higgs_cli.terminal.render_options import PickupsOption, RetakeOption

EPILOG = """Examples: higgs plan chapter.txt --cast ANNA=juniper · higgs plan book.md --all ·
higgs plan talk.txt --json · higgs plan book.md --words-to lexicon.yaml ·
higgs plan talk.txt --retake 14 · cat talk.txt | higgs plan - --as dialogue.
Nothing is rendered, written down or opened; exit code 2 names the first mistake."""


@with_settings(
    "model", "sampling", "reading", "casting", "planning", "pauses", "takes", "book",
    "per_chapter", "stems", "sample_format",
)  # fmt: skip
def plan(
    script: ScriptArgument,
    settings: Callable[[], Settings],
    given: Callable[[], Mapping[str, object]],
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            help="Audio file whose takes to look up, and how large it will be (default: as for "
            "render). May be repeated.",
        ),
    ] = None,
    retake: RetakeOption = None,
    pickups: PickupsOption = None,
    shows_all: Annotated[bool, typer.Option("--all", help="Show every chunk.")] = False,
    shows_words: Annotated[
        bool,
        typer.Option("--words", help="Show the words of which it is not sure how to say them."),
    ] = False,
    draft: Annotated[
        Path | None,
        typer.Option("--words-to", help="Write these words as a lexicon to be filled in."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a render would speak, by whom, for how long, and what is already stored."""
    from dataclasses import replace

    from higgs_cli import pipeline
    from higgs_cli.jobs.render_job import job_from_script
    from higgs_cli.planning.lexicon_draft import lexicon_draft
    from higgs_cli.planning.unsure_words import unsure_words
    from higgs_cli.takes.decisions import wishes_of
    from higgs_cli.terminal.pickups_view import carrying_out
    from higgs_cli.terminal.plan_view import show_plan
    from higgs_cli.terminal.words_view import show_words

    out.mode = "json" if as_json else "human"
    outputs = output or []
    output_path = outputs[0] if outputs else None
    job = job_from_script(script, output_path, settings(), outputs[1:], given())
    job = replace(job, wishes=wishes_of(retake, None, None, None))
    if pickups is not None:
        lexicon = given().get("lexicon")
        job = carrying_out(pickups, job, retake, lexicon, "a plan writes nothing")
    if draft is not None:
        hint = "move it away, or name another file"
        check_new_file(draft, overwrites=False, inputs=job.inputs, hint=hint)
    summary = pipeline.preview(job)
    if not shows_words and draft is None:
        show_plan(summary, out, shows_all=shows_all)
        return
    words = unsure_words(summary.plan)
    show_words(words, out)
    if draft is not None:
        write_whole(draft, lexicon_draft(words).encode())
