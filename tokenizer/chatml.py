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

TOWER_FRAMES = 750
"""How much the audio tower hears at once: 30 seconds of frames."""

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True)
class TextContent:
    """Words, taken literally; `spoken` when they are to be heard, or were heard in a recording."""

    text: str
    spoken: bool = False


@dataclass(frozen=True)
class MarkContent:
    """One special token, by its text; only code places marks, never a script."""

    token: str


@dataclass(frozen=True, eq=False)
class AudioContent:
    """One recording as the model hears it."""

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
    row_id: int | None = None


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


def heard_by_tower(audio: AudioContent) -> Iterator[AudioContent]:
    """A recording as the audio tower hears it: stretches of 30 s, codes and features cut alike.

    The tower's features come at the rate of frames, so that a stretch takes as many positions as
    features as it has frames of codes.
    """
    for start in range(0, audio.codes.shape[1], TOWER_FRAMES):
        codes = audio.codes[:, start : start + TOWER_FRAMES]
        yield AudioContent(codes, tower_positions=codes.shape[1])
