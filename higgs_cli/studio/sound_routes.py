"""Routes of sound and of news: takes, trials, exports, and what is rendered now, as it goes on."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response, StreamingResponse

from higgs_cli.studio import speaking
from higgs_cli.studio.book_routes import BOOK, LINE
from higgs_cli.studio.conflict import NotHereError
from higgs_cli.studio.desk import Desk
from higgs_cli.studio.take_sound import take_shape, take_sound

LOOKED_SECONDS = 0.15
ALIVE_SECONDS = 10.0
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
SOUND = "audio/wav"


def sound_routes(desk: Desk) -> APIRouter:
    """All that is heard, and the stream of news."""
    routes = APIRouter()

    @routes.get(LINE + "/takes/{attempt}/sound.wav")
    def sound(request: Request, number: int, line: str, attempt: int) -> Response:
        data = take_sound(desk.book(number), line, attempt).wav
        return ranged(data, request.headers.get("range"))

    @routes.get(LINE + "/takes/{attempt}/shape")
    def shape(number: int, line: str, attempt: int) -> dict[str, Any]:
        return take_shape(desk.book(number), line, attempt)

    @routes.get("/api/heard/{name}")
    def heard(name: str) -> Response:
        return FileResponse(desk.heard.path(name), media_type=SOUND)

    @routes.get(BOOK + "/exports/{kind}/{place}")
    def exported(number: int, kind: str, place: int) -> Response:
        files = speaking.export_files(desk.book(number), kind)
        if not 0 <= place < len(files):
            raise NotHereError("there is no such file")
        return FileResponse(files[place], filename=files[place].name)

    @routes.get("/api/state")
    def state() -> dict[str, Any]:
        return desk.state()

    @routes.get("/api/news")
    async def news(request: Request) -> StreamingResponse:
        return StreamingResponse(_news(desk, request), media_type="text/event-stream")

    return routes


async def _news(desk: Desk, request: Request) -> AsyncIterator[str]:
    """The state, whenever it has become another."""
    told, silent = "", 0.0
    while not await request.is_disconnected():
        now = json.dumps(await asyncio.to_thread(desk.state))
        if now != told or silent >= ALIVE_SECONDS:
            yield f"data: {now}\n\n"
            told, silent = now, 0.0
        await asyncio.sleep(LOOKED_SECONDS)
        silent += LOOKED_SECONDS


def ranged(data: bytes, asked: str | None) -> Response:
    """All of it, or the part that is asked for."""
    headers = {"Accept-Ranges": "bytes"}
    match = RANGE.fullmatch(asked.strip()) if asked else None
    if match is None or not (match[1] or match[2]):
        return Response(data, media_type=SOUND, headers=headers)
    if match[1]:
        first, last = int(match[1]), min(int(match[2] or len(data)), len(data) - 1)
    else:
        first, last = max(0, len(data) - int(match[2])), len(data) - 1
    if first > last:
        headers["Content-Range"] = f"bytes */{len(data)}"
        return Response(status_code=416, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], 206, media_type=SOUND, headers=headers)
