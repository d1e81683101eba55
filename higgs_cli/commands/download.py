"""`higgs download`: fetch the public weights, pinned and checked; offline ever after."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import QuietOption

if TYPE_CHECKING:
    from higgs_cli.checkpoints.download import Missing

EPILOG = """Examples: higgs download · higgs download --yes · higgs download --recognizer small.en ·
higgs download bosonai/higgs-audio-v2-generation-3B-base --revision 10840182. What is in the hub's
cache already is checked and not fetched again; what was fetched in part is continued. HF_HOME,
HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE hold."""


def download(
    model: Annotated[
        str | None, typer.Argument(help="Name on the hub; default: the public 3B model.")
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="Commit to download (default: the pinned one).")
    ] = None,
    recognizer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Fetch a Whisper model instead: small.en, large-v3 and the like."
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Accept download size and licence without asking.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Download the model and its codec, after saying how much and under which licence."""
    from higgs_cli.checkpoints import download as fetching
    from higgs_cli.checkpoints import hub as public

    out.mode = "quiet" if quiet else "human"
    if recognizer is not None:
        if model is not None:
            raise UsageError("give either a model or --recognizer, not both")
        wanted = [public.whisper_at(recognizer, revision)]
    else:
        name = model or public.LANGUAGE_MODEL.name
        wanted = [public.language_model_at(name, revision), public.CODEC]
    folders = {each.name: public.cached_folder(each) for each in wanted}
    missing = {
        each.name: fetching.what_is_missing(each) for each in wanted if folders[each.name] is None
    }
    fetching.check_room(missing.values())
    if missing:
        _agree(list(missing.values()), yes)
        _show_bars(not quiet)
    for repository in wanted:
        folder = folders[repository.name]
        if folder is None:
            folder = fetching.fetch(missing[repository.name], out.say)
        else:
            out.say(f"checking {repository.name} at {repository.revision[:10]}")
            public.check_repository(folder, repository)
        out.result(str(folder))
    if recognizer is None:
        out.hint(f"higgs render chapter.txt --model {wanted[0].name}")


def _agree(missing: list[Missing], yes: bool) -> None:
    """Size and licence are named; a licence that was accepted once is not asked for again."""
    from higgs_cli.checkpoints.download import accept, is_accepted

    byte_count = sum(each.byte_count for each in missing)
    licences = dict.fromkeys(each.repository.licence for each in missing)
    out.say(f"{_size(byte_count)} will be downloaded; licence: {', '.join(licences)}")
    if not yes and not all(map(is_accepted, licences)):
        if not sys.stdin.isatty():
            raise UsageError("the download must be confirmed", hint="higgs download --yes")
        if not typer.confirm("Download, and accept the licence?", err=True):
            raise typer.Exit(1)
    for licence in licences:
        accept(licence)


def _size(byte_count: int) -> str:
    return f"{byte_count / 1e9:.1f} GB" if byte_count >= 1e8 else f"{byte_count / 1e6:.1f} MB"


def _show_bars(shows: bool) -> None:
    from huggingface_hub.utils import disable_progress_bars, enable_progress_bars

    if shows and out.is_terminal:
        enable_progress_bars()
    else:
        disable_progress_bars()
