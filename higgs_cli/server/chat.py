"""The form of the original's own server: `POST /v1/chat/completions`, answered with speech."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from higgs_cli.casting.cast import Voice
from higgs_cli.server.asked import AskedSpeech
from higgs_cli.server.asked_chat import MOST_STEPS, USUAL_STEPS, AskedChat
from higgs_cli.server.chat_form import ChatForm
from higgs_cli.server.chat_messages import TAG, Messages, chat_turns, read_chat
from higgs_cli.server.free_chat import free_answer, free_parts
from higgs_cli.server.sending import (
    Leaving,
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
    force_audio_gen: Annotated[
        bool,
        Field(
            description="false: the model answers, in words, in sound or in both, as it decides. "
            "For a server with --text-replies."
        ),
    ] = True
    max_tokens: Annotated[int | None, Field(ge=1)] = None
    max_completion_tokens: Annotated[
        int | None, Field(ge=1, description="Of an answer of the model's own: words and frames.")
    ] = None

    @property
    def form(self) -> str:
        """Streamed it is PCM, as there."""
        name = self.audio.format if self.audio else "wav"
        return "pcm" if self.stream or name == "pcm16" else name

    @property
    def is_free(self) -> bool:
        """Is the answer the model's own, and not the last message, spoken?"""
        return not self.force_audio_gen or self.modalities == ["text"]

    def asked_freely(self, shelf: VoiceShelf, client: str) -> AskedChat:
        """As it is, to be answered."""
        most = self.max_completion_tokens or self.max_tokens or USUAL_STEPS
        return AskedChat(
            turns=chat_turns(self.messages, shelf, self._voice(shelf)),
            may_speak=self.modalities != ["text"],
            most_steps=min(most, MOST_STEPS),
            settings=self.settings(),
            client=client,
        )

    def asked(self, shelf: VoiceShelf, client: str) -> AskedSpeech:
        """In the words of a render."""
        read = read_chat(self.messages, shelf)
        voice = self._voice(shelf)
        if voice is not None and 0 not in read.voices:
            read.voices[0] = voice
        return AskedSpeech(
            text=read.text,
            voices=read.all_voices,
            scene=read.scene,
            is_dialogue=read.is_dialogue,
            speed=self.speed,
            settings=self.settings(),
            text_field="messages",
            client=client,
        )

    def _voice(self, shelf: VoiceShelf) -> Voice | None:
        named = self.audio.voice if self.audio else None
        if named is None:
            return None
        name = named if isinstance(named, str) else named.id
        return shelf.voice(name[:LONGEST_NAME])


def chat_routes(service: SpeechService, shelf: VoiceShelf) -> APIRouter:
    """For a service and the voices that may be named."""
    router = APIRouter(tags=["chat"])

    @router.post("/v1/chat/completions", response_class=JSONResponse)
    async def completions(body: ChatBody, request: Request) -> Response:
        """Say the last message, in the voices that those before it give; or answer it, with
        `modalities ["text"]` or `force_audio_gen` false."""
        if body.is_free:
            return await freely(body, request)
        asked = await asyncio.to_thread(body.asked, shelf, client_of(request))
        transcript = TAG.sub("", asked.text)
        if body.stream:
            return await _streamed(_spoken_parts(service, asked, transcript))
        spoken = await unless_left(request, service.whole(asked))
        data = await asyncio.to_thread(whole_file, body.form, spoken.samples, spoken.sample_rate)
        told, counted = ChatForm(service.description.name), len(transcript.split())
        audio = told.audio(data, transcript)
        return JSONResponse(told.whole(None, audio, (counted, round(25 * spoken.seconds))))

    async def freely(body: ChatBody, request: Request) -> Response:
        asked = await asyncio.to_thread(body.asked_freely, shelf, client_of(request))
        if body.stream:
            return await _streamed(free_parts(service, asked))
        answer = await unless_left(request, free_answer(service, asked, body.form))
        return JSONResponse(answer)

    return router


async def _spoken_parts(
    service: SpeechService, asked: AskedSpeech, transcript: str
) -> AsyncGenerator[dict[str, Any]]:
    told = ChatForm(service.description.name)
    first: dict[str, Any] = {"role": "assistant", "content": None}
    async with aclosing(encoded(service, asked, "pcm")) as parts:
        async for part in parts:
            audio = told.audio_part(part)
            if first:
                audio["transcript"] = transcript
            yield told.part({**first, "audio": audio})
            first = {}
    yield told.part({"audio": told.audio_end}, "stop")


async def _streamed(parts: AsyncGenerator[dict[str, Any]]) -> Response:
    return Leaving(await begun(_with_end(events(parts))), "text/event-stream")


async def _with_end(told: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """A chat ends with a mark of its own."""
    async with aclosing(told):
        async for part in told:
            yield part
    yield event("[DONE]")
