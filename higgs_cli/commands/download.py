"""`higgs download`: fetch the public weights, pinned and checked; offline ever after."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import QuietOption

EPILOG = """Examples: higgs download · higgs download --yes ·
higgs download bosonai/higgs-audio-v2-generation-3B-base --revision 10840182. What is in the hub's
cache already is checked and not fetched again."""


def download(
    model: Annotated[
        str | None, typer.Argument(help="Name on the hub; default: the public 3B model.")
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="Commit to download (default: the pinned one).")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Accept download size and licence without asking.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Download the model and its codec, after saying how much and under which licence."""
    from higgs_cli.checkpoints import hub as public

    out.mode = "quiet" if quiet else "human"
    name = model or public.LANGUAGE_MODEL.name
    wanted = [public.language_model_at(name, revision), public.CODEC]
    missing = [repository for repository in wanted if public.cached_folder(repository) is None]
    if missing:
        _agree(sum(repository.byte_count for repository in missing), public.LICENCE, yes)
    for repository in wanted:
        folder = public.cached_folder(repository)
        if folder is None:
            folder = public.download(repository, out.say)
        out.say(f"checking {repository.name} at {repository.revision[:10]}")
        public.check_repository(folder, repository)
        out.result(str(folder))
    out.hint(f"higgs render chapter.txt --model {name}")


def _agree(byte_count: int, licence: str, yes: bool) -> None:
    size = f"{byte_count / 1e9:.1f} GB" if byte_count else "an unknown number of bytes"
    out.say(f"{size} will be downloaded; the weights are under the {licence}")
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("the download must be confirmed", hint="higgs download --yes")
    if not typer.confirm("Download, and accept the licence?", err=True):
        raise typer.Exit(1)
