"""OpenAI's speech API: `POST /v1/audio/speech`, `GET /v1/models`, and the times of words."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from higgs_cli.server.asked import AskedSpeech, FieldError
from higgs_cli.server.sending import (
    Leaving,
    Tally,
    base64_text,
    begun,
    client_of,
    encoded,
    events,
    unless_left,
)
from higgs_cli.server.service import SpeechService
from higgs_cli.server.sound_formats import MEDIA_TYPES, whole_file
from higgs_cli.server.speech_body import SpeechBody
from higgs_cli.server.spoken_sound import SpokenSound
from higgs_cli.server.timestamps import WORD_TIMES, word_times
from higgs_cli.server.voice_shelf import VoiceShelf

ASK_FOR_ALL = 'with "checked": true it comes whole; wav and flac always do'
SOUND_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {kind: {} for kind in sorted({*MEDIA_TYPES.values(), "text/event-stream"})},
        "description": "The sound, or events with it.",
    }
}


def speech_routes(service: SpeechService, shelf: VoiceShelf) -> APIRouter:
    """For a service and the voices that may be named."""
    router = APIRouter(tags=["speech"])
    began_at = int(time.time())

    @router.get("/v1/models")
    async def models() -> dict[str, Any]:
        """The one model that is served."""
        return {"object": "list", "data": [_model(service, began_at)]}

    @router.get("/v1/models/{name:path}")
    async def model(name: str) -> dict[str, Any]:
        """The model that is served, whatever it is called."""
        return _model(service, began_at)

    @router.post("/v1/audio/speech", response_class=Response, responses=SOUND_ANSWERS)
    async def speech(body: SpeechBody, request: Request) -> Response:
        """Say a text."""
        form = body.response_format
        if body.gates and not body.comes_whole:
            raise FieldError(f"gates cannot judge {form} that is streamed", "gates", ASK_FOR_ALL)
        asked = await asyncio.to_thread(body.asked, shelf, client_of(request))
        if body.comes_whole:
            spoken = await unless_left(request, service.whole(asked))
            data = await asyncio.to_thread(whole_file, form, spoken.samples, spoken.sample_rate)
            if body.stream_format == "sse":
                told = events(_at_once(data, asked, spoken))
                return Leaving(told, "text/event-stream", _verdict(spoken))
            return Response(data, media_type=MEDIA_TYPES[form], headers=_verdict(spoken))
        if body.stream_format == "sse":
            told = events(_deltas(service, asked, form))
            return Leaving(await begun(told), "text/event-stream")
        sound = await begun(encoded(service, asked, form))
        return Leaving(sound, MEDIA_TYPES[form])

    @router.post("/v1/audio/speech/timestamps")
    async def timestamps(body: SpeechBody, request: Request) -> dict[str, Any]:
        """Say a text, when each word of it is heard, and what was found."""
        asked = await asyncio.to_thread(body.asked, shelf, client_of(request))
        spoken = await unless_left(request, service.whole(asked))
        form = body.response_format
        data = await asyncio.to_thread(whole_file, form, spoken.samples, spoken.sample_rate)
        words = await asyncio.to_thread(word_times, spoken)
        return {
            "audio": base64_text(data),
            "format": form,
            "duration": round(spoken.seconds, 3),
            "words": words,
            "verdict": spoken.verdict.value,
            "findings": spoken.findings,
            "times": WORD_TIMES,
        }

    return router


def _verdict(spoken: SpokenSound) -> dict[str, str]:
    """Of what was checked; each finding stands in the answer with the times."""
    return {"X-Higgs-Verdict": spoken.verdict.value, "X-Higgs-Findings": str(len(spoken.findings))}


def _model(service: SpeechService, began_at: int) -> dict[str, Any]:
    name = service.description.name
    return {"id": name, "object": "model", "created": began_at, "owned_by": "higgs"}


async def _deltas(
    service: SpeechService, asked: AskedSpeech, form: str
) -> AsyncGenerator[dict[str, Any]]:
    """The events of a speech; words in and frames out are what is counted."""
    tally = Tally()
    async with aclosing(encoded(service, asked, form, tally)) as parts:
        async for part in parts:
            yield {"type": "speech.audio.delta", "audio": base64_text(part)}
    yield _done(asked, tally.sample_count / service.description.sample_rate)


async def _at_once(
    data: bytes, asked: AskedSpeech, spoken: SpokenSound
) -> AsyncGenerator[dict[str, Any]]:
    yield {"type": "speech.audio.delta", "audio": base64_text(data)}
    yield _done(asked, spoken.seconds)


def _done(asked: AskedSpeech, seconds: float) -> dict[str, Any]:
    heard, said = len(asked.text.split()), round(25 * seconds)
    usage = {"input_tokens": heard, "output_tokens": said, "total_tokens": heard + said}
    return {"type": "speech.audio.done", "usage": usage}
