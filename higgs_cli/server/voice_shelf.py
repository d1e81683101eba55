"""The voices that clients may name: presets, what they have sent, the library, the bundled ones.

A client's name is looked up and never opened; what a client sends is written as a file of ours, in
the folder that was named for it or in one that ends with the server.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from higgs_cli.casting.cast import Voice
from higgs_cli.casting.reference_check import ReferenceReport, check_reference
from higgs_cli.casting.references import SOUND_SUFFIXES, reference_of
from higgs_cli.casting.voice_adding import NewVoice, add_voice
from higgs_cli.casting.voice_library import VoiceLibrary, open_library, read_voices
from higgs_cli.errors import HiggsError, UsageError, VoiceError
from higgs_cli.files.atomic_file import write_whole
from higgs_cli.files.writable import check_folder_place
from higgs_cli.script.names import plain_name
from higgs_cli.server.presets import read_presets
from higgs_cli.server.uploaded_sound import wav_of

MOST_VOICES = 1000
"""That clients may have added at a time."""
MOST_CLONED = 64
"""Recordings of requests that are kept for the next of their kind."""
LONGEST_TEXT = 2000


class VoiceNotFoundError(VoiceError):
    """No voice has the name that was asked for."""

    field = "voice"


@dataclass(frozen=True)
class ShownVoice:
    """A voice as a list shows it."""

    name: str
    kind: str
    """recording or description."""
    description: str | None
    language: str | None
    aliases: tuple[str, ...]
    source: str
    """preset, added, library or bundled."""


class VoiceShelf:
    """For any thread; a context that ends with what it has kept for the server's life."""

    def __init__(
        self,
        voices: Path | None = None,
        added: Path | None = None,
        presets: Path | None = None,
        *,
        allow_outside: bool = False,
    ) -> None:
        if added is not None:
            check_folder_place(added)
        self._library = open_library(voices, allow_outside=allow_outside)
        self._presets = read_presets(presets) if presets else {}
        self._own = Path(tempfile.mkdtemp(prefix="higgs-voices-"))
        self._added = added or self._own / "added"
        self._cloned: OrderedDict[str, Voice] = OrderedDict()
        self._changing = threading.RLock()
        self._sent = VoiceLibrary({}, {})
        self._read_added()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self._own, ignore_errors=True)

    # -- what is there -------------------------------------------------------------------------

    def voice(self, name: str) -> Voice:
        """The voice that a client means, or a refusal that names the near ones."""
        wanted = plain_name(name)
        if wanted in self._presets:
            return self._presets[wanted]
        found = self._sent.named(name.strip()) or self._library.named(name.strip())
        if found is not None:
            return found
        near = [*self._sent.nearest(name), *self._library.nearest(name)]
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        hint = f"{meant}GET /v1/audio/voices lists them"
        raise VoiceNotFoundError(f'no voice is called "{name[:80]}"', hint=hint)

    def shown(self) -> list[ShownVoice]:
        """Every voice once, those first that are found first."""
        found: dict[str, ShownVoice] = {}
        for key, voice in self._presets.items():
            kind = "description" if voice.is_generated else "recording"
            found[key] = ShownVoice(voice.name, kind, voice.description, None, (), "preset")
        for source, entries in (
            ("added", self._sent.own.values()),
            ("library", self._library.own.values()),
            ("bundled", self._library.bundled.values()),
        ):
            for entry in entries:
                shown = ShownVoice(
                    entry.name,
                    entry.kind,
                    entry.description,
                    entry.language,
                    entry.aliases,
                    source,
                )
                found.setdefault(plain_name(entry.name), shown)
        return list(found.values())

    # -- what clients send ----------------------------------------------------------------------

    def add(self, name: str, recording: bytes, text: str | None) -> ReferenceReport:
        """Keep a recording as a voice, checked and made as `higgs voices add` does."""
        text = _checked_text(text)
        with self._changing:
            if len(self._sent.own) >= MOST_VOICES:
                raise VoiceError(f"{MOST_VOICES} voices are there already", hint="delete some")
            taken = {plain_name(voice.name) for voice in self.shown()}
            if plain_name(name) in taken:
                raise VoiceError(f'a voice "{name[:80]}" is there already')
            path = self._written("added", recording, "the recording")
            try:
                report = check_reference(reference_of(path, text))
                if not report.is_usable:
                    flaw = report.findings[0]
                    raise VoiceError(f"not usable as a voice: {flaw.problem}", hint=flaw.mend)
                add_voice(self._added, NewVoice(name, path, text, {}))
            finally:
                path.unlink(missing_ok=True)
            self._read_added()
        return report

    def delete(self, name: str) -> None:
        """Only what a client has added goes."""
        with self._changing:
            entry = self._sent.find(name)
            if entry is None:
                self.voice(name)  # refuses what is not there
                raise UsageError(f'"{name[:80]}" is a voice of the server', hint="it stays")
            if not isinstance(entry.audio, Path):
                raise UsageError(f'"{entry.name}" is listed in a profile.yaml', hint="it stays")
            try:
                for path in (entry.audio, entry.audio.with_suffix(".txt")):
                    path.unlink(missing_ok=True)
            except OSError as error:
                raise HiggsError(f"{entry.name}: cannot be removed: {error.strerror}") from None
            self._read_added()

    def cloned(self, recording: bytes, text: str | None) -> Voice:
        """The voice of a recording that is sent with the words it is to speak."""
        text = _checked_text(text)
        key = hashlib.sha256(recording + b"\x00" + (text or "").encode()).hexdigest()
        with self._changing:
            if key in self._cloned:
                self._cloned.move_to_end(key)
                return self._cloned[key]
            path = self._written(key, recording, "the audio of a message")
            reference = reference_of(path, text)
            report = check_reference(reference)
            if not report.is_usable:
                path.unlink(missing_ok=True)
                flaw = report.findings[0]
                raise VoiceError(f"not usable as a voice: {flaw.problem}", hint=flaw.mend)
            voice = self._cloned[key] = Voice(f"clone {key[:12]}", reference, origin="message")
            while len(self._cloned) > MOST_CLONED:
                _, oldest = self._cloned.popitem(last=False)
                if oldest.reference is not None:
                    oldest.reference.audio.unlink(missing_ok=True)
            return voice

    def _written(self, name: str, recording: bytes, what: str) -> Path:
        """A file of ours with its sound."""
        wav = wav_of(recording, what)
        path = self._own / f"{name}.wav"
        write_whole(path, wav)
        return path

    def _read_added(self) -> None:
        folder = self._added
        try:
            there = list(folder.iterdir()) if folder.is_dir() else []
        except OSError as error:
            raise UsageError(f"{folder}: cannot be read: {error.strerror}") from None
        holds_any = any(each.suffix.lower() in SOUND_SUFFIXES for each in there)
        self._sent = VoiceLibrary(read_voices(folder) if holds_any else {}, {})


def _checked_text(text: str | None) -> str | None:
    words = " ".join((text or "").split())
    if len(words) > LONGEST_TEXT:
        raise VoiceError(f"a transcript has at most {LONGEST_TEXT} characters")
    return words or None
