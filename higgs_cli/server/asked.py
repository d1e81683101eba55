"""What a client asks for, in the words of a render."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from higgs_cli.casting.cast import Voice
from higgs_cli.errors import UsageError

CHOSEN_BY_THE_MODEL = Voice("smart")


class FieldError(UsageError):
    """What one field of a request says cannot be done."""

    def __init__(self, message: str, field: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.field = field


class InvalidTextError(FieldError):
    """A text that cannot be said."""


@dataclass(frozen=True)
class AskedSpeech:
    """A text, who says it, and how."""

    text: str
    voices: tuple[Voice, ...] = (CHOSEN_BY_THE_MODEL,)
    """Of the speakers, by number; whoever has none is given one by the model."""
    scene: str | None = None
    """The text about room and manner; None for the server's own."""
    is_dialogue: bool = False
    """Does the text name who speaks, as `[SPEAKER0]`?"""
    speed: float = 1.0
    """How many times as fast; the pitch stays."""
    gates: tuple[str, ...] = ()
    """What its takes are held to besides the checks: words, voice. For whole speech alone."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Settings of its own, by their names: seed, temperature, …"""
    text_field: str = "input"
    """What the client calls the text."""
    client: str = ""
    """Who asks: lanes are shared out among clients."""
