"""A conversation with the model through the door: it answers in words, in sound, or in both.

Plain data, as in `protocol.py`. A render never needs this: it says what is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from higgs_cli.speech.protocol import Sampling

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, eq=False)
class ChatTurn:
    """What one of them has said, in words and then in sound."""

    role: Role
    text: str = ""
    recordings: tuple[Codes, ...] = ()


@dataclass(frozen=True, eq=False)
class ChatPrompt:
    """All that was said, and how it is to be answered."""

    turns: tuple[ChatTurn, ...]
    may_speak: bool = True
    """Else it is answered in words alone."""
    most_steps: int = 1024
    """Tokens of text and frames of sound together."""
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0


@dataclass(frozen=True)
class ChatWords:
    """Words of the answer, as they come."""

    text: str


@dataclass(frozen=True, eq=False)
class ChatFrames:
    """Sound of the answer, as it comes."""

    codes: Codes
    segment: int
    """Counts the stretches of sound; words may stand between them."""


@dataclass(frozen=True)
class ChatEnd:
    """The last event."""

    is_whole: bool
    """Did the model end, or the steps that it had?"""
    prompt_positions: int
    steps: int


ChatEvent = ChatWords | ChatFrames | ChatEnd


@runtime_checkable
class Converses(Protocol):
    """What a synthesizer that was opened to reply has besides."""

    def chat(self, prompt: ChatPrompt) -> Iterator[ChatEvent]:
        """Answer step by step, in the thread that speaks: each event is some milliseconds of its
        time. Raises where the conversation is longer than a lane holds."""
        ...
