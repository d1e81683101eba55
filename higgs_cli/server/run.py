"""Serve until a stop is asked for: uvicorn over the application, signals as all of `higgs`."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from higgs_cli.errors import StoppedError, UsageError
from higgs_cli.server.admission import ServiceLimits
from higgs_cli.server.app import ServerParts, create_app
from higgs_cli.server.asked import AskedSpeech
from higgs_cli.server.planned_text import TextPlanner
from higgs_cli.server.request_gates import check_gates
from higgs_cli.server.service import SpeechService
from higgs_cli.server.voice_shelf import VoiceShelf
from higgs_cli.settings.table import Settings
from higgs_cli.stopping import checkpoint, stopping_cleanly

ASKED_AGAIN_SECONDS = 0.2
CLOSING_SECONDS = 1
"""What is being sent then is cut off: a stop is answered within two seconds."""
KEEP_ALIVE_SECONDS = 30
MOST_CONNECTIONS = 1000
EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})
LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
SOMEWHERE_ELSE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
"""Addresses of no machine, kept for examples."""
ANY_TEXT = "Good evening."
"""Planned before the model is opened, so that a mistake in the settings is told at once."""
NEW_OBJECTS_TO_SEARCH = 2000
"""Those of a few requests: a render, which ends, is searched far less often."""


@dataclass(frozen=True)
class Serving:
    """Where, to whom, with which voices."""

    host: str
    port: int
    tokens: tuple[str, ...]
    limits: ServiceLimits
    added: Path | None = None
    presets: Path | None = None
    replies: bool = False
    """May the model be asked for answers of its own?"""


def serve(settings: Settings, serving: Serving, say: Callable[[str], None]) -> None:
    """Until a signal; `say` is told where it can be reached, once it can."""
    plan, choices = TextPlanner(settings).planned(AskedSpeech(ANY_TEXT), is_checked=True)
    check_gates(choices.gates, plan.language)
    listener = listener_on(serving.host, serving.port)
    with contextlib.closing(listener), stopping_cleanly(), _shelf(settings, serving) as shelf:
        asyncio.run(_served(settings, serving, shelf, listener, say))


def _shelf(settings: Settings, serving: Serving) -> VoiceShelf:
    return VoiceShelf(
        settings.voices,
        serving.added,
        serving.presets,
        allow_outside=settings.allow_outside,
    )


async def _served(
    settings: Settings,
    serving: Serving,
    shelf: VoiceShelf,
    listener: socket.socket,
    say: Callable[[str], None],
) -> None:
    limits, replies = serving.limits, serving.replies
    async with SpeechService(settings, limits=limits, replies=replies) as service:
        it = service.description
        say(f"{it.name} on {it.device}, {it.precision}, {it.lane_count} lanes")
        app = create_app(ServerParts(service, shelf, serving.tokens))
        _search_for_garbage()
        listener.listen(MOST_CONNECTIONS)  # who comes from now on waits, if need be
        say(f"serving {address_of(listener)} (Ctrl-C ends it)")
        await until_stopped(app, listener)


def _search_for_garbage() -> None:
    """What a request leaves behind holds sound, and is gone soon; what has been loaded stays, and
    is not searched again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS_TO_SEARCH, 5, 5)


async def until_stopped(app: Any, listener: socket.socket) -> None:
    """Answer requests until a signal."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=CLOSING_SECONDS,
        limit_concurrency=MOST_CONNECTIONS,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # faults are logged by us
    server = _Server(config)
    serving = asyncio.ensure_future(server.serve(sockets=[listener]))
    while not serving.done():
        try:
            checkpoint()
        except StoppedError:
            server.should_exit = True
            await serving
            raise
        await asyncio.wait({serving}, timeout=ASKED_AGAIN_SECONDS)
    serving.result()


class _Server(uvicorn.Server):
    """Signals are heard by `stopping.py`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def address_of(listener: socket.socket) -> str:
    """One that leads there: of all addresses of this machine, the one that others reach it by."""
    host, port = listener.getsockname()[:2]
    if host in EVERY_ADDRESS:
        host = _outer_address(listener.family) or LOOPBACK[listener.family]
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}"


def _outer_address(family: socket.AddressFamily) -> str | None:
    """That other machines of the network see; found by asking the way, not by sending anything."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((SOMEWHERE_ELSE[family], 9))
            return str(way.getsockname()[0])
    except OSError:
        return None


def listener_on(host: str, port: int) -> socket.socket:
    """Bound before the model is opened: a port that is taken is told at once."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{host} is no address of this machine: {error}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise UsageError(f"cannot listen on {host}, port {port}: {reason}") from None
    return listener
