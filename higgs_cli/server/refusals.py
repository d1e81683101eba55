"""What goes wrong, in the form of OpenAI's API: a status, and one object that says what."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from higgs_cli.errors import (
    DeviceError,
    FormatError,
    GenerationTimeoutError,
    HiggsError,
    MemoryExhaustedError,
    ScriptError,
    StoppedError,
    UsageError,
    VoiceError,
)
from higgs_cli.server.admission import BusyError, TooLongError
from higgs_cli.server.asked import InvalidTextError
from higgs_cli.server.voice_shelf import VoiceNotFoundError

STATUSES: tuple[tuple[type[HiggsError], int, str], ...] = (
    (BusyError, 429, "rate_limit_exceeded"),
    (TooLongError, 400, "string_above_max_length"),
    (VoiceNotFoundError, 404, "voice_not_found"),
    (VoiceError, 400, "invalid_voice"),
    (FormatError, 400, "invalid_audio"),
    (InvalidTextError, 400, "invalid_text"),
    (ScriptError, 400, "invalid_text"),
    (UsageError, 400, "invalid_value"),
    (GenerationTimeoutError, 504, "timeout"),
    (MemoryExhaustedError, 503, "out_of_memory"),
    (DeviceError, 503, "device_failed"),
    (StoppedError, 503, "closing"),
    (HiggsError, 503, "generation_failed"),
)
"""The first that an error is an instance of counts."""


@dataclass(frozen=True)
class Refusal:
    """An answer that is none."""

    status: int
    message: str
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content(self) -> dict[str, object]:
        return {
            "error": {
                "message": self.message,
                "type": _kind(self.status),
                "param": self.param,
                "code": self.code,
            }
        }

    @property
    def body(self) -> bytes:
        return json.dumps(self.content, ensure_ascii=False).encode("utf-8", "replace")


def refusal_of(error: HiggsError) -> Refusal:
    """A message with its hint, and the status that clients go by."""
    status, code = next((s, c) for kind, s, c in STATUSES if isinstance(error, kind))
    told = error.message or "the server is closing"
    message = f"{told} ({error.hint})" if error.hint else told
    headers = {}
    if isinstance(error, BusyError):
        headers["Retry-After"] = str(error.retry_after_seconds)
    param = getattr(error, "field", None)
    return Refusal(status, message, code, param, headers)


def _kind(status: int) -> str:
    kinds = {401: "authentication_error", 429: "rate_limit_error", 404: "not_found_error"}
    return kinds.get(status, "server_error" if status >= 500 else "invalid_request_error")
