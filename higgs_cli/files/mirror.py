"""Files of a stand-in and objects of a prefix, carried to and fro.

What was carried is remembered by its tag, so that nothing unchanged is carried again, and so that
an object is replaced or removed only where it is still the one that was seen: what somebody else
wrote there meanwhile is never lost. Take stores are not carried; see `stand_ins.py`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from higgs_cli.errors import FormatError, UsageError
from higgs_cli.files.atomic_file import is_aside, written_aside
from higgs_cli.files.object_address import ObjectAddress, opened_store
from higgs_cli.files.object_requests import answered
from higgs_cli.files.place import LocalPlace
from higgs_cli.files.stand_ins import stand_in
from higgs_cli.files.strict_json import read_record
from higgs_cli.files.user_cache import cache_folder
from higgs_cli.stopping import checkpoint

PIECE_BYTES = 8 << 20
"""Larger files are sent in pieces, which appear as one object or not at all."""
MOST_FETCHED_BYTES = 16 << 30
TAGS = ".tags"
STORE_ENDING = ".higgs/"

Wanted = Callable[[str], bool]


@dataclass(frozen=True)
class _Seen:
    """An object as it was carried, and its file as it was then."""

    e_tag: str
    size: int
    changed_at: int
    """In microseconds."""


class Mirror:
    """One prefix and its stand-in; `address` names a folder."""

    def __init__(self, address: ObjectAddress) -> None:
        self.address = address
        self.folder = stand_in(address)
        self._store: Any = opened_store(address)
        self._here = LocalPlace(self.folder)

    def fetch(self, wanted: Wanted) -> int:
        """Every object that is wanted by its name is a file here; how many there are."""
        found = [each for each in self._objects() if wanted(each["path"])]
        if sum(each["size"] for each in found) > MOST_FETCHED_BYTES:
            raise UsageError(
                f"{self.address} holds more than {MOST_FETCHED_BYTES >> 30} GB",
                hint="name a folder with less in it",
            )
        for each in found:
            self._fetch(each)
        return len(found)

    def send(self, wanted: Wanted) -> list[str]:
        """Every file that has changed since it was carried is an object; those that were sent. What
        was carried and is not here any more is removed there too."""
        sent = []
        names = set(self._files())
        for name in sorted(filter(wanted, names)):
            if self._send(name):
                sent.append(name)
        for name in self._carried():
            if wanted(name) and name not in names:
                self._remove(name)
        return sent

    # -- from there ------------------------------------------------------------------------

    def _objects(self) -> Iterator[Any]:
        import obstore

        def listed() -> list[Any]:
            return [each for batch in obstore.list(self._store) for each in batch]

        for each in self._asked("list", "", listed):
            if _is_carried(each["path"]):
                yield each

    def _fetch(self, found: Any) -> None:
        import obstore

        name, e_tag = found["path"], found["e_tag"]
        path, seen = self.folder / name, self._seen(name)
        if seen is not None and _is_unchanged(path, seen):
            if seen.e_tag == e_tag:
                return
        elif path.exists():
            if seen is not None and seen.e_tag == e_tag:
                return  # what is here is newer, and was not sent
            raise UsageError(
                f"{self.address / name} has changed there, and here by a command that was stopped",
                hint=f"look at both, and remove one: the one here is {_here(path)}",
            )
        path.parent.mkdir(parents=True, exist_ok=True)

        def received() -> str:
            got = obstore.get(self._store, name)
            with written_aside(path, found["size"]) as file:
                for piece in got.stream(min_chunk_size=PIECE_BYTES):
                    checkpoint()
                    file.write(piece)
            return str(got.meta["e_tag"])

        self._see(name, self._asked("read", name, received), path.stat())

    # -- to there --------------------------------------------------------------------------

    def _send(self, name: str) -> bool:
        path, seen = self.folder / name, self._seen(name)
        if seen is not None and _is_unchanged(path, seen):
            return False
        status = path.stat()  # it may be replaced while it is sent, and is then sent again
        try:
            e_tag = self._asked("write", name, lambda: self._put(name, path, seen))
            self._see(name, e_tag, status)
        except _ReplacedError:
            raise UsageError(
                f"{self.address / name} was written by somebody else meanwhile",
                hint=f"what was to be written there is {_here(path)}",
            ) from None
        return True

    def _put(self, name: str, path: Path, seen: _Seen | None) -> str:
        """The tag of what is there now: the file, put where nothing is but what was seen."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        if path.stat().st_size > PIECE_BYTES:
            if self._tag_there(name) != (seen.e_tag if seen else None):
                raise _ReplacedError
            obstore.put(self._store, name, path, chunk_size=PIECE_BYTES)
            return self._tag_there(name) or ""
        data = path.read_bytes()
        mode: Any = {"e_tag": seen.e_tag} if seen else "create"
        try:
            return str(obstore.put(self._store, name, data, mode=mode)["e_tag"])
        except (AlreadyExistsError, PreconditionError, FileNotFoundError):
            there = self._there(name)
            if there is not None and there[0] == data:
                return there[1]  # the answer to the first try was lost
            raise _ReplacedError from None

    def _remove(self, name: str) -> None:
        import obstore

        seen = self._seen(name)
        if seen is not None and self._asked("read", name, lambda: self._tag_there(name)) in (
            None,
            seen.e_tag,
        ):
            with suppress(FileNotFoundError):
                self._asked("remove", name, lambda: obstore.delete(self._store, name))
        self._here.remove(_tag_name(name))

    def _there(self, name: str) -> tuple[bytes, str] | None:
        import obstore

        with suppress(FileNotFoundError):
            got = obstore.get(self._store, name)
            return bytes(got.bytes()), str(got.meta["e_tag"])
        return None

    def _tag_there(self, name: str) -> str | None:
        import obstore

        with suppress(FileNotFoundError):
            return str(obstore.head(self._store, name)["e_tag"])
        return None

    def _asked(self, verb: str, name: str, ask: Callable[[], Any]) -> Any:
        return answered(ask, verb, str(self.address / name if name else self.address))

    # -- here ------------------------------------------------------------------------------

    def _files(self) -> Iterator[str]:
        for path in self.folder.rglob("*"):
            name = path.relative_to(self.folder).as_posix()
            if _is_carried(name) and path.is_file() and not path.is_symlink():
                yield name

    def _carried(self) -> list[str]:
        """Names of all that was ever carried and not removed since."""
        names = []
        for path in self.folder.rglob(f"{TAGS}/*.json"):
            tag = path.relative_to(self.folder).as_posix()
            folder = tag.removesuffix(f"{TAGS}/{path.name}")
            with suppress(FormatError):
                names.append(folder + read_record(self._here.read(tag) or b"", tag).text("name"))
        return names

    def _seen(self, name: str) -> _Seen | None:
        tag = _tag_name(name)
        with suppress(FormatError):
            if (data := self._here.read(tag)) is not None:
                record = read_record(data, tag)
                numbers = record.whole("size"), record.whole("changed_at")
                return _Seen(record.text("e_tag"), *numbers)
        return None

    def _see(self, name: str, e_tag: str, status: os.stat_result) -> None:
        told = {
            "name": name.rpartition("/")[2],
            **asdict(_Seen(e_tag, status.st_size, status.st_mtime_ns // 1000)),
        }
        self._here.write_whole(_tag_name(name), json.dumps(told).encode())


class _ReplacedError(Exception):
    """What is there is not what was seen there."""


def _is_carried(name: str) -> bool:
    """No part of a take store, and nothing that is hidden: locks, asides, tags."""
    hidden = any(part.startswith(".") for part in name.split("/"))
    return bool(name) and not hidden and STORE_ENDING not in name and not is_aside(name)


def _is_unchanged(path: Path, seen: _Seen) -> bool:
    with suppress(OSError):
        status = path.stat()
        return (status.st_size, status.st_mtime_ns // 1000) == (seen.size, seen.changed_at)
    return False


def _here(path: Path) -> str:
    """As a person finds it, who would else be told its address."""
    return f"{path.relative_to(cache_folder())} in the cache folder of higgs"


def _tag_name(name: str) -> str:
    """In the folder of the file, whichever folder of it was named."""
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{TAGS}/{hashlib.sha256(last.encode()).hexdigest()[:32]}.json"
