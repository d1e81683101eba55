"""Takes by content: resume, reuse, several takes of a chunk, never half a file.

    out.higgs/
      store.json                      the format's version; makes a folder a store
      lock                            there while a process renders from this store
      takes/3f/3f09….0.take           key and attempt; immutable
      choices/3f/3f09….json           what a person decided of a chunk: chosen, locked, wanted
      choices.lock                    there while a choice is written
      voices/8c1d….take               codes of encoded references and of minted voices
      spool/performance.f32           samples on their way to the master, swept at each start

A damaged file is set aside as `*.damaged`, counted as missing, and told to the caller. A store
may come from a stranger: nothing in it leads out of it (see `files/place.py`), and only what is
named above is ever swept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.place import LocalPlace
from higgs_cli.files.strict_json import read_record
from higgs_cli.takes import take as take_file
from higgs_cli.takes.kept_takes import KeptTakes
from higgs_cli.takes.take import Take, TakeRecord

STORE_FORMAT = 1
TAKE_SUFFIX = ".take"
MARKER, LOCK, CHOICES_LOCK = "store.json", "lock", "choices.lock"
SPOOL = "spool/performance.f32"
FOLDERS = ("takes", "choices", "voices", "spool")
OURS = frozenset({MARKER, LOCK, CHOICES_LOCK, *(f"{folder}/" for folder in FOLDERS)})
CHOICES_LOCK_SECONDS = 5.0

Read = TypeVar("Read", Take, TakeRecord)


@dataclass(frozen=True)
class Choice:
    """What a person decided of a chunk. `wanted_attempt`: speak until this attempt exists."""

    chosen_attempt: int | None = None
    is_locked: bool = False
    wanted_attempt: int = 0


class TakeStore:
    """The takes of one output. Reading needs no lock; takes are written by the one holder.

    Choices are read once: a render goes by those that it found. Others may write them meanwhile.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged: list[str] = []
        self._place = LocalPlace(folder)
        self._is_open = False
        self._kept = KeptTakes()
        self._voices: dict[str, Take] = {}
        self._choices: dict[str, Choice] = {}
        self._decided: frozenset[str] | None = None
        self._attempts: dict[str, list[int]] | None = None

    def open(self) -> None:
        """Make the folder a store, and sweep what a killed process left."""
        self.refuse_foreign()
        if self._format() is None:
            self._place.write_whole(MARKER, _json({"format": STORE_FORMAT}))
        self._is_open = True
        for folder in ("", *FOLDERS):
            self._place.sweep(folder)
        for folder in ("takes", "choices"):
            for inner in self._inner_folders(folder):
                self._place.sweep(inner)
        self._place.remove(SPOOL)

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
                f"{self.folder} is neither empty nor a take store; nothing is written there",
                hint="name a new or an empty folder with --store",
            )

    def hold(self, doing: str, hint: str) -> AbstractContextManager[None]:
        """One process at a time writes takes; another is told who does."""
        return self._place.lock(LOCK, doing, hint=hint)

    def spool(self) -> Path:
        """Where samples wait for the master, on this machine; nothing lies there."""
        return self._place.scratch(SPOOL)

    # -- takes -----------------------------------------------------------------------------

    def attempts(self, key: str) -> list[int]:
        """The attempts that are stored, in order."""
        return self._index().get(key, [])

    def add(self, take: Take) -> None:
        """Keep a take; it is whole on the disk when this returns."""
        key, attempt = take.record.key, take.record.attempt
        self._place.write_whole(_take_name(key, attempt), take_file.to_bytes(take))
        self._kept.keep(take)
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
        """As it was when choices were first asked for, or as it was decided here since."""
        if self._decided is None:
            self._decided = frozenset(self._names_in("choices"))
        if key not in self._choices:
            is_decided = _choice_name(key) in self._decided
            self._choices[key] = self._read_choice(key) if is_decided else Choice()
        return self._choices[key]

    def decide(self, key: str, choice: Choice) -> None:
        self._change(key, lambda _: choice)

    def ask_for_another(self, key: str) -> None:
        """Remember that a further take is wanted, so that a killed retake is continued."""
        next_attempt = max(self.attempts(key), default=-1) + 1
        self._change(key, lambda choice: replace(choice, wanted_attempt=next_attempt))

    def _change(self, key: str, changed: Callable[[Choice], Choice]) -> None:
        """What stands there now becomes another; nobody else writes between the two."""
        doing = f"writing down decisions in {self.folder}"
        with self._place.lock(CHOICES_LOCK, doing, seconds=CHOICES_LOCK_SECONDS):
            choice = changed(self._read_choice(key))
            value = {
                "chosen": choice.chosen_attempt,
                "locked": choice.is_locked,
                "wanted": choice.wanted_attempt,
            }
            self._place.write_whole(_choice_name(key), _json(value))
        self._choices[key] = choice

    def _read_choice(self, key: str) -> Choice:
        name = _choice_name(key)
        try:
            data = self._place.read(name)
            if data is None:
                return Choice()
            value = read_record(data, name)
            chosen = value.whole("chosen") if "chosen" in value else None
            return Choice(chosen, value.flag("locked"), value.whole("wanted"))
        except FormatError:
            self.damaged.append(_last(name))
            return Choice()

    # -- voices ----------------------------------------------------------------------------

    def voice(self, voice_key: str) -> Take | None:
        """Codes of a reference, or a minted voice with its words, by content."""
        if voice_key not in self._voices:
            name = _voice_name(voice_key)
            try:
                data = self._place.read(name)
                if data is None:
                    return None
                self._voices[voice_key] = take_file.from_bytes(data, _last(name))
            except FormatError:
                self.damaged.append(_last(name))
                return None
        return self._voices[voice_key]

    def add_voice(self, voice_key: str, take: Take) -> None:
        self._place.write_whole(_voice_name(voice_key), take_file.to_bytes(take))
        self._voices[voice_key] = take

    # -- care ------------------------------------------------------------------------------

    def verify(self) -> Iterator[str]:
        """Read every byte; yield the name of each file that is not what was written."""
        for name in self._take_names():
            try:
                data = self._place.read(name)
                if data is None:
                    continue
                record = take_file.record_from_bytes(data, _last(name))
            except FormatError:
                yield _last(name)
                continue
            if name != _take_name(record.key, record.attempt):
                yield _last(name)

    def _read(self, key: str, attempt: int, opened: Callable[[bytes, str], Read]) -> Read | None:
        """A take file as `opened` makes it, if it is whole and what its name says."""
        name = _take_name(key, attempt)
        try:
            data = self._place.read(name)
            if data is None:
                return None
            read = opened(data, _last(name))
            record = read.record if isinstance(read, Take) else read
            if (record.key, record.attempt) == (key, attempt):
                return read
        except FormatError:
            pass
        self._set_aside(key, attempt)
        return None

    def _set_aside(self, key: str, attempt: int) -> None:
        name = _take_name(key, attempt)
        self.damaged.append(_last(name))
        if self._is_open:  # who only looks at a store changes nothing in it
            self._place.set_aside(name)
        known = self._index().get(key, [])
        if attempt in known:
            known.remove(attempt)

    def _index(self) -> dict[str, list[int]]:
        if self._attempts is None:
            self._attempts = {}
            for name in self._take_names():
                key, _, attempt = _last(name).removesuffix(TAKE_SUFFIX).rpartition(".")
                if attempt.isdecimal():
                    self._attempts.setdefault(key, []).append(int(attempt))
            for attempts in self._attempts.values():
                attempts.sort()
        return self._attempts

    def _take_names(self) -> list[str]:
        return [name for name in self._names_in("takes") if name.endswith(TAKE_SUFFIX)]

    def _names_in(self, folder: str) -> list[str]:
        return [
            f"{inner}/{name}"
            for inner in self._inner_folders(folder)
            for name in self._place.names(inner)
        ]

    def _inner_folders(self, folder: str) -> list[str]:
        """Those of two letters; a link in the place of one is refused when it is opened."""
        names = (name.rstrip("/") for name in self._place.names(folder))
        return [f"{folder}/{name}" for name in names if len(name) == 2]

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
        return set(self._place.names()) <= OURS and bool(self._take_names())


def _take_name(key: str, attempt: int) -> str:
    return f"takes/{key[:2]}/{key}.{attempt}{TAKE_SUFFIX}"


def _choice_name(key: str) -> str:
    return f"choices/{key[:2]}/{key}.json"


def _voice_name(voice_key: str) -> str:
    return f"voices/{voice_key}{TAKE_SUFFIX}"


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _json(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"
