"""Covers of what was rendered from a store: manifests name them, and they can be had again."""

from __future__ import annotations

import hashlib

from higgs_cli.errors import FormatError
from higgs_cli.files.place import Place
from higgs_cli.takes.layout import cover_name


class KeptCovers:
    """Pictures by their SHA-256."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def keep(self, data: bytes) -> str:
        """Its SHA-256, by which it can be read from now on."""
        digest = hashlib.sha256(data).hexdigest()
        if self.of(digest) is None:
            self._place.write_whole(cover_name(digest), data)
        return digest

    def of(self, digest: str) -> bytes | None:
        """None where it is not, or is damaged."""
        try:
            data = self._place.read(cover_name(digest))
        except FormatError:
            return None
        return data if data is not None and hashlib.sha256(data).hexdigest() == digest else None
