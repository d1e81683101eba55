"""The form of the original's own server: `POST /v1/chat/completions`, answered with speech."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from higgs_cli.errors import UsageError
from higgs_cli.server.asked import AskedSpeech
from higgs_cli.server.chat_messages import TAG, Messages, read_chat
from higgs_cli.server.sending import (
    Leaving,
    base64_text,
    begun,
    client_of,
    encoded,
    event,
    events,
    unless_left,
)
from higgs_cli.server.service import SpeechService
from higgs_cli.server.sound_formats import whole_file
from higgs_cli.server.speech_body import LONGEST_NAME, Drawing, VoiceId
from higgs_cli.server.voice_shelf import VoiceShelf

KEPT_SECONDS = 3600
"""What clients are told of how long an id of audio means something; no id is asked for here."""


class AudioWish(BaseModel):
    """Which voice, and in which form."""

    model_config = ConfigDict(extra="ignore")

    voice: str | VoiceId | None = None
    format: Literal["wav", "mp3", "flac", "opus", "aac", "pcm", "pcm16"] = "wav"


class ChatBody(Drawing):
    """Messages, and what is to come of them."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "model": "mini",
                    "modalities": ["text", "audio"],
                    "audio": {"voice": "marigold", "format": "wav"},
                    "messages": [{"role": "user", "content": "The lamp was out."}],
                }
            ]
        },
    )

    messages: Messages
    model: str = ""
    modalities: list[Literal["text", "audio"]] | None = None
    audio: AudioWish | None = None
    stream: bool = False
    speed: Annotated[float, Field(ge=0.25, le=4)] = 1.0

    @property
    def form(self) -> str:
        """Streamed it is PCM, as there."""
        name = self.audio.format if self.audio else "wav"
        return "pcm" if self.stream or name == "pcm16" else name

    def asked(self, shelf: VoiceShelf, client: str) -> AskedSpeech:
        """In the words of a render."""
        if self.modalities is not None and "audio" not in self.modalities:
            raise UsageError('this model is served to speak: modalities ["text", "audio"]')
        read = read_chat(self.messages, shelf)
        named = self.audio.voice if self.audio else None
        if named is not None and 0 not in read.voices:
            name = named if isinstance(named, str) else named.id
            read.voices[0] = shelf.voice(name[:LONGEST_NAME])
        return AskedSpeech(
            text=read.text,
            voices=read.all_voices,
            scene=read.scene,
            is_dialogue=read.is_dialogue,
            speed=self.speed,
            settings=self.settings(),
            client=client,
        )


def chat_routes(service: SpeechService, shelf: VoiceShelf) -> APIRouter:
    """For a service and the voices that may be named."""
    router = APIRouter(tags=["chat"])

    @router.post("/v1/chat/completions", response_class=JSONResponse)
    async def completions(body: ChatBody, request: Request) -> Response:
        """Say the last message, in the voices that those before it give."""
        asked = await asyncio.to_thread(body.asked, shelf, client_of(request))
        answer = _Answer(service.description.name, TAG.sub("", asked.text))
        if body.stream:
            told = _with_end(events(answer.chunks(service, asked)))
            return Leaving(await begun(told), "text/event-stream")
        spoken = await unless_left(request, service.whole(asked))
        data = await asyncio.to_thread(whole_file, body.form, spoken.samples, spoken.sample_rate)
        return JSONResponse(answer.whole(data, round(25 * spoken.seconds)))

    return router


class _Answer:
    """One answer, whole or in parts."""

    def __init__(self, model: str, transcript: str) -> None:
        self._id = f"chatcmpl-{secrets.token_hex(12)}"
        self._audio_id = f"audio_{secrets.token_hex(12)}"
        self._model = model
        self._transcript = transcript
        self._created = int(time.time())

    def whole(self, data: bytes, frame_count: int) -> dict[str, Any]:
        audio = {
            "id": self._audio_id,
            "data": base64_text(data),
            "expires_at": self._created + KEPT_SECONDS,
            "transcript": self._transcript,
        }
        message = {"role": "assistant", "content": None, "refusal": None, "audio": audio}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        words = len(self._transcript.split())
        usage = {
            "prompt_tokens": words,
            "completion_tokens": frame_count,
            "total_tokens": words + frame_count,
        }
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage}

    async def chunks(
        self, service: SpeechService, asked: AskedSpeech
    ) -> AsyncGenerator[dict[str, Any]]:
        first: dict[str, Any] = {"role": "assistant", "content": None}
        async with aclosing(encoded(service, asked, "pcm")) as parts:
            async for part in parts:
                audio: dict[str, Any] = {"id": self._audio_id, "data": base64_text(part)}
                if first:
                    audio["transcript"] = self._transcript
                yield self._chunk({**first, "audio": audio})
                first = {}
        end = {"id": self._audio_id, "expires_at": self._created + KEPT_SECONDS}
        yield self._chunk({"audio": end}, "stop")

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": self._created, "model": self._model}


async def _with_end(told: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """A chat ends with a mark of its own."""
    async with aclosing(told):
        async for part in told:
            yield part
    yield event("[DONE]")
