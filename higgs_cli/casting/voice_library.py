"""Finds a voice by its name, in the user's library first and then in the bundled one.

A library is a `profile.yaml`, or a folder: its profile if it has one, and every recording in it
that the profile does not name, called as its file is.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from higgs_cli.casting.cast import Voice
from higgs_cli.casting.consent import Consent
from higgs_cli.casting.profile import VoiceEntry, read_profile
from higgs_cli.casting.references import SOUND_SUFFIXES, reference_of
from higgs_cli.errors import HiggsError, VoiceError
from higgs_cli.files.bundled import bundled_folder
from higgs_cli.script.names import plain_name

PROFILE_NAMES = ("profile.yaml", "profile.yml")
DESCRIBED = "profile:"
SMART = "smart"


@dataclass(frozen=True)
class VoiceLibrary:
    """Voices by name. `own` are the user's, `bundled` the ones that come with the program."""

    own: dict[str, VoiceEntry]
    bundled: dict[str, VoiceEntry]
    allow_outside: bool = False

    @cached_property
    def own_names(self) -> dict[str, VoiceEntry]:
        """The user's voices by every name they have, as names are compared."""
        return by_name(self.own)

    @cached_property
    def _bundled_names(self) -> dict[str, VoiceEntry]:
        return by_name(self.bundled)

    def entries(self) -> list[VoiceEntry]:
        """Every voice once: the user's, then the bundled ones that have another name."""
        taken = {plain_name(name) for name in self.own}
        others = [entry for name, entry in self.bundled.items() if plain_name(name) not in taken]
        return [*self.own.values(), *others]

    def find(self, name: str) -> VoiceEntry | None:
        """The voice of this name or alias."""
        wanted = plain_name(name)
        return self.own_names.get(wanted) or self._bundled_names.get(wanted)

    def voice(self, written: str) -> Voice:
        """What `--cast` names: a voice, `profile:NAME`, a recording, or `smart`."""
        name = written.strip()
        voice = self.named(name)
        if voice is not None:
            return voice
        path = Path(name)
        if path.suffix.lower() in SOUND_SUFFIXES:
            return Voice(path.stem, reference_of(path), origin=name)
        raise self.unknown(name)

    def named(self, name: str) -> Voice | None:
        """The voice of this name, `profile:NAME` or `smart`; never a file that nobody listed."""
        if plain_name(name) == SMART:
            return Voice(SMART)
        if name.lower().startswith(DESCRIBED):
            return self._described(name[len(DESCRIBED) :].strip())
        entry = self.find(name)
        return None if entry is None else entry.opened(allow_outside=self.allow_outside)

    def _described(self, name: str) -> Voice:
        entry = self.find(name)
        if entry is None:
            raise self.unknown(name)
        if entry.description is None:
            raise VoiceError(f'the voice "{entry.name}" has no description', hint="drop `profile:`")
        origin = str(entry.origin)
        return Voice(entry.name, None, entry.description, entry.language, origin=origin)

    def unknown(self, name: str) -> VoiceError:
        near = self.nearest(name)
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        return VoiceError(f'no voice is called "{name}"', hint=f"{meant}(see: higgs voices list)")

    def nearest(self, name: str) -> list[str]:
        names = {plain_name(entry.name): entry.name for entry in self.entries()}
        return [names[near] for near in get_close_matches(plain_name(name), names, n=2)]


def by_name(library: dict[str, VoiceEntry]) -> dict[str, VoiceEntry]:
    """The entry that each name means or, where none has that name, each alias."""
    found: dict[str, VoiceEntry] = {}
    for entry in library.values():
        found.setdefault(plain_name(entry.name), entry)
    for entry in library.values():
        for alias in entry.aliases:
            found.setdefault(plain_name(alias), entry)
    return found


def open_library(place: Path | None, *, allow_outside: bool = False) -> VoiceLibrary:
    """The user's library, where one is named, over the bundled voices."""
    own = read_voices(place) if place is not None else {}
    folder = bundled_folder("voices")
    bundled = read_voices(folder) if folder.is_dir() else {}
    return VoiceLibrary(own, bundled, allow_outside)


def read_voices(place: Path) -> dict[str, VoiceEntry]:
    """The voices of a profile or of a folder, in their order."""
    if place.is_file():
        return read_profile(place)
    if not place.is_dir():
        raise VoiceError(f"{place}: no such profile or folder")
    profiles = [place / name for name in PROFILE_NAMES if (place / name).is_file()]
    entries = read_profile(profiles[0]) if profiles else {}
    named = {_audio_name(entry) for entry in entries.values()} | _mood_names(entries)
    known = set(by_name(entries))
    for path in sorted(place.iterdir()):
        is_sound = path.suffix.lower() in SOUND_SUFFIXES and path.is_file()
        if is_sound and path.name not in named and plain_name(path.stem) not in known:
            entries[path.stem] = VoiceEntry(path.stem, path, audio=path)
            known.add(plain_name(path.stem))
    if not entries:
        raise VoiceError(f"{place}: contains no voices", hint="higgs voices add NAME recording.wav")
    return entries


def consent_beside(recording: Path, sha256: str) -> Consent | None:
    """What the profile in a recording's folder says of it; one that cannot be read says nothing."""
    for name in PROFILE_NAMES:
        with suppress(HiggsError, OSError):
            for entry in read_profile(recording.parent / name).values():
                if entry.consent is not None and entry.consent.sha256 == sha256:
                    return entry.consent
    return None


def _audio_name(entry: VoiceEntry) -> str:
    if entry.audio is None or isinstance(entry.audio, Path):
        return ""
    return Path(str(entry.audio.entries("a recording")["audio"].value)).name


def _mood_names(entries: dict[str, VoiceEntry]) -> set[str]:
    return {
        Path(str(node.entries("a recording")["audio"].value)).name
        for entry in entries.values()
        for node in entry.moods.values()
    }
