"""`higgs studio`: a page in the browser to hear a book line by line, and to mend it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.settings.table import SECTIONS, Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import QuietOption, with_settings

EPILOG = """Examples: higgs studio chapter.txt · higgs studio chapter.json · higgs studio books/ ·
higgs studio chapter.txt -o out/chapter.m4b --voices my_voices. It prints an address with a token;
whoever has it may use the page. What is done there is what the command line does: the same store,
the same manifest."""


@with_settings(*SECTIONS)
def studio(
    settings: Callable[[], Settings],
    given: Callable[[], Mapping[str, object]],
    settings_file: Path | None,
    named: Annotated[
        Path, typer.Argument(metavar="BOOK", help="A script, a manifest, or a folder of them.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Audio file to write, as render has it."),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on, for a tablet in the same network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")] = 8090,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve",
            help="Serve speech at the same address too, by the same model, as higgs serve does.",
        ),
    ] = False,
    tokens: Annotated[
        Path | None,
        typer.Option("--tokens", help="With --serve: file of more bearer tokens, for its clients."),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Hear a book line by line in the browser, and mend it there."""
    import os

    from higgs_cli import pipeline

    out.mode = "quiet" if quiet else "human"
    try:
        from higgs_cli.server.auth import read_tokens
        from higgs_cli.studio.run import Opening, run_studio
        from higgs_cli.studio.sources import book_sources
    except ModuleNotFoundError as missing:
        hint = 'pip install "higgs[server]"'
        raise UsageError(f"for the studio, {missing.name} must be installed", hint=hint) from None
    sources = book_sources(named, output, settings(), given())
    if tokens is not None and not serve:
        raise UsageError("--tokens are for clients of a server", hint="add --serve")
    api_tokens = read_tokens(tokens, os.environ) if serve else None
    run_studio(Opening(sources, host, port, api_tokens), pipeline.open_higgs, out.result)
