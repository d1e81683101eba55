"""`higgs serve`: speech over HTTP, for clients of OpenAI's API and of the original's server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from higgs_cli.errors import UsageError
from higgs_cli.settings.table import Settings
from higgs_cli.terminal.console import out
from higgs_cli.terminal.options import QuietOption, with_settings

EPILOG = """Examples: higgs serve · higgs serve --port 9000 --voices my_voices ·
higgs serve --host 0.0.0.0 --tokens tokens.txt --added-voices added/. Tokens may also be named,
between commas, in HIGGS_SERVE_TOKENS. Its page shows every route with a line to type."""

SETTINGS_GROUPS = (
    "model", "sampling", "planning", "takes", "voices", "allow_outside", "scene", "language",
    "expand", "lexicon",
)  # fmt: skip


@with_settings(*SETTINGS_GROUPS)
def serve(
    settings: Settings,
    settings_file: Path | None,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            help="Address to listen on; others than this machine's own loopback ask for tokens.",
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")] = 8080,
    tokens: Annotated[
        Path | None, typer.Option("--tokens", help="File of bearer tokens, one a line.")
    ] = None,
    added_voices: Annotated[
        Path | None,
        typer.Option(
            "--added-voices",
            help="Folder for voices that clients add (default: kept until the server ends).",
        ),
    ] = None,
    voice_presets_dir: Annotated[
        Path | None,
        typer.Option(
            "--voice-presets-dir",
            help="Folder of voices with a config.json, as the original's own server has it.",
        ),
    ] = None,
    text_replies: Annotated[
        bool,
        typer.Option(
            "--text-replies",
            help="Let chats ask for answers of the model's own, in words, sound or both; keeps the "
            "text head.",
        ),
    ] = False,
    queue: Annotated[
        int,
        typer.Option("--queue", min=1, max=10_000, help="Requests that may be spoken or wait."),
    ] = 64,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=1, max=86_400, help="Seconds for one request.")
    ] = 600.0,
    quiet: QuietOption = False,
) -> None:
    """Speak for other programs, over HTTP."""
    import os

    from higgs_cli.server.auth import check_binding, read_tokens

    out.mode = "quiet" if quiet else "human"
    known = read_tokens(tokens, os.environ)
    check_binding(host, known)
    try:
        from higgs_cli.server.admission import ServiceLimits
        from higgs_cli.server.run import Serving
        from higgs_cli.server.run import serve as run
        from higgs_cli.server.sound_formats import check_formats
    except ModuleNotFoundError as missing:
        hint = 'pip install "higgs[server]"'
        raise UsageError(f"to serve, {missing.name} must be installed", hint=hint) from None
    check_formats()
    limits = ServiceLimits(open_requests=queue, seconds=time_limit)
    run(
        settings,
        Serving(host, port, known, limits, added_voices, voice_presets_dir, text_replies),
        out.say,
    )
