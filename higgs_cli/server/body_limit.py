"""How much a client may send and how long it may take: counted as it comes, whatever it says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgs_cli.server.auth import send_refusal
from higgs_cli.server.refusals import Refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 48 << 20
"""A recording of 32 MB in base64, with room for what is to be said."""
SECONDS = 60.0
"""A body that is not there by then does not come."""
TOO_LARGE = Refusal(413, f"a request has at most {MOST_BYTES >> 20} MB", "request_too_large")
TOO_SLOW = Refusal(408, f"the request was not sent within {SECONDS:g} s", "timeout")


@dataclass
class BodyLimit:
    """The whole body is read here, before anything is done with it."""

    app: ASGIApp
    most_bytes: int = MOST_BYTES
    seconds: float = SECONDS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(self._body(receive), self.seconds)
        except TimeoutError:
            await send_refusal(TOO_SLOW, send, {"connection": "close"})
            return
        if body is None:
            await send_refusal(TOO_LARGE, send, {"connection": "close"})
            return
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return whole.pop() if whole else await receive()

        await self.app(scope, again, send)

    async def _body(self, receive: Receive) -> bytes | None:
        """None where it is too long."""
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return b"".join(parts)
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.most_bytes:
                return None
            if not message.get("more_body", False):
                return b"".join(parts)
