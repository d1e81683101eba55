"""Takes on disk by content: resume, reuse, several takes of a chunk, never half a file.

    out.higgs/
      store.json                      the format's version
      lock                            held by the process that renders
      takes/3f/3f09….0.take           key and attempt; immutable
      choices/3f/3f09….json           what a person decided of a chunk: chosen, locked, wanted
      voices/8c1d….take               codes of encoded references and of minted voices
      spool/                          samples on their way to the master, swept at each start

A damaged file is set aside as `*.damaged`, counted as missing, and told to the caller.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.atomic_file import PARTIAL_SUFFIX, disk_errors, write_whole
from higgs_cli.takes import take as take_file
from higgs_cli.takes.take import Take, TakeRecord

STORE_FORMAT = 1
TAKE_SUFFIX = ".take"


@dataclass(frozen=True)
class Choice:
    """What a person decided of a chunk. `wanted_attempt`: speak until this attempt exists."""

    chosen_attempt: int | None = None
    is_locked: bool = False
    wanted_attempt: int = 0


class TakeStore:
    """The takes of one output. Reading needs no lock; writing is done by the one holder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.damaged: list[str] = []
        self._attempts: dict[str, list[int]] | None = None

    def open(self) -> None:
        """Make the folders, refuse a newer format by name, sweep what a killed process left."""
        with disk_errors(self.folder, 0):
            for name in ("takes", "choices", "voices", "spool"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.check_format()
        marker = self.folder / "store.json"
        content = json.dumps({"format": STORE_FORMAT}).encode() + b"\n"
        if not marker.exists() or marker.read_bytes() != content:
            write_whole(marker, content)
        self._sweep()

    def check_format(self) -> None:
        """A store of a newer higgs is refused by name; a damaged marker is mended by `open`."""
        try:
            written = json.loads((self.folder / "store.json").read_bytes())["format"]
        except (OSError, ValueError, TypeError, KeyError):
            return
        if isinstance(written, int) and written > STORE_FORMAT:
            raise UsageError(
                f"{self.folder} was written by a newer higgs (format {written}; "
                f"this one reads {STORE_FORMAT})",
                hint="update higgs, or name another store with --store",
            )

    @property
    def spool_file(self) -> Path:
        """Samples on their way to the master."""
        return self.folder / "spool" / "performance.f32"

    # -- takes -----------------------------------------------------------------------------

    def attempts(self, key: str) -> list[int]:
        """The attempts that are stored, in order."""
        return self._index().get(key, [])

    def add(self, take: Take) -> None:
        """Keep a take; it is whole on the disk when this returns."""
        path = self._take_path(take.record.key, take.record.attempt)
        with disk_errors(path, 0):
            path.parent.mkdir(exist_ok=True)
        write_whole(path, take_file.to_bytes(take))
        known = self._index().setdefault(take.record.key, [])
        if take.record.attempt not in known:
            known.append(take.record.attempt)
            known.sort()

    def take(self, key: str, attempt: int) -> Take | None:
        """A stored take, or None when it is missing or damaged."""
        data = self._read(key, attempt)
        if data is None:
            return None
        try:
            return take_file.from_bytes(data, self._take_path(key, attempt).name)
        except FormatError:
            self._set_aside(key, attempt)
            return None

    def record(self, key: str, attempt: int) -> TakeRecord | None:
        data = self._read(key, attempt)
        if data is None:
            return None
        try:
            record = take_file.record_from_bytes(data, self._take_path(key, attempt).name)
        except FormatError:
            record = None
        if record is None or (record.key, record.attempt) != (key, attempt):
            self._set_aside(key, attempt)
            return None
        return record

    def records(self, key: str) -> list[TakeRecord]:
        """Every whole take of a chunk, in order of attempts."""
        found = (self.record(key, attempt) for attempt in list(self.attempts(key)))
        return [record for record in found if record is not None]

    def all_records(self) -> Iterator[TakeRecord]:
        """The first whole take of every chunk that is stored."""
        for key in sorted(self._index()):
            yield from self.records(key)[:1]

    # -- choices ---------------------------------------------------------------------------

    def choice(self, key: str) -> Choice:
        try:
            value = json.loads(self._choice_path(key).read_bytes())
            return Choice(value["chosen"], value["locked"], value["wanted"])
        except FileNotFoundError:
            return Choice()
        except (OSError, ValueError, TypeError, KeyError):
            self.damaged.append(self._choice_path(key).name)
            return Choice()

    def decide(self, key: str, choice: Choice) -> None:
        path = self._choice_path(key)
        value = {
            "chosen": choice.chosen_attempt,
            "locked": choice.is_locked,
            "wanted": choice.wanted_attempt,
        }
        with disk_errors(path, 0):
            path.parent.mkdir(exist_ok=True)
        write_whole(path, json.dumps(value).encode() + b"\n")

    def ask_for_another(self, key: str) -> None:
        """Remember that a further take is wanted, so that a killed retake is continued."""
        next_attempt = max(self.attempts(key), default=-1) + 1
        self.decide(key, replace(self.choice(key), wanted_attempt=next_attempt))

    # -- voices ----------------------------------------------------------------------------

    def voice(self, voice_key: str) -> Take | None:
        """Codes of a reference, or a minted voice with its words, by content."""
        path = self._voice_path(voice_key)
        try:
            return take_file.from_bytes(path.read_bytes(), path.name)
        except FileNotFoundError:
            return None
        except FormatError:
            self.damaged.append(path.name)
            return None

    def add_voice(self, voice_key: str, take: Take) -> None:
        write_whole(self._voice_path(voice_key), take_file.to_bytes(take))

    # -- care ------------------------------------------------------------------------------

    def verify(self) -> Iterator[str]:
        """Read every byte; yield the name of each file that is not what was written."""
        for path in sorted(self.folder.glob("takes/*/*.take")):
            try:
                record = take_file.record_from_bytes(path.read_bytes(), path.name)
            except FormatError:
                yield path.name
                continue
            if path != self._take_path(record.key, record.attempt):
                yield path.name

    def _index(self) -> dict[str, list[int]]:
        if self._attempts is None:
            self._attempts = {}
            for path in (self.folder / "takes").glob("*/*.take"):
                key, _, attempt = path.name.removesuffix(TAKE_SUFFIX).partition(".")
                if attempt.isdecimal():
                    self._attempts.setdefault(key, []).append(int(attempt))
            for attempts in self._attempts.values():
                attempts.sort()
        return self._attempts

    def _read(self, key: str, attempt: int) -> bytes | None:
        try:
            return self._take_path(key, attempt).read_bytes()
        except FileNotFoundError:
            return None

    def _set_aside(self, key: str, attempt: int) -> None:
        path = self._take_path(key, attempt)
        self.damaged.append(path.name)
        with suppress(OSError):
            path.rename(path.with_suffix(".damaged"))
        known = self._index().get(key, [])
        if attempt in known:
            known.remove(attempt)

    def _take_path(self, key: str, attempt: int) -> Path:
        return self.folder / "takes" / key[:2] / f"{key}.{attempt}{TAKE_SUFFIX}"

    def _choice_path(self, key: str) -> Path:
        return self.folder / "choices" / key[:2] / f"{key}.json"

    def _voice_path(self, voice_key: str) -> Path:
        return self.folder / "voices" / f"{voice_key}{TAKE_SUFFIX}"

    def _sweep(self) -> None:
        for path in [*self.folder.rglob(f".*{PARTIAL_SUFFIX}"), *self.folder.glob("spool/*")]:
            with suppress(OSError):
                path.unlink()
