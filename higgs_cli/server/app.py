"""The application: routes over one service, behind limits and tokens; each error has one form.

counted ─► tokens ─► body limit ─► routes ─► service ─► lanes
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from higgs_cli import __version__
from higgs_cli.errors import HiggsError
from higgs_cli.server.auth import BearerAuth
from higgs_cli.server.body_limit import BodyLimit
from higgs_cli.server.chat import chat_routes
from higgs_cli.server.examples_page import examples_page
from higgs_cli.server.metrics import Counted, ServerMetrics
from higgs_cli.server.openai_speech import speech_routes
from higgs_cli.server.refusals import Refusal, refusal_of
from higgs_cli.server.service import SpeechService
from higgs_cli.server.voice_routes import voice_routes
from higgs_cli.server.voice_shelf import VoiceShelf

SILENT_SECONDS = 60.0
"""A speaker with something to say that gives no sign for so long is not ready."""
NOTHING_TOLD: Any = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""What the framework would tell others of requests, if the environment asked it to."""
log = logging.getLogger("higgs.server")


@dataclass(frozen=True)
class ServerParts:
    """What an application is made of; a service and a shelf are entered by whoever made them."""

    service: SpeechService
    shelf: VoiceShelf
    tokens: tuple[str, ...] = ()


def create_app(parts: ServerParts) -> Any:
    """An ASGI application."""
    app = FastAPI(
        title="higgs serve",
        version=__version__,
        description="Speech by the model that this server has open.",
        docs_url=None,
        redoc_url=None,
        telemetry=NOTHING_TOLD,
    )
    app.include_router(speech_routes(parts.service, parts.shelf))
    app.include_router(chat_routes(parts.service, parts.shelf))
    app.include_router(voice_routes(parts.shelf))
    metrics = ServerMetrics(parts.service)
    _add_own_routes(app, parts.service, metrics)
    add_refusals(app)
    return Counted(BearerAuth(BodyLimit(app), parts.tokens), metrics)


def _add_own_routes(app: FastAPI, service: SpeechService, metrics: ServerMetrics) -> None:
    @app.get("/health", include_in_schema=False)
    @app.get("/healthz", tags=["state"])
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["state"])
    async def readyz() -> Response:
        """The model is open, and its lanes move."""
        state = service.speaker.state
        is_stuck = state.lanes_in_use and time.monotonic() - state.last_sign_at > SILENT_SECONDS
        is_ready = state.trouble is None and not is_stuck
        told = {"status": "ready" if is_ready else "not ready"}
        return JSONResponse(told, 200 if is_ready else 503)

    @app.get("/metrics", tags=["state"])
    async def prometheus() -> Response:
        """For Prometheus."""
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/version", include_in_schema=False)
    async def version() -> dict[str, str]:
        return {"version": __version__}

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(examples_page(app.openapi()))

    @app.get("/", include_in_schema=False)
    async def root() -> HTMLResponse:
        return HTMLResponse(examples_page(app.openapi()))


def add_refusals(app: FastAPI) -> None:
    """Whatever goes wrong leaves in the form of the API, and never as a traceback."""

    def answered(refusal: Refusal) -> Response:
        return Response(
            refusal.body, refusal.status, refusal.headers, media_type="application/json"
        )

    @app.exception_handler(HiggsError)
    async def of_ours(request: Request, error: HiggsError) -> Response:
        return answered(refusal_of(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return answered(_of_a_field(error.errors()[0]))

    @app.exception_handler(HTTPException)
    async def known(request: Request, error: HTTPException) -> Response:
        return answered(Refusal(error.status_code, str(error.detail)))

    @app.exception_handler(ClientDisconnect)
    async def left(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=499)

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> Response:
        log.error("a request", exc_info=error)
        return answered(Refusal(500, "the server has a fault; see its log", "internal_error"))


def _of_a_field(found: Any) -> Refusal:
    """What does not hold, and where; a body that is no JSON object has no field to blame."""
    if found["type"] == "json_invalid":
        return Refusal(400, f"the body is no JSON: {found['ctx']['error']}", "invalid_value")
    if tuple(found["loc"]) == ("body",):
        told = "the body is no JSON object, or not sent with Content-Type: application/json"
        return Refusal(400, told, "invalid_value")
    where = [str(part) for part in found["loc"] if part not in ("body", "query", "path")]
    param = ".".join(where)[:200] or None
    told = f"{param}: {found['msg']}" if param else str(found["msg"])
    return Refusal(400, told, "invalid_value", param)
