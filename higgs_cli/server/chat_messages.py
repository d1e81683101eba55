"""The messages of a chat as the original's own server takes them: scene, voices, and what to say.

system       the scene, and descriptions of the speakers          smart voice, several speakers
user         what is said in a recording, `[SPEAKER1] …`
assistant    the recording, in base64                             voice clone
user         what is to be said, `[SPEAKER0] …` where several speak
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from higgs_cli.casting.cast import Voice
from higgs_cli.errors import UsageError
from higgs_cli.server.asked import CHOSEN_BY_THE_MODEL, FieldError
from higgs_cli.server.asked_chat import AskedTurn
from higgs_cli.server.system_message import read_system_message
from higgs_cli.server.voice_shelf import VoiceShelf

TAG = re.compile(r"^[ \t]*\[SPEAKER(\d{1,2})\][ \t]*", re.MULTILINE)
DATA_URL = re.compile(r"data:[\w./+;=-]{0,100};base64,")
FIELD = "messages"
MOST_MESSAGES = 64
MOST_RECORDINGS = 50


class ChatPart(BaseModel):
    """A part of a message: text, or audio in base64."""

    model_config = ConfigDict(extra="ignore")

    type: Literal["text", "input_text", "input_audio", "audio", "audio_url"]
    text: str | None = None
    input_audio: dict[str, Any] | None = None
    audio_url: dict[str, Any] | str | None = None


class ChatMessage(BaseModel):
    """What one says in a chat."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[ChatPart] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.text)
        return self.content or ""

    @property
    def recordings(self) -> list[bytes]:
        parts = self.content if isinstance(self.content, list) else []
        return [_recording(part) for part in parts if not part.type.endswith("text")]


Messages = Annotated[list[ChatMessage], Field(min_length=1, max_length=MOST_MESSAGES)]


@dataclass
class ReadChat:
    """What the messages ask for."""

    text: str = ""
    scene: str | None = None
    voices: dict[int, Voice] = field(default_factory=dict)
    """By the number of the speaker."""

    @property
    def is_dialogue(self) -> bool:
        return TAG.search(self.text) is not None

    @property
    def all_voices(self) -> tuple[Voice, ...]:
        """Of every speaker up to the last that has one."""
        numbers = range(1 + max(self.voices, default=-1))
        return tuple(self.voices.get(number, CHOSEN_BY_THE_MODEL) for number in numbers)


def read_chat(messages: list[ChatMessage], shelf: VoiceShelf) -> ReadChat:
    """The last message says what is to be said; those before it, how it is to sound."""
    *before, last = messages
    if last.role != "user" or not last.text.strip():
        told = "the last message is a user's, with the text that is to be said"
        raise FieldError(told, FIELD)
    if sum(len(message.recordings) for message in messages) > MOST_RECORDINGS:
        raise FieldError(f"more than {MOST_RECORDINGS} recordings", FIELD)
    read, words = ReadChat(), ""
    for message in before:
        if message.role in ("system", "developer"):
            _take_system(read, message)
        elif message.role == "user" and message.text.strip():
            words = message.text
        _take_recordings(read, message, words, shelf)
        words = words if message.role == "user" else ""
    _take_recordings(read, last, "", shelf)
    read.text = last.text
    return read


def chat_turns(
    messages: list[ChatMessage], shelf: VoiceShelf, voice: Voice | None
) -> tuple[AskedTurn, ...]:
    """All messages as they are, for an answer of the model's own. What the voice says in its
    recording stands before the first of a user's, as if the assistant had spoken it."""
    if messages[-1].role != "user":
        raise FieldError("the last message is a user's, which is to be answered", FIELD)
    if sum(len(message.recordings) for message in messages) > MOST_RECORDINGS:
        raise FieldError(f"more than {MOST_RECORDINGS} recordings", FIELD)
    turns = [_turn(message, shelf) for message in messages]
    if voice is None or voice.is_smart:
        return tuple(turns)
    if voice.reference is None or not voice.reference.text:
        raise UsageError(f"{voice.name} has no recording with its words: a chat needs them")
    said = AskedTurn("user", voice.reference.text)
    example = AskedTurn("assistant", "", (voice.reference,))
    begins = next(at for at, turn in enumerate(turns) if turn.role != "system")
    return (*turns[:begins], said, example, *turns[begins:])


def _turn(message: ChatMessage, shelf: VoiceShelf) -> AskedTurn:
    role = "system" if message.role == "developer" else message.role
    heard = [shelf.cloned(recording, None).reference for recording in message.recordings]
    if not message.text.strip() and not heard:
        raise FieldError("a message says nothing", FIELD)
    return AskedTurn(role, message.text, tuple(each for each in heard if each is not None))


def _take_system(read: ReadChat, message: ChatMessage) -> None:
    told = read_system_message(message.text)
    read.scene = told.scene or read.scene
    for number, description in told.descriptions.items():
        name = f"SPEAKER{number}"
        read.voices[number] = Voice(name, None, description[:2000], origin="message")


def _take_recordings(read: ReadChat, message: ChatMessage, words: str, shelf: VoiceShelf) -> None:
    """Of the speaker whom its words name, else of the next that has none."""
    for recording in message.recordings:
        tag = TAG.match(words)
        number = int(tag[1]) if tag else _next_number(read)
        read.voices[number] = shelf.cloned(recording, TAG.sub("", words))


def _next_number(read: ReadChat) -> int:
    return next(
        number
        for number in range(len(read.voices) + 1)
        if number not in read.voices or read.voices[number].is_generated
    )


def _recording(part: ChatPart) -> bytes:
    data: Any = (part.input_audio or {}).get("data")
    if part.audio_url is not None:
        url = part.audio_url if isinstance(part.audio_url, str) else part.audio_url.get("url")
        marked = DATA_URL.match(url) if isinstance(url, str) else None
        if marked is None:
            raise FieldError("audio comes in base64, as data: nothing is fetched", FIELD)
        data = url[marked.end() :]  # type: ignore[index]
    if not isinstance(data, str):
        raise FieldError("a part with audio has its data in base64", FIELD)
    try:
        return b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise FieldError("the audio of a message is not base64", FIELD) from None
