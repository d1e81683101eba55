"""Takes by content: resume, reuse, several takes of a chunk, never half a file.

`layout.py` says what lies where. A damaged file is set aside as `*.damaged`, counted as missing,
and told to the caller. A store may come from a stranger: nothing in it leads out of it (see
`files/place.py`), and only what the tool itself makes is ever swept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.place import LocalPlace, Place
from higgs_cli.files.stand_ins import nearby, place_of
from higgs_cli.files.strict_json import read_record
from higgs_cli.speech.protocol import CodesForm
from higgs_cli.stopping import checkpoint
from higgs_cli.takes import take as take_file
from higgs_cli.takes.choices import Choice, StoredChoices
from higgs_cli.takes.contents import StoreContents
from higgs_cli.takes.heard_files import HeardFiles
from higgs_cli.takes.kept_covers import KeptCovers
from higgs_cli.takes.kept_takes import KeptTakes
from higgs_cli.takes.layout import (
    CHOICES,
    FOLDERS,
    HEARINGS,
    LOCK,
    MARKER,
    OURS,
    SOUNDS,
    SPOOL_FILE,
    TAKE_SUFFIX,
    TAKES,
    inner_folders,
    last_part,
    lasts,
    pickups_name,
    take_name,
    take_names,
    voice_name,
    voice_names,
)
from higgs_cli.takes.sound_files import SoundFiles
from higgs_cli.takes.take import MOST_ATTEMPTS, Take, TakeRecord
from higgs_cli.takes.written_files import WrittenFiles

STORE_FORMAT = 1
MOST_PICKUPS = 100_000
"""Remarks that are known to have been carried out, of each output."""

Read = TypeVar("Read", Take, TakeRecord)


class TakeStore:
    """The takes of one output. Reading needs no lock; takes are written by the one holder.

    While it is open, no file of it is read twice: what was read or written is kept in memory.
    """

    def __init__(self, folder: Path, place: Place | None = None) -> None:
        """`place`: where it lies, if that is not the folder on the disk."""
        self.folder = folder
        self.damaged: list[str] = []
        self._place = place or place_of(folder, lasts)
        self._is_open = False
        self._form: CodesForm | None = None
        self._kept = KeptTakes()
        self._voices: dict[str, Take] = {}
        self._choices = StoredChoices(self._place, str(folder), self.damaged)
        self.written = WrittenFiles(self._place)
        self.carried_out = WrittenFiles(self._place, pickups_name, MOST_PICKUPS)
        self.sounds = SoundFiles(place or LocalPlace(nearby(folder)))
        self.covers = KeptCovers(self._place)
        self.contents = StoreContents(self._place)
        self.heard = HeardFiles(self._place)
        self._attempts: dict[str, list[int]] | None = None

    def looked_at_again(self) -> TakeStore:
        """The same store as it is now. A take never changes: what was read of it is known."""
        again = TakeStore(self.folder, self._place)
        again._kept = self._kept
        return again

    def open(self) -> None:
        """Make the folder a store, and sweep what a killed process left."""
        self.refuse_foreign()
        if self._format() is None:
            marker = json.dumps({"format": STORE_FORMAT}).encode() + b"\n"
            self._place.write_whole(MARKER, marker)
        self._is_open = True
        for folder in ("", *FOLDERS):
            self._place.sweep(folder)
        for folder in (TAKES, CHOICES, SOUNDS, HEARINGS):
            for inner in inner_folders(self._place, folder):
                self._place.sweep(inner)
        self._place.remove(SPOOL_FILE)

    def expect(self, form: CodesForm) -> None:
        """From now on a take whose codes are none of this model's counts as damaged."""
        self._form = form

    def refuse_foreign(self) -> None:
        """Only a store, a new folder or an empty one is written to; touches nothing."""
        written = self._format()
        if written is not None and written > STORE_FORMAT:
            raise UsageError(
                f"{self.folder} was written by a newer higgs (format {written}; "
                f"this one reads {STORE_FORMAT})",
                hint="update higgs, or name another store with --store",
            )
        if written is None and not self._is_new() and not self._has_lost_its_marker():
            raise UsageError(
                f"{self.folder} is neither empty nor a take store, so nothing is written there",
                hint="name a new or an empty folder with --store",
            )

    @property
    def exists(self) -> bool:
        """Whether a store lies in the folder."""
        return self._format() is not None or self._has_lost_its_marker()

    def hold(self, doing: str, hint: str) -> AbstractContextManager[None]:
        """One process at a time writes takes; another is told who does."""
        return self._place.lock(LOCK, doing, hint=hint)

    # -- takes -----------------------------------------------------------------------------

    def attempts(self, key: str) -> list[int]:
        """The attempts that are stored, in order."""
        return self._index().get(key, [])

    def add(self, take: Take) -> None:
        """Keep a take; it is whole on the disk when this returns."""
        self.write(take)
        self.note(take)

    def write(self, take: Take) -> None:
        """The part of it that waits for the disk: for any thread."""
        name = take_name(take.record.key, take.record.attempt)
        self._place.write_whole(name, take_file.to_bytes(take))

    def note(self, take: Take) -> None:
        """The rest, for a take that was written: from now on it counts. Codes that stayed where
        they were spoken are read when they are asked for."""
        key, attempt = take.record.key, take.record.attempt
        if len(take.codes):
            self._kept.keep(take)
        else:
            self._kept.keep_record(take.record)
        known = self._index().setdefault(key, [])
        if attempt not in known:
            known.append(attempt)
            known.sort()

    def take(self, key: str, attempt: int) -> Take | None:
        """A stored take, or None when it is missing or damaged; its recipe may be left out."""
        kept = self._kept.take(key, attempt)
        if kept is not None:
            return kept
        take = self._read(key, attempt, take_file.from_bytes)
        if take is not None and self._is_open:
            self._kept.keep(take)
        return take

    def record(self, key: str, attempt: int) -> TakeRecord | None:
        """The same without codes, and always without the recipe."""
        kept = self._kept.record(key, attempt)
        if kept is None and self._is_open:  # whoever renders will want the codes as well
            self.take(key, attempt)
            kept = self._kept.record(key, attempt)
        elif kept is None:
            record = self._read(key, attempt, take_file.record_from_bytes)
            kept = None if record is None else self._kept.keep_record(record)
        return kept

    def records(self, key: str) -> list[TakeRecord]:
        """Every whole take of a chunk, in order of attempts."""
        found = (self.record(key, attempt) for attempt in list(self.attempts(key)))
        return [record for record in found if record is not None]

    def all_records(self) -> Iterator[TakeRecord]:
        """The first whole take of every chunk that is stored, with its recipe; read anew."""
        for key in sorted(self._index()):
            found = (
                self._read(key, attempt, take_file.record_from_bytes)
                for attempt in list(self.attempts(key))
            )
            yield from islice((record for record in found if record is not None), 1)

    # -- choices ---------------------------------------------------------------------------

    def choice(self, key: str) -> Choice:
        return self._choices.of(key)

    def decide(self, key: str, choice: Choice) -> None:
        self._choices.change(key, lambda _: choice)

    def change_choice(self, key: str, changed: Callable[[Choice], Choice]) -> None:
        """What stands there now becomes another, unless that raises an error."""
        self._choices.change(key, changed)

    def ask_for_another(self, key: str) -> None:
        """Remember that a further take is wanted, so that a killed retake is continued."""
        next_attempt = max(self.attempts(key), default=-1) + 1
        self._choices.change(key, lambda choice: replace(choice, wanted_attempt=next_attempt))

    # -- voices ----------------------------------------------------------------------------

    def voice(self, voice_key: str) -> Take | None:
        """Codes of a reference, or a generated voice with its words, by content."""
        if voice_key not in self._voices:
            name = voice_name(voice_key)
            try:
                data = self._place.read(name)
                if data is None:
                    return None
                voice = take_file.from_bytes(data, last_part(name))
                if voice.record.key != voice_key or not self._fits(voice) or not voice.codes.size:
                    raise FormatError(f"{last_part(name)}: not the voice that its name says")
            except FormatError:
                self.damaged.append(last_part(name))
                return None
            self._voices[voice_key] = voice
        return self._voices[voice_key]

    def add_voice(self, voice_key: str, take: Take) -> None:
        self._place.write_whole(voice_name(voice_key), take_file.to_bytes(take))
        self._voices[voice_key] = take

    # -- care ------------------------------------------------------------------------------

    def verify(self) -> Iterator[str]:
        """Read every byte; yield the name of each file that is not what was written."""
        for name in take_names(self._place):
            take = self._whole(name)
            if take is None or name != take_name(take.record.key, take.record.attempt):
                yield last_part(name)
        for name in voice_names(self._place):
            voice = self._whole(name)
            if voice is None or name != voice_name(voice.record.key):
                yield last_part(name)
        yield from self._choices.damaged_names()
        yield from self.sounds.damaged_names()
        yield from self.heard.damaged_names()

    def _whole(self, name: str) -> Take | None:
        """A take or voice by its place, however it is called; None if it is damaged."""
        try:
            take = take_file.from_bytes(self._place.read(name) or b"", last_part(name))
        except FormatError:
            return None
        return take if self._fits(take) else None

    def _read(self, key: str, attempt: int, opened: Callable[[bytes, str], Read]) -> Read | None:
        """A take file as `opened` makes it, if it is whole and what its name says."""
        checkpoint()  # a book has many
        name = take_name(key, attempt)
        try:
            data = self._place.read(name)
            if data is None:
                return None
            read = opened(data, last_part(name))
            record = read.record if isinstance(read, Take) else read
            if (record.key, record.attempt) == (key, attempt) and self._fits(read):
                return read
        except FormatError:
            pass
        self._set_aside(key, attempt)
        return None

    def _fits(self, read: Take | TakeRecord) -> bool:
        """Whether the codes, where they were read, are ones that the model may have spoken."""
        if isinstance(read, TakeRecord) or self._form is None:
            return True
        return self._form.has(read.codes)

    def _set_aside(self, key: str, attempt: int) -> None:
        name = take_name(key, attempt)
        self.damaged.append(last_part(name))
        if self._is_open:  # who only looks at a store changes nothing in it
            self._place.set_aside(name)
        known = self._index().get(key, [])
        if attempt in known:
            known.remove(attempt)

    def _index(self) -> dict[str, list[int]]:
        if self._attempts is None:
            self._attempts = {}
            for name in take_names(self._place):
                key, _, attempt = last_part(name).removesuffix(TAKE_SUFFIX).rpartition(".")
                if attempt.isdecimal() and int(attempt) <= MOST_ATTEMPTS:
                    self._attempts.setdefault(key, []).append(int(attempt))
            for attempts in self._attempts.values():
                attempts.sort()
        return self._attempts

    def _format(self) -> int | None:
        """Of the marker, where there is one of ours; a damaged one is mended by `open`."""
        try:
            data = self._place.read(MARKER)
            return None if data is None else read_record(data, MARKER).whole("format", 1)
        except FormatError:
            return None

    def _is_new(self) -> bool:
        names = set(self._place.names())
        return names <= OURS - {MARKER} and not any(map(self._place.names, FOLDERS))

    def _has_lost_its_marker(self) -> bool:
        return set(self._place.names()) <= OURS and bool(take_names(self._place))
