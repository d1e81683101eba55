"""A studio and a server at one address, with one open model.

    /v1 /healthz /readyz /metrics /docs …   the server's, behind its bearer tokens
    everything else                         the studio's, behind its guard

What the studio has spoken joins the lanes that serve: see `server/guest.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from higgs_cli.errors import UsageError
from higgs_cli.server.service import SpeechService
from higgs_cli.settings.views import ModelChoice, choices_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from higgs_cli.speech.protocol import Synthesizer

SERVED = ("/v1/",)
SERVED_PAGES = frozenset(
    {"/health", "/healthz", "/readyz", "/metrics", "/version", "/docs", "/openapi.json"}
)
HOLDS = ("max_seconds", "chunk_seconds", "context_chunks")
"""How long a context a lane of the open model holds: less may be asked of it."""


@dataclass(frozen=True)
class StudioAndServer:
    """One ASGI application of two."""

    studio: ASGIApp
    server: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_served = path in SERVED_PAGES or path.startswith(SERVED)
        await (self.server if is_served else self.studio)(scope, receive, send)


@dataclass(frozen=True)
class ServedModel:
    """Opens nothing: the model that is served speaks for the studio too."""

    service: SpeechService

    def open(self, choice: ModelChoice) -> Synthesizer:
        served = choices_of(self.service.settings).model
        same = {name: getattr(served, name) for name in HOLDS}
        is_longer = any(getattr(choice, name) > same[name] for name in HOLDS)
        if is_longer or replace(choice, **same) != served:
            raise UsageError(
                "this book is spoken by another model, or in another way, than the one served",
                hint="end the studio, and open this book without --serve",
            )
        return self.service.guest()
