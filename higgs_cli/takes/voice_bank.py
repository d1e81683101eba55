"""What each run hears of its speakers: recordings as codes, encoded once and kept by content.

recording ─► bundled codes beside it, else the store, else the codec ─► codes [codebooks, frames]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from higgs_cli.casting.cast import CastMember, Reference
from higgs_cli.casting.references import content_of
from higgs_cli.errors import VoiceError
from higgs_cli.files.fingerprint import bytes_fingerprint
from higgs_cli.planning.keys import VOICE_CODES, digest
from higgs_cli.planning.plan import Plan, Run
from higgs_cli.speech.protocol import SynthesizerDescription, VoiceReference
from higgs_cli.stopping import checkpoint
from higgs_cli.takes.bundled_codes import bundled_codes
from higgs_cli.takes.take import Levels, Take, TakeRecord

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes


@dataclass(frozen=True)
class GeneratedVoice:
    """A speaker's own take, and what is said in it."""

    take_name: str
    text: str
    codes: Codes


class VoiceStore(Protocol):
    """Keeps codes of recordings; a take store does."""

    def voice(self, voice_key: str) -> Take | None: ...

    def add_voice(self, voice_key: str, take: Take) -> None: ...


class VoiceEncoder(Protocol):
    """The half of a synthesizer that makes codes of recordings."""

    @property
    def description(self) -> SynthesizerDescription: ...

    def encode_voice(self, recording: Path) -> Codes: ...


class VoiceBank:
    """References by speaker and mood, made when they are first asked for."""

    def __init__(self, plan: Plan, store: VoiceStore, synthesizer: VoiceEncoder) -> None:
        self._plan = plan
        self._store = store
        self._synthesizer = synthesizer
        self._codes: dict[Reference, Codes] = {}
        self._generated: dict[str, GeneratedVoice] = {}

    def references(self, run: Run) -> tuple[VoiceReference, ...]:
        """What a run hears before it speaks, one for each of its speakers.

        Nothing at all for a single speaker who has no voice yet.
        """
        members = (self._plan.cast.member(speaker) for speaker in run.speakers)
        found = tuple(self._reference(member, run.mood) for member in members)
        return () if len(found) == 1 and found[0].is_blank else found

    @property
    def generated(self) -> dict[str, str]:
        """Whose voice was made of which take."""
        return {speaker: generated.take_name for speaker, generated in self._generated.items()}

    def adopt(self, speaker: str, generated: GeneratedVoice) -> None:
        """From now on the speaker sounds like this take."""
        self._generated[speaker] = generated

    def _reference(self, member: CastMember, mood: str | None) -> VoiceReference:
        recording = member.voice.reference_for(mood)
        if recording is not None:
            if recording not in self._codes:
                found = recorded_codes(recording, self._store, self._synthesizer)
                self._codes[recording] = found
            codes = self._codes[recording]
            return VoiceReference(member.tag, transcript=recording.text, codes=codes)
        if member.speaker in self._generated:
            generated = self._generated[member.speaker]
            return VoiceReference(member.tag, transcript=generated.text, codes=generated.codes)
        return VoiceReference(member.tag, description=member.voice.description)


def recorded_codes(recording: Reference, store: VoiceStore, synthesizer: VoiceEncoder) -> Codes:
    """Of a recording: those beside it, else those that are kept, else they are made now."""
    it = synthesizer.description
    content = _content_of(recording)
    bundled = bundled_codes(recording.audio, content, it.codec_fingerprint, it.codes_form)
    if bundled is not None:
        return bundled
    codec = it.codec_fingerprint
    key = digest({"recording": content, "codec": codec, "voice_codes": VOICE_CODES})
    stored = store.voice(key)
    if stored is not None:
        return stored.codes
    checkpoint()
    codes = synthesizer.encode_voice(recording.audio)
    store.add_voice(key, voice_take(key, {"text": recording.text or ""}, codes))
    return codes


def _content_of(recording: Reference) -> str:
    """Its hash; what lies there is the recording that was planned with, or it is not used.

    A manifest may come from elsewhere, and name any file: the hash beside the name, which is not
    known to whoever does not have the file, keeps it from being heard.
    """
    if content_of(recording.audio, recording.text) != recording.content:
        raise VoiceError(
            f"{recording.audio}: is not the recording that was planned with",
            hint="put the same recording there, or render the script with this one",
        )
    return bytes_fingerprint(recording.audio)


def generated_voice_of(stored: Take) -> GeneratedVoice:
    """A generated voice as the store has it."""
    recipe = stored.record.recipe
    return GeneratedVoice(recipe["take"], recipe["text"], stored.codes)


def voice_take(key: str, recipe: Mapping[str, str], codes: Codes) -> Take:
    """A voice as it lies in the store: codes and where they are from, in the form of a take."""
    record = TakeRecord(
        key=key,
        attempt=0,
        recipe=recipe,
        heard=(),
        frame_count=int(codes.shape[1]),
        ending="voice",
        findings=(),
        levels=Levels(0.0, 0.0, 0),
    )
    return Take(record, codes)
