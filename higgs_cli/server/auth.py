"""Who may ask: bearer tokens, compared in constant time; and how a client is told from others.

Without tokens whoever is on this machine may ask, and a page in a browser is not: it comes with an
`Origin`, or under a foreign name that was made to lead here.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from higgs_cli.errors import UsageError
from higgs_cli.files.plain_file import read_plain
from higgs_cli.server.refusals import Refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

VARIABLE = "HIGGS_SERVE_TOKENS"
LARGEST_FILE = 64 * 1024
TOKEN = re.compile(r"[\x21-\x7e]{16,512}")
OPEN_PATHS = frozenset({"/health", "/healthz", "/readyz"})
"""For whoever looks whether it runs; they tell nothing else."""
LOOPBACK_NAMES = frozenset({"localhost", "ip6-localhost"})
FORGOTTEN = Refusal(401, "a bearer token is needed", "invalid_api_key")
FOREIGN_PAGE = Refusal(403, "this request comes from a page of another origin", "foreign_origin")
FOREIGN_NAME = Refusal(403, "without tokens it is not reached under this name", "foreign_host")


def read_tokens(file: Path | None, environment: Mapping[str, str]) -> tuple[str, ...]:
    """From a file, a token a line, and from the environment, between commas."""
    words = environment.get(VARIABLE, "").split(",")
    if file is not None:
        try:
            words += read_plain(file, LARGEST_FILE).decode("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8"
            raise UsageError(f"{file}: cannot be read: {reason}") from None
    tokens = [word.strip() for word in words if word.strip() and not word.startswith("#")]
    for token in tokens:
        if not TOKEN.fullmatch(token):
            where = file or VARIABLE
            raise UsageError(
                f"{where}: a token has 16 to 512 letters, digits and signs, and no blank",
                hint="make one: openssl rand -hex 32",
            )
    if file is not None and not tokens:
        raise UsageError(f"{file}: holds no token")
    return tuple(dict.fromkeys(tokens))


def check_binding(host: str, tokens: Sequence[str]) -> None:
    """Whoever is reached from elsewhere asks for a token."""
    if not tokens and not is_loopback(host):
        raise UsageError(
            f"{host} is reached from other machines, and no token is asked for",
            hint=f"name a file with --tokens, or set {VARIABLE}",
        )


def is_loopback(host: str) -> bool:
    if host.lower() in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass
class BearerAuth:
    """Lets through who has a token, and notes who asks in `scope["state"]["client"]`."""

    app: ASGIApp
    tokens: tuple[str, ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = _bearer(scope)
        is_known = bool(given) and self._knows(given)
        if self.tokens and not is_known and scope["path"] not in OPEN_PATHS:
            await send_refusal(FORGOTTEN, send, {"WWW-Authenticate": "Bearer"})
            return
        if not self.tokens and (foreign := _foreign(scope)) is not None:
            await send_refusal(foreign, send)
            return
        address = (scope.get("client") or ("",))[0]
        name = hashlib.sha256(given).hexdigest()[:16] if is_known else f"address {address}"
        scope.setdefault("state", {})["client"] = name
        await self.app(scope, receive, send)

    def _knows(self, given: bytes) -> bool:
        """All are compared, so that the time says nothing of which is near."""
        found = [hmac.compare_digest(given, token.encode()) for token in self.tokens]
        return any(found)


def _foreign(scope: Scope) -> Refusal | None:
    """What a page elsewhere, open in a browser of this machine, would send."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    if not is_loopback(_host_of(f"//{headers.get(b'host', '')}")):
        return FOREIGN_NAME
    origin = headers.get(b"origin")
    is_own = origin is None or is_loopback(_host_of(origin))
    return None if is_own else FOREIGN_PAGE


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _bearer(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"authorization":
            kind, _, token = value.partition(b" ")
            return bytes(token.strip()) if kind.lower() == b"bearer" else b""
    return b""


async def send_refusal(
    refusal: Refusal, send: Send, headers: Mapping[str, str] | None = None
) -> None:
    """From outside of any route."""
    told = {"content-type": "application/json", **refusal.headers, **(headers or {})}
    encoded = [(name.lower().encode(), value.encode()) for name, value in told.items()]
    encoded.append((b"content-length", str(len(refusal.body)).encode()))
    await send({"type": "http.response.start", "status": refusal.status, "headers": encoded})
    await send({"type": "http.response.body", "body": refusal.body})
