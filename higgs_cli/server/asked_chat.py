"""A conversation that a client wants answered, in words or in sound, as the model decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from higgs_cli.casting.cast import Reference
from higgs_cli.errors import UsageError
from higgs_cli.server.planned_text import settings_with
from higgs_cli.settings.table import Settings
from higgs_cli.settings.views import choices_of
from higgs_cli.speech.chat import ChatPrompt, ChatTurn, Role
from higgs_cli.takes.voice_bank import VoiceEncoder, VoiceStore, recorded_codes

MOST_STEPS, USUAL_STEPS = 2048, 1024
"""Tokens of text and frames of sound: 82 and 41 seconds, were it all sound."""


@dataclass(frozen=True)
class AskedTurn:
    """What one of them has said."""

    role: Role
    text: str = ""
    recordings: tuple[Reference, ...] = ()


@dataclass(frozen=True)
class AskedChat:
    """All that was said, and how it may be answered."""

    turns: tuple[AskedTurn, ...]
    may_speak: bool = True
    """Else in words alone."""
    most_steps: int = USUAL_STEPS
    settings: Mapping[str, object] = field(default_factory=dict)
    """Settings of its own, by their names: seed, temperature, …"""
    client: str = ""

    @property
    def text_length(self) -> int:
        return sum(len(turn.text) for turn in self.turns)

    def prompt(self, settings: Settings, kept: VoiceStore, encoder: VoiceEncoder) -> ChatPrompt:
        """As the model is asked. Raises where a setting of its own is none."""
        if not 1 <= self.most_steps <= MOST_STEPS:
            raise UsageError(f"an answer has 1 to {MOST_STEPS:,} tokens and frames")
        chosen = settings_with(settings, self.settings)
        turns = tuple(
            ChatTurn(
                turn.role,
                turn.text,
                tuple(recorded_codes(each, kept, encoder) for each in turn.recordings),
            )
            for turn in self.turns
        )
        sampling = replace(choices_of(chosen).sampling, retry_temperature=0.0)
        return ChatPrompt(turns, self.may_speak, self.most_steps, sampling, chosen.seed)
