"""Serve a studio until a stop is asked for; with a server at the same address, if wanted."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from higgs_cli.checkpoints.find import find_checkpoint
from higgs_cli.jobs.speaking import OpenSpeech
from higgs_cli.server.app import ServerParts, create_app
from higgs_cli.server.auth import is_loopback
from higgs_cli.server.run import address_of, listener_on, until_stopped
from higgs_cli.server.service import SpeechService, served_choice
from higgs_cli.server.voice_shelf import VoiceShelf
from higgs_cli.stopping import stopping_cleanly
from higgs_cli.studio.app import create_studio
from higgs_cli.studio.beside_serve import ServedModel, StudioAndServer
from higgs_cli.studio.desk import Desk
from higgs_cli.studio.one_model import OneModel
from higgs_cli.studio.sources import BookSource


@dataclass(frozen=True)
class Opening:
    """What is opened, where, and for whom."""

    sources: Sequence[BookSource]
    host: str
    port: int
    api_tokens: tuple[str, ...] | None = None
    """Those that the server's clients may name besides the studio's own; None: nothing is served
    but the studio."""


def run_studio(opening: Opening, open_speech: OpenSpeech, say: Callable[[str], None]) -> None:
    """Until a signal; `say` is told the address of the page, once it can be opened."""
    listener = listener_on(opening.host, opening.port)
    with (
        contextlib.closing(listener),
        TemporaryDirectory(prefix="higgs-studio-") as folder,
        stopping_cleanly(),
    ):
        asyncio.run(_opened(opening, open_speech, Path(folder), listener, say))


async def _opened(
    opening: Opening,
    open_speech: OpenSpeech,
    folder: Path,
    listener: socket.socket,
    say: Callable[[str], None],
) -> None:
    token = secrets.token_urlsafe(24)
    async with _server(opening, open_speech, token) as served:
        open_one = ServedModel(served.service).open if served else open_speech
        with _desk(opening, open_one, folder) as desk:
            app = create_studio(desk, token, is_local=is_loopback(opening.host))
            if served is not None:
                app = StudioAndServer(app, create_app(served))
            address = address_of(listener)
            listener.listen()  # whoever is quick waits for a moment
            say(f"open {address}/?token={token} (Ctrl-C ends it)")
            if served is not None:
                say(f"serving {address}/v1 to whoever has the token")
            await until_stopped(app, listener)


@contextmanager
def _desk(opening: Opening, open_speech: OpenSpeech, folder: Path) -> Iterator[Desk]:
    desk = Desk(opening.sources, OneModel(open_speech), folder)
    desk.open()
    try:
        yield desk
    finally:
        desk.close()


@asynccontextmanager
async def _server(
    opening: Opening, open_speech: OpenSpeech, token: str
) -> AsyncIterator[ServerParts | None]:
    """With the settings of the first book, and the voices of its library."""
    if opening.api_tokens is None:
        yield None
        return
    settings = opening.sources[0].settings
    model = served_choice(settings)
    abilities = find_checkpoint(model).abilities()
    with VoiceShelf(settings.voices, allow_outside=settings.allow_outside) as shelf:
        service = SpeechService(settings, lambda: open_speech(model), abilities=abilities)
        async with service:
            yield ServerParts(service, shelf, (token, *opening.api_tokens))
