"""The application of a studio: page and routes, behind the guard and the limits of the server."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from higgs_cli import __version__
from higgs_cli.errors import LockedError
from higgs_cli.server.app import add_refusals
from higgs_cli.server.body_limit import BodyLimit
from higgs_cli.server.refusals import Refusal, refusal_of
from higgs_cli.studio.book_routes import book_routes
from higgs_cli.studio.conflict import ConflictError, NotHereError
from higgs_cli.studio.desk import Desk
from higgs_cli.studio.guard import Guard
from higgs_cli.studio.sound_routes import sound_routes
from higgs_cli.studio.worker import TooManyTasksError

MOST_BYTES = 1 << 20
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
STATUSES: tuple[tuple[type[Exception], int, str], ...] = (
    (ConflictError, 409, "conflict"),
    (NotHereError, 404, "not_here"),
    (TooManyTasksError, 429, "too_many_tasks"),
    (LockedError, 423, "locked"),
)
"""Refusals that are the studio's own; all others are the server's."""


def create_studio(desk: Desk, token: str, *, is_local: bool = True) -> Any:
    """An ASGI application over a desk that is open."""
    app = FastAPI(
        title="higgs studio", version=__version__, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.include_router(book_routes(desk))
    app.include_router(sound_routes(desk))
    _add_page(app)
    add_refusals(app)
    _add_own_refusals(app)
    return Guard(BodyLimit(app, MOST_BYTES), token, is_local)


def _add_page(app: FastAPI) -> None:
    page = files(__package__).joinpath("page")
    known = {each.name: each for each in page.iterdir() if _ending(each.name) in TYPES}

    def sent(name: str) -> Response:
        kind = TYPES[_ending(name)]
        return Response(known[name].read_bytes(), media_type=f"{kind}; charset=utf-8")

    @app.get("/", include_in_schema=False)
    def root() -> Response:
        return sent("studio.html")

    @app.get("/page/{name}", include_in_schema=False)
    def part(name: str) -> Response:
        if name not in known:
            raise NotHereError("there is no such part of the page")
        return sent(name)


def _ending(name: str) -> str:
    return name[name.rfind(".") :]


def _add_own_refusals(app: FastAPI) -> None:
    def refused(request: Request, error: Exception) -> Response:
        status, code = next((s, c) for kind, s, c in STATUSES if isinstance(error, kind))
        told = refusal_of(error)  # type: ignore[arg-type]
        body = Refusal(status, told.message, code).body
        return Response(body, status, media_type="application/json")

    for kind, _, _ in STATUSES:
        app.add_exception_handler(kind, refused)
