"""Who may use the studio: whoever has the token of the printed address, from the studio's own page.

Host      of this machine, as far as the studio is bound to it: no name that leads here by trick
token     in the address once, then a cookie that no script reads; or a bearer token
Origin    its own, for whatever changes something: no other page can press a button here
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from higgs_cli.server.auth import is_loopback, send_refusal
from higgs_cli.server.refusals import Refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "higgs-studio"
READING = frozenset({"GET", "HEAD"})
NO_TOKEN = Refusal(401, "open the address that higgs studio has printed", "no_token")
NOT_OURS = Refusal(403, "this request comes from another page", "foreign_origin")
NOT_HERE = Refusal(403, "the studio is not reached under this name", "foreign_host")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
}


@dataclass
class Guard:
    """Before any route."""

    app: ASGIApp
    token: str
    is_local: bool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = _with_headers(send, self._cookie(scope))
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await send_refusal(refusal, sent)
            return
        await self.app(scope, receive, sent)

    def _refusal(self, scope: Scope, headers: dict[bytes, str]) -> Refusal | None:
        host = headers.get(b"host", "")
        if self.is_local and not is_loopback(urlsplit(f"//{host}").hostname or ""):
            return NOT_HERE
        if not self._has_token(scope, headers):
            return NO_TOKEN
        origin = headers.get(b"origin")
        is_own = origin is not None and urlsplit(origin).netloc == host
        is_script = origin is None and b"authorization" in headers
        if scope["method"] not in READING and not (is_own or is_script):
            return NOT_OURS
        if headers.get(b"sec-fetch-site", "none") not in ("none", "same-origin"):
            return None if _is_navigation(headers) else NOT_OURS
        return None

    def _has_token(self, scope: Scope, headers: dict[bytes, str]) -> bool:
        kind, _, bearer = headers.get(b"authorization", "").partition(" ")
        given = [bearer.strip()] if kind.lower() == "bearer" else []
        given += self._in_cookie(scope, headers.get(b"cookie", ""))
        if scope["path"] == "/" and scope["method"] == "GET":
            given += _in_address(scope)
        return any([self._is_it(each) for each in given])

    def _in_cookie(self, scope: Scope, written: str) -> list[str]:
        try:
            found = SimpleCookie(written).get(_cookie_name(scope))
        except CookieError:
            return []
        return [found.value] if found else []

    def _is_it(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode())

    def _cookie(self, scope: Scope) -> bytes | None:
        """Set by the printed address; the page takes the token out of it."""
        if scope["path"] == "/" and any(map(self._is_it, _in_address(scope))):
            name = _cookie_name(scope)
            return f"{name}={self.token}; HttpOnly; SameSite=Strict; Path=/".encode()
        return None


def _in_address(scope: Scope) -> list[str]:
    return parse_qs(scope["query_string"].decode("latin-1")).get("token", [])


def _cookie_name(scope: Scope) -> str:
    """Cookies do not tell ports apart: two studios of one machine have two names."""
    server = scope.get("server") or ("", 0)
    return f"{COOKIE}-{server[1]}"


def _is_navigation(headers: dict[bytes, str]) -> bool:
    return headers.get(b"sec-fetch-mode") == "navigate"


def _with_headers(send: Send, cookie: bytes | None) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", []), *HEADERS.items()]
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"no-store"))
            if cookie is not None:
                headers.append((b"set-cookie", cookie))
            message = {**message, "headers": headers}
        await send(message)

    return sent
