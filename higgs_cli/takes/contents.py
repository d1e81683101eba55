"""What lies in a store, file by file, for who looks after it: listed, copied, removed."""

from __future__ import annotations

from collections.abc import Iterator

from higgs_cli.errors import FormatError
from higgs_cli.files.place import Entry, Place
from higgs_cli.takes import take as take_file
from higgs_cli.takes.layout import (
    FOLDERS,
    MARKER,
    SOUNDS,
    SPOOL,
    TAKE_SUFFIX,
    TAKES,
    inner_folders,
    last_part,
)


class StoreContents:
    """The files of one place that is a store."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def takes(self) -> Iterator[Entry]:
        for folder in inner_folders(self._place, TAKES):
            for entry in self._place.entries(folder):
                if entry.name.endswith(TAKE_SUFFIX):
                    yield entry

    def key_of(self, take: Entry) -> str:
        """Of the chunk that it says."""
        return last_part(take.name).removesuffix(TAKE_SUFFIX).rpartition(".")[0]

    def names(self) -> Iterator[str]:
        """All that is worth keeping: no decoded sound, no lock, nothing of anybody else's."""
        yield MARKER
        for folder in FOLDERS:
            if folder not in (SOUNDS, SPOOL):
                yield from self._names_in(folder)

    def remove(self, name: str) -> None:
        self._place.remove(name)

    def receive(self, other: StoreContents, name: str) -> bool:
        """A file of another store is in this one too; whether it was not. A damaged take is left
        where it is."""
        data = other._place.read(name)
        if data is None or data == self._place.read(name):
            return False
        if name.endswith(TAKE_SUFFIX):
            try:
                take_file.from_bytes(data, last_part(name))
            except FormatError:
                return False
        self._place.write_whole(name, data)
        return True

    def _names_in(self, folder: str) -> Iterator[str]:
        for name in self._place.names(folder):
            if name.endswith("/"):
                yield from self._names_in(f"{folder}/{name.rstrip('/')}")
            else:
                yield f"{folder}/{name}"
