"""A chat that is answered as the model decides: in words, in sound, or in words and sound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from higgs_cli.server.asked_chat import AskedChat
from higgs_cli.server.chat_form import ChatForm
from higgs_cli.server.service import SpeechService
from higgs_cli.server.sound_formats import encoder_of, whole_file
from higgs_cli.speech.chat import ChatEnd, ChatWords

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Samples


async def free_answer(service: SpeechService, asked: AskedChat, form: str) -> dict[str, Any]:
    """Whole: its words, and its sound in a form."""
    words, end = "", None
    sounds: list[Samples] = []
    async with aclosing(service.chat(asked)) as parts:
        async for part in parts:
            if isinstance(part, ChatWords):
                words += part.text
            elif isinstance(part, ChatEnd):
                end = part
            else:
                sounds.append(part)
    told, rate, audio = ChatForm(service.description.name), service.description.sample_rate, None
    if sounds:
        data = await asyncio.to_thread(_joined_file, form, sounds, rate)
        audio = told.audio(data, "")
    content = words or (None if audio else "")
    return told.whole(content, audio, _counted(end), _finish(end))


async def free_parts(service: SpeechService, asked: AskedChat) -> AsyncGenerator[dict[str, Any]]:
    """As they come: words in `content`, PCM in `audio`."""
    told, end = ChatForm(service.description.name), None
    encoder, has_sound = encoder_of("pcm", service.description.sample_rate), False
    yield told.part({"role": "assistant", "content": ""})
    async with aclosing(service.chat(asked)) as parts:
        async for part in parts:
            if isinstance(part, ChatWords):
                yield told.part({"content": part.text})
            elif isinstance(part, ChatEnd):
                end = part
            else:
                has_sound = True
                yield told.part({"audio": told.audio_part(encoder.push(part))})
    yield told.part({"audio": told.audio_end} if has_sound else {}, _finish(end))


def _joined_file(form: str, sounds: list[Samples], sample_rate: int) -> bytes:
    import numpy as np

    return whole_file(form, np.concatenate(sounds), sample_rate)


def _counted(end: ChatEnd | None) -> tuple[int, int]:
    return (end.prompt_positions, end.steps) if end else (0, 0)


def _finish(end: ChatEnd | None) -> str:
    return "length" if end is not None and not end.is_whole else "stop"
