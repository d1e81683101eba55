"""A place far away, with what was read of it kept nearby, up to a size.

Only names that never mean anything else are kept (takes and voices are named by their content).
What lies nearby is held against its own checksum: damage there is read again from afar, and is
never taken for damage of the place.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from higgs_cli.errors import HiggsError
from higgs_cli.files.place import Entry, Place

DIGEST_BYTES = 32


class CachedPlace:
    """`far` by the verbs of a place; `lasts` says which names may be kept in `near`."""

    def __init__(
        self, far: Place, near: Place, most_bytes: int, lasts: Callable[[str], bool]
    ) -> None:
        self._far = far
        self._near = near
        self._most_bytes = most_bytes
        self._lasts = lasts
        self._kept_bytes: int | None = None
        self._changing = threading.Lock()

    def read(self, name: str) -> bytes | None:
        if not self._lasts(name):
            return self._far.read(name)
        kept = self._kept(name)
        if kept is None and (kept := self._far.read(name)) is not None:
            self._keep(name, kept)
        return kept

    def write_whole(self, name: str, data: bytes) -> None:
        self._far.write_whole(name, data)
        if self._lasts(name):
            self._keep(name, data)

    def write_passing(self, name: str, *parts: bytes | memoryview) -> None:
        self.write_whole(name, b"".join(parts))

    def free_bytes(self) -> int:
        return self._far.free_bytes()

    def entries(self, folder: str) -> list[Entry]:
        return self._far.entries(folder)

    def names(self, folder: str = "") -> list[str]:
        return self._far.names(folder)

    def remove(self, name: str) -> None:
        self._far.remove(name)
        self._forget(name)

    def set_aside(self, name: str) -> None:
        self._far.set_aside(name)
        self._forget(name)

    def lock(
        self, name: str, doing: str, *, hint: str | None = None, seconds: float = 0.0
    ) -> AbstractContextManager[None]:
        return self._far.lock(name, doing, hint=hint, seconds=seconds)

    def sweep(self, folder: str = "") -> None:
        self._far.sweep(folder)

    # -- nearby ----------------------------------------------------------------------------

    def _kept(self, name: str) -> bytes | None:
        with suppress(HiggsError):
            kept = self._near.read(_near_name(name))
            if kept is not None and hashlib.sha256(kept[DIGEST_BYTES:]).digest() == kept[:32]:
                return kept[DIGEST_BYTES:]
        return None

    def _keep(self, name: str, data: bytes) -> None:
        """Losing it costs a request: no trouble with it is told."""
        with suppress(HiggsError), self._changing:
            self._make_room(DIGEST_BYTES + len(data))
            self._near.write_passing(_near_name(name), hashlib.sha256(data).digest(), data)

    def _forget(self, name: str) -> None:
        with suppress(HiggsError):
            self._near.remove(_near_name(name))

    def _make_room(self, wanted: int) -> None:
        """The longest kept go first, and a quarter at once: looking through it is not for free."""
        if self._kept_bytes is None:
            self._kept_bytes = sum(entry.size for entry in self._entries())
        self._kept_bytes += wanted
        if self._kept_bytes <= self._most_bytes:
            return
        entries = sorted(self._entries(), key=lambda entry: entry.written_at)
        self._kept_bytes = wanted + sum(entry.size for entry in entries)
        for entry in entries:
            if self._kept_bytes <= self._most_bytes * 3 // 4:
                break
            self._near.remove(entry.name)
            self._kept_bytes -= entry.size

    def _entries(self) -> list[Entry]:
        return [
            entry
            for folder in self._near.names()
            if folder.endswith("/")
            for entry in self._near.entries(folder.rstrip("/"))
        ]


def _near_name(name: str) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{digest[:2]}/{digest}"
