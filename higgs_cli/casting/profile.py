"""`profile.yaml`: descriptions of voices, recordings of voices, or both.

profiles:
  male_en: "Male, American, a calm narrator"          # described in words
  belinda:
    audio: belinda.wav                                # recorded; relative to this file
    text: "What is said in it."                       # or belinda.txt beside it
    description: "Female, bright"
    language: en
    gain_db: -1.5
    pause_scale: 1.2                                  # its pauses, longer or shorter
    pace: 0.95                                        # its takes, faster or slower, at their pitch
    aliases: [Bel]
    moods: {angry: {audio: belinda_angry.wav}}
    metadata: {licence: CC0}
    consent: {who: "Ann Lee, letter of 3 May 2026", date: 2026-05-04, sha256: 3f…}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from higgs_cli.casting.cast import Reference, Voice
from higgs_cli.casting.consent import Consent, consent_in
from higgs_cli.casting.references import read_transcript, reference_of
from higgs_cli.casting.safe_paths import file_inside, refuse_link_out
from higgs_cli.errors import VoiceError
from higgs_cli.files.strict_yaml import Node, read_yaml
from higgs_cli.script.names import plain_name
from higgs_cli.script.pacing import AS_USUAL, Pacing, pacing_in
from higgs_cli.script.pacing import KEYS as PACING_KEYS

ENTRY_KEYS = (
    "audio",
    "text",
    "transcript",
    "description",
    "language",
    "gain_db",
    *PACING_KEYS,
    "aliases",
    "moods",
    "metadata",
    "consent",
)
REFERENCE_KEYS = ("audio", "text", "transcript")
LONGEST_DESCRIPTION = 2000
RESERVED = {"smart", "none"}


@dataclass(frozen=True)
class VoiceEntry:
    """A voice as a library lists it; its recording is not opened before it is cast."""

    name: str
    origin: Path
    audio: Node | Path | None = None
    description: str | None = None
    language: str | None = None
    gain_db: float = 0.0
    pacing: Pacing = AS_USUAL
    aliases: tuple[str, ...] = ()
    moods: Mapping[str, Node] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    consent: Consent | None = None

    @property
    def kind(self) -> str:
        return "recording" if self.audio is not None else "description"

    def opened(self, *, allow_outside: bool) -> Voice:
        """The voice with its recordings found, read and hashed."""
        reference = self._reference(self.audio, allow_outside) if self.audio is not None else None
        return Voice(
            name=self.name,
            reference=reference,
            description=self.description,
            language=self.language,
            gain_db=self.gain_db,
            pacing=self.pacing,
            moods={name: self._reference(node, allow_outside) for name, node in self.moods.items()},
            aliases=self.aliases,
            metadata=self.metadata,
            consent=self.consent,
            origin=str(self.origin),
        )

    def _reference(self, audio: Node | Path, allow_outside: bool) -> Reference:
        folder = self.origin.parent
        if isinstance(audio, Path):
            for path in (audio, audio.with_suffix(".txt")):
                refuse_link_out(folder, path, allow_outside=allow_outside)
            return reference_of(audio)
        parts = audio.entries("a recording")
        path = file_inside(folder, parts["audio"], "audio", allow_outside=allow_outside)
        try:
            text, transcript = None, None
            if "text" in parts:
                text = " ".join(parts["text"].text("text").split())
            elif "transcript" in parts:
                transcript = file_inside(
                    folder, parts["transcript"], "transcript", allow_outside=allow_outside
                )
                text = read_transcript(transcript)
            else:
                refuse_link_out(folder, path.with_suffix(".txt"), allow_outside=allow_outside)
            return replace(reference_of(path, text), transcript=transcript)
        except VoiceError as error:
            raise parts["audio"].refusal(error.message, error.hint) from None


def read_profile(path: Path) -> dict[str, VoiceEntry]:
    """The voices of a profile, in its order; a mistake is shown with its line."""
    root = read_yaml(path).known_entries("a profile", ("profiles",))
    if "profiles" not in root:
        raise VoiceError(f"{path}: has no `profiles:` table")
    entries: dict[str, VoiceEntry] = {}
    names: dict[str, str] = {}
    for written, node in root["profiles"].entries("profiles").items():
        entry = _entry(" ".join(written.split()), node, path)
        entries[entry.name] = entry
        for name in (entry.name, *entry.aliases):
            owner = names.setdefault(plain_name(name), entry.name)
            if owner != entry.name:
                raise node.refusal(f'"{name}" is a name of {owner} and of {entry.name}')
    return entries


def _entry(name: str, node: Node, path: Path) -> VoiceEntry:
    if plain_name(name) in RESERVED or not name or "=" in name or "," in name:
        raise node.refusal(f'"{name}" cannot be the name of a voice')
    if not isinstance(node.value, dict):
        return VoiceEntry(name, path, description=_short(node, f"the description of {name}"))
    parts = node.known_entries(f"the voice {name}", ENTRY_KEYS)
    if "audio" not in parts and "description" not in parts:
        raise node.refusal(f"{name} has neither audio nor description")
    if "text" in parts and "transcript" in parts:
        raise node.refusal(f"{name} has a text and a transcript: give one of them")
    aliases = parts["aliases"].items("aliases") if "aliases" in parts else []
    moods = parts["moods"].entries("moods") if "moods" in parts else {}
    if moods and "audio" not in parts:
        raise node.refusal(f"{name} has moods but no recording of its own")
    return VoiceEntry(
        name=name,
        origin=path,
        audio=_reference_node(node) if "audio" in parts else None,
        description=_text(parts, "description"),
        language=_text(parts, "language"),
        gain_db=parts["gain_db"].number("gain_db", -40, 40) if "gain_db" in parts else 0.0,
        pacing=pacing_in(parts),
        aliases=tuple(alias.text("an alias") for alias in aliases),
        moods={plain_name(mood): _mood(mood, entry) for mood, entry in moods.items()},
        metadata=_metadata(parts),
        consent=consent_in(parts["consent"]) if "consent" in parts else None,
    )


def _text(parts: dict[str, Node], key: str) -> str | None:
    return _short(parts[key], key) if key in parts else None


def _short(node: Node, what: str) -> str:
    text = " ".join(node.text(what).split())
    if len(text) > LONGEST_DESCRIPTION:
        raise node.refusal(f"{what} is longer than {LONGEST_DESCRIPTION} characters")
    return text


def _metadata(parts: dict[str, Node]) -> Mapping[str, Any]:
    if "metadata" not in parts:
        return {}
    parts["metadata"].entries("metadata")
    found: Mapping[str, Any] = parts["metadata"].plain()
    return found


def _reference_node(node: Node) -> Node:
    parts = node.entries("a recording")
    parts["audio"].text("audio")
    return node


def _mood(mood: str, node: Node) -> Node:
    """A mood is a recording: a file name, or a table with its text."""
    if isinstance(node.value, str):
        return Node({"audio": node}, node.source, node.line, node.start, node.end)
    parts = node.known_entries(f"the mood {mood}", REFERENCE_KEYS)
    if "audio" not in parts:
        raise node.refusal(f"the mood {mood} has no audio")
    return _reference_node(node)
