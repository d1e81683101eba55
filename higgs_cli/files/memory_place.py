"""A place in memory: for what is worth nothing once its holder is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from higgs_cli.errors import DiskFullError
from higgs_cli.files.place import Entry

MOST_BYTES = 1 << 30


class MemoryPlace:
    """Names and data, for several threads at once; see `place.Place`."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._data: dict[str, tuple[bytes, float]] = {}
        self._bytes = 0
        self._changing = threading.RLock()

    def read(self, name: str) -> bytes | None:
        return self._data.get(name, (None, 0.0))[0]

    def write_whole(self, name: str, data: bytes) -> None:
        with self._changing:
            more = len(data) - len(self.read(name) or b"")
            if more > self.free_bytes():
                raise DiskFullError(f"{name}: {len(data):,} bytes are more than is kept in memory")
            self._data[name] = (data, time.time())
            self._bytes += more

    def write_passing(self, name: str, *parts: bytes | memoryview) -> None:
        self.write_whole(name, b"".join(parts))

    def free_bytes(self) -> int:
        return self._most_bytes - self._bytes

    def entries(self, folder: str) -> list[Entry]:
        with self._changing:
            return [
                Entry(name, len(data), written_at)
                for name, (data, written_at) in sorted(self._data.items())
                if name.rpartition("/")[0] == folder
            ]

    def names(self, folder: str = "") -> list[str]:
        inside = f"{folder}/" if folder else ""
        with self._changing:
            rest = [name[len(inside) :] for name in self._data if name.startswith(inside)]
        return sorted({head + slash for head, slash, _ in (name.partition("/") for name in rest)})

    def remove(self, name: str) -> None:
        with self._changing:
            self._bytes -= len(self._data.pop(name, (b"", 0.0))[0])

    def set_aside(self, name: str) -> None:
        """Nothing is damaged here: what does not fit goes."""
        self.remove(name)

    @contextmanager
    def lock(
        self, name: str, doing: str, *, hint: str | None = None, seconds: float = 0.0
    ) -> Iterator[None]:
        """Nobody else can reach it but threads of this process, which wait."""
        with self._changing:
            yield

    def sweep(self, folder: str = "") -> None:
        """A killed process leaves nothing of it."""
