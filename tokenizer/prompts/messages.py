"""What a conversation with the model is made of: messages of text, marks and sound.

Plain data, without ids: a message can be read from a file or built by a layout before any
checkpoint has been opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class TextContent:
    """Words, taken literally but for whole sound marks.

    Those are their tokens where words are `spoken`, that is to be spoken, or were in a recording;
    and elsewhere where `sounds` says so.
    """

    text: str
    spoken: bool = False
    sounds: bool = False


@dataclass(frozen=True)
class MarkContent:
    """One special token, by its text; only code places marks, never a script."""

    token: str


@dataclass(frozen=True, eq=False)
class AudioContent:
    """One recording as the model reads it."""

    codes: Tensor
    """`[codebooks, frames]`, as the codec wrote them: no delay, no stream specials."""

    tower_positions: int = 0
    """How many positions its Whisper features take; none without the audio tower."""


@dataclass(frozen=True)
class AudioSource:
    """Where a recording is found, before it has been read and encoded."""

    path: str | None = None
    base64: str | None = None
    offset_seconds: float = 0.0
    duration_seconds: float | None = None


Content = TextContent | MarkContent | AudioContent | AudioSource


@dataclass(frozen=True)
class Message:
    """One turn: who speaks, what, and (assistant only) to whom."""

    role: Role
    content: tuple[Content, ...]
    recipient: str | None = None


@dataclass(frozen=True)
class ChatSample:
    """A whole conversation; the assistant's turns from `start_index` on are to be learned."""

    messages: tuple[Message, ...]
    start_index: int | None = None
    speaker: str | None = None


def cut_for_tower(audio: AudioContent, frame_limit: int) -> Iterator[AudioContent]:
    """A recording as the audio tower takes it, in stretches: codes and features cut alike.

    `frame_limit` is what the tower takes at once: 750 frames, 30 s, for the published shape. Its
    features come at the rate of frames, one position each.
    """
    for start in range(0, audio.codes.shape[1], frame_limit):
        codes = audio.codes[:, start : start + frame_limit]
        yield AudioContent(codes, tower_positions=codes.shape[1])
