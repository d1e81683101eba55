"""Voice and Cast: who may speak, and who speaks as whom.

A cast is complete before anything is rendered: every speaker of the script has a voice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from higgs_cli.casting.consent import Consent
from higgs_cli.script.pacing import AS_USUAL, Pacing


@dataclass(frozen=True)
class Reference:
    """A recording of a voice, and what is said in it."""

    audio: Path
    text: str | None
    content: str
    """SHA-256 over the bytes of the recording and the transcript: what decides how it sounds."""
    transcript: Path | None = None
    """The file that the text was read from, if one was named for it."""


@dataclass(frozen=True)
class Voice:
    """A named entry of a library: a recording with its transcript, a description, or both."""

    name: str
    reference: Reference | None = None
    description: str | None = None
    language: str | None = None
    gain_db: float = 0.0
    pacing: Pacing = AS_USUAL
    moods: Mapping[str, Reference] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    metadata: Mapping[str, object] = field(default_factory=dict)
    consent: Consent | None = None
    origin: str = ""
    """The file that names it; empty for a voice the model is left to choose."""

    @property
    def is_generated(self) -> bool:
        """Has it no recording yet? Then the first take of its speaker becomes its reference."""
        return self.reference is None

    @property
    def is_smart(self) -> bool:
        """Did nobody choose it?"""
        return self.reference is None and not self.origin

    def reference_for(self, mood: str | None) -> Reference | None:
        return self.moods[mood] if mood else self.reference

    def content(self, mood: str | None = None) -> str:
        """What decides its sound, not its name; a generated voice enters by how it is made."""
        reference = self.reference_for(mood)
        if reference is not None:
            return f"recording:{reference.content}"
        return f"described:{self.description}" if self.description else "smart"

    @property
    def files(self) -> tuple[Path, ...]:
        """All that it was read from."""
        references = [each for each in (self.reference, *self.moods.values()) if each is not None]
        named = [each.audio for each in references]
        named += [each.transcript for each in references if each.transcript is not None]
        return (*named, Path(self.origin)) if self.origin else tuple(named)


@dataclass(frozen=True)
class CastMember:
    """One speaker of the script and the voice it has."""

    speaker: str
    voice: Voice
    number: int
    """From 0: SPEAKER0, SPEAKER1 … in prompts where several speak."""
    why: str
    """Where the choice comes from, as a person would say it: `--cast`, `header`, `same name` …"""
    is_suggested: bool = False
    """Did nobody choose it, but its traits?"""
    own_pacing: Pacing = AS_USUAL
    """What the cast sheet or the header says of it."""

    @property
    def pause_scale(self) -> float:
        return self._pacing.pause_scale or 1.0

    @property
    def pace(self) -> float:
        """How fast they are heard, beside how they were spoken."""
        return self._pacing.pace or 1.0

    @property
    def _pacing(self) -> Pacing:
        return self.own_pacing.or_else(self.voice.pacing)

    @property
    def tag(self) -> str:
        return f"SPEAKER{self.number}"


@dataclass(frozen=True)
class Cast:
    """A voice for every speaker."""

    members: tuple[CastMember, ...]

    @cached_property
    def _by_speaker(self) -> Mapping[str, CastMember]:
        return {member.speaker: member for member in self.members}

    def member(self, speaker: str) -> CastMember:
        return self._by_speaker[speaker]

    def shared_voices(self) -> dict[str, tuple[str, ...]]:
        """Voices that more than one speaker has, with those speakers."""
        speakers: dict[str, list[str]] = {}
        for member in self.members:
            if not member.voice.is_smart:
                speakers.setdefault(member.voice.name, []).append(member.speaker)
        return {name: tuple(who) for name, who in speakers.items() if len(who) > 1}
