"""Serve a studio until a stop is asked for."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from higgs_cli.jobs.speaking import OpenSpeech
from higgs_cli.server.auth import is_loopback
from higgs_cli.server.run import listener_on, until_stopped
from higgs_cli.stopping import stopping_cleanly
from higgs_cli.studio.app import create_studio
from higgs_cli.studio.desk import Desk
from higgs_cli.studio.one_model import OneModel
from higgs_cli.studio.sources import BookSource


def run_studio(
    sources: Sequence[BookSource],
    open_speech: OpenSpeech,
    address: tuple[str, int],
    say: Callable[[str], None],
) -> None:
    """Until a signal; `say` is told the address of the page, once it can be opened."""
    token = secrets.token_urlsafe(24)
    listener = listener_on(*address)
    with (
        contextlib.closing(listener),
        TemporaryDirectory(prefix="higgs-studio-") as folder,
        stopping_cleanly(),
    ):
        desk = Desk(sources, OneModel(open_speech), Path(folder))
        desk.open()
        try:
            app = create_studio(desk, token, is_local=is_loopback(address[0]))
            host, port = listener.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            listener.listen()  # whoever is quick waits for a moment
            say(f"open http://{shown}:{port}/?token={token} (Ctrl-C ends it)")
            asyncio.run(until_stopped(app, listener))
        finally:
            desk.close()
