"""Voices over HTTP: list them, add one by its recording, delete it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from higgs_cli.server.voice_shelf import LONGEST_TEXT, VoiceShelf

RECORDING = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("audio/wav", "audio/flac", "audio/ogg", "audio/mpeg")
        },
    }
}


def voice_routes(shelf: VoiceShelf) -> APIRouter:
    """For the voices that may be named."""
    router = APIRouter(tags=["voices"])

    @router.get("/v1/audio/voices")
    async def voices() -> dict[str, Any]:
        """Every voice that can be named."""
        shown = await asyncio.to_thread(shelf.shown)
        data = [{"id": voice.name, "object": "voice", **asdict(voice)} for voice in shown]
        return {"object": "list", "data": data, "voices": [voice.name for voice in shown]}

    @router.post("/v1/audio/voices", status_code=201, openapi_extra=RECORDING)
    async def add(
        request: Request,
        name: Annotated[str, Query(min_length=1, max_length=64, description="What it is called.")],
        text: Annotated[
            str | None, Query(max_length=LONGEST_TEXT, description="What is said in it.")
        ] = None,
    ) -> dict[str, Any]:
        """Add the recording that is the body: WAV, FLAC, Ogg or MP3, 5 to 30 seconds of speech."""
        recording = await request.body()
        report = await asyncio.to_thread(shelf.add, name, recording, text)
        remarks = [f"{flaw.problem}: {flaw.mend}" for flaw in report.findings]
        return {
            "id": name,
            "object": "voice",
            "name": name,
            "seconds": round(report.seconds, 2),
            "remarks": remarks,
        }

    @router.delete("/v1/audio/voices/{name}")
    async def delete(name: str) -> dict[str, Any]:
        """Delete a voice that was added so."""
        await asyncio.to_thread(shelf.delete, name)
        return {"id": name, "object": "voice", "deleted": True}

    return router
