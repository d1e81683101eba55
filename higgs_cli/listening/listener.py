"""Who listens to takes, as a protocol: many sounds at a time, one answer for each.

A listener is opened in a process of its own (see `ears.py`), by the name of its module, which has a
function `open_listener(settings)`. What it is, models included, is the identity of its source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

from higgs_cli.listening.hearing import Hearing
from higgs_cli.listening.voice_print import VoicePrint

if TYPE_CHECKING:
    from higgs_cli.audio.clip import AudioClip

Heard: TypeAlias = Hearing | VoicePrint


class Listener(Protocol):
    """Hears sounds that follow one another: the same ones always the same."""

    def hear(self, sounds: Sequence[AudioClip]) -> list[Heard | None]:
        """What is heard in each; None where it says nothing of a sound."""


@dataclass(frozen=True)
class ListenerSource:
    """How a listener is opened, and what it is."""

    module: str
    identity: str
    """Names all that decides what it hears: model, settings, our way of asking it."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Plain texts: they are handed to another process."""
    name: str = ""
    """As a person knows it."""
