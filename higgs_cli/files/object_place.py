"""A prefix of an object store as a place: the same verbs as a folder, over the network.

Every object is written in one piece, so readers see the old or all of the new. For requests
that fail: `object_requests.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar

from higgs_cli.errors import FormatError, HiggsError
from higgs_cli.files.lease import Lease
from higgs_cli.files.object_requests import answered
from higgs_cli.files.place import MOST_BYTES, Entry

if TYPE_CHECKING:
    from obstore.store import MemoryStore, S3Store

PATIENCE_SECONDS = 45.0
"""A store may be away for a while in a long night; a lease lasts longer."""

Answer = TypeVar("Answer")


class ObjectPlace:
    """Objects under one prefix; `name` is what messages call it."""

    def __init__(
        self, store: S3Store | MemoryStore, name: str, lease_seconds: float = 60.0
    ) -> None:
        self.name = name
        self._store: Any = store
        self._lease_seconds = lease_seconds
        self._lease: Lease | None = None

    def read(self, name: str) -> bytes | None:
        import obstore

        def asked() -> bytes:
            found = obstore.get(self._store, _checked(name))
            if found.meta["size"] > MOST_BYTES:
                raise FormatError(f"{name}: larger than {MOST_BYTES >> 20} MB")
            return bytes(found.bytes())

        with suppress(FileNotFoundError):
            return self._tried("read", name, asked)
        return None

    def write_whole(self, name: str, data: bytes) -> None:
        import obstore

        self._refuse_if_lost()
        self._tried("write", name, lambda: obstore.put(self._store, _checked(name), data))

    def write_passing(self, name: str, *parts: bytes | memoryview) -> None:
        self.write_whole(name, b"".join(parts))

    def free_bytes(self) -> int:
        """It has no end that could be asked for."""
        return sys.maxsize

    def entries(self, folder: str) -> list[Entry]:
        return [
            Entry(found["path"], found["size"], found["last_modified"].timestamp())
            for found in self._listed(folder)["objects"]
        ]

    def names(self, folder: str = "") -> list[str]:
        found = self._listed(folder)
        folders = (f"{prefix.rpartition('/')[2]}/" for prefix in found["common_prefixes"])
        objects = (each["path"].rpartition("/")[2] for each in found["objects"])
        return sorted((*folders, *objects))

    def remove(self, name: str) -> None:
        import obstore

        self._refuse_if_lost()
        with suppress(FileNotFoundError):
            self._tried("remove", name, lambda: obstore.delete(self._store, _checked(name)))

    def set_aside(self, name: str) -> None:
        import obstore

        damaged = str(PurePosixPath(name).with_suffix(".damaged"))
        with suppress(FileNotFoundError, HiggsError):
            self._tried("move", name, lambda: obstore.copy(self._store, _checked(name), damaged))
            self.remove(name)

    @contextmanager
    def lock(
        self, name: str, doing: str, *, hint: str | None = None, seconds: float = 0.0
    ) -> Iterator[None]:
        """A lease that is renewed while it is held; nothing is written after it was lost."""
        with Lease(self, _checked(name), doing, self._lease_seconds).held(hint, seconds) as lease:
            outer, self._lease = self._lease, lease
            try:
                yield
            finally:
                self._lease = outer

    def sweep(self, folder: str = "") -> None:
        """An object is there whole or not at all: a killed process leaves nothing of one."""

    # -- for leases ------------------------------------------------------------------------

    def make(self, name: str, data: bytes) -> bool:
        """Write it if nothing has the name; whether nothing had."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        def asked() -> bool:
            try:
                obstore.put(self._store, name, data, mode="create")
            except AlreadyExistsError:
                return False
            return True

        return self._tried("write", name, asked)

    def replace(self, name: str, data: bytes, e_tag: str) -> bool:
        """Write it if it still is what was read as `e_tag`; whether it was."""
        import obstore
        from obstore.exceptions import PreconditionError

        def asked() -> bool:
            try:
                obstore.put(self._store, name, data, mode={"e_tag": e_tag})
            except (PreconditionError, FileNotFoundError):
                return False
            return True

        return self._tried("write", name, asked)

    def read_with_tag(self, name: str) -> tuple[bytes, str] | None:
        """What is there, and the mark of this very version."""
        import obstore

        def asked() -> tuple[bytes, str]:
            found = obstore.get(self._store, name)
            return bytes(found.bytes()), str(found.meta["e_tag"])

        with suppress(FileNotFoundError):
            return self._tried("read", name, asked)
        return None

    # -- asking ----------------------------------------------------------------------------

    def _listed(self, folder: str) -> Any:
        import obstore

        prefix = _checked(folder) if folder else None
        return self._tried("list", folder, lambda: obstore.list_with_delimiter(self._store, prefix))

    def _refuse_if_lost(self) -> None:
        if self._lease is not None:
            self._lease.refuse_if_lost()

    def _tried(self, verb: str, name: str, ask: Callable[[], Answer]) -> Answer:
        where = f"{self.name}/{name}" if name else self.name
        return answered(ask, verb, where, PATIENCE_SECONDS)


def _checked(name: str) -> str:
    """A relative name that leads nowhere else."""
    parts = name.split("/")
    if any(part in ("", ".", "..") or "\x00" in part for part in parts):
        raise FormatError(f"{name!r} is not a name in a store")
    return name
