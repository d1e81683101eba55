"""The form of an answer in a chat, whole or in parts, as OpenAI's clients read it."""

from __future__ import annotations

import secrets
import time
from typing import Any

from higgs_cli.server.sending import base64_text

KEPT_SECONDS = 3600
"""What clients are told of how long an id of audio means something; no id is asked for here."""


class ChatForm:
    """Of one answer."""

    def __init__(self, model: str) -> None:
        self._id = f"chatcmpl-{secrets.token_hex(12)}"
        self._audio_id = f"audio_{secrets.token_hex(12)}"
        self._model = model
        self._created = int(time.time())

    def audio(self, data: bytes, transcript: str) -> dict[str, Any]:
        """All of its sound."""
        return {**self.audio_end, "data": base64_text(data), "transcript": transcript}

    def audio_part(self, data: bytes) -> dict[str, Any]:
        return {"id": self._audio_id, "data": base64_text(data)}

    @property
    def audio_end(self) -> dict[str, Any]:
        return {"id": self._audio_id, "expires_at": self._created + KEPT_SECONDS}

    def whole(
        self,
        content: str | None,
        audio: dict[str, Any] | None,
        counted: tuple[int, int],
        finish: str = "stop",
    ) -> dict[str, Any]:
        """`counted`: what was asked, and what was answered."""
        message = {"role": "assistant", "content": content, "refusal": None, "audio": audio}
        choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
        usage = {
            "prompt_tokens": counted[0],
            "completion_tokens": counted[1],
            "total_tokens": sum(counted),
        }
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage}

    def part(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._model}
