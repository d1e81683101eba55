"""Codes of recordings that requests name: encoded once, kept while they are asked for."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from higgs_cli.speech.protocol import Synthesizer, SynthesizerDescription
from higgs_cli.takes.take import Take
from higgs_cli.takes.voice_bank import VoiceEncoder

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes

MOST_VOICES = 512
"""A reference of half a minute has 12 kB of codes."""


class VoiceCodes:
    """The latest that were asked for, by content; a `VoiceStore` for the banks of all requests."""

    def __init__(self, synthesizer: Synthesizer, most: int = MOST_VOICES) -> None:
        self.encoder: VoiceEncoder = synthesizer
        """For one thread at a time."""
        self.known_only = KnownOnly(synthesizer)
        self._most = most
        self._kept: OrderedDict[str, Take] = OrderedDict()

    def voice(self, voice_key: str) -> Take | None:
        if voice_key in self._kept:
            self._kept.move_to_end(voice_key)
        return self._kept.get(voice_key)

    def add_voice(self, voice_key: str, take: Take) -> None:
        self._kept[voice_key] = take
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)


class NotEncodedError(Exception):
    """A recording of which no codes are known yet."""


@dataclass(frozen=True)
class KnownOnly:
    """Encodes nothing: whoever must not wait for that asks here first."""

    synthesizer: Synthesizer

    @property
    def description(self) -> SynthesizerDescription:
        return self.synthesizer.description

    def encode_voice(self, recording: Path) -> Codes:
        raise NotEncodedError
