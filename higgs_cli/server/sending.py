"""How answers leave: sound as it is spoken, events, and only to whoever is still there."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from higgs_cli.errors import HiggsError
from higgs_cli.server.asked import AskedSpeech
from higgs_cli.server.refusals import refusal_of
from higgs_cli.server.service import SpeechService
from higgs_cli.server.sound_formats import encoder_of

Result = TypeVar("Result")


class Leaving(StreamingResponse):
    """A body that is closed as soon as nobody reads it any more."""

    def __init__(
        self, body: AsyncGenerator[bytes], media_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        told = {"Cache-Control": "no-store", **(headers or {})}
        super().__init__(body, media_type=media_type, headers=told)
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._body.aclose()


async def begun(body: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The same, once its first part is there: what is refused before has a status of its own."""
    first = await anext(body, b"")

    async def whole() -> AsyncGenerator[bytes]:
        async with aclosing(body):
            yield first
            async for part in body:
                yield part

    return whole()


@dataclass
class Tally:
    """How much sound has left."""

    sample_count: int = 0


async def encoded(
    service: SpeechService, asked: AskedSpeech, form: str, tally: Tally | None = None
) -> AsyncGenerator[bytes]:
    """Sound in one of the formats, as it is spoken."""
    encoder = encoder_of(form, service.description.sample_rate)
    tally = tally or Tally()
    async with aclosing(service.stream(asked)) as pieces:
        async for samples in pieces:
            tally.sample_count += len(samples)
            if part := await _in_a_thread(form, encoder.push, samples):
                yield part
    if last := await _in_a_thread(form, encoder.finish):
        yield last


async def _in_a_thread(form: str, work: Callable[..., bytes], *given: Any) -> bytes:
    """PCM is no work; an encoder would keep all other clients waiting."""
    return work(*given) if form == "pcm" else await asyncio.to_thread(work, *given)


async def events(body: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[bytes]:
    """Server-sent events; what goes wrong on the way is the last of them."""
    is_begun = False
    async with aclosing(body):
        try:
            async for value in body:
                yield event(value)
                is_begun = True
        except HiggsError as error:
            if not is_begun:
                raise
            yield event({"type": "error", **refusal_of(error).content})


def event(value: dict[str, Any] | str) -> bytes:
    told = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return f"data: {told}\n\n".encode()


def base64_text(data: bytes) -> str:
    return b64encode(data).decode()


async def unless_left(request: Request, work: Coroutine[Any, Any, Result]) -> Result:
    """The result, or no more work once the client has gone."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def client_of(request: Request) -> str:
    return str(getattr(request.state, "client", ""))
