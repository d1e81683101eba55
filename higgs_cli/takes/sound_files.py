"""Decoded sound as files of a take store: what is lost or damaged is decoded again.

    HIGGS-SOUND 1\\n | its name | CRC-32 and number of the samples | samples, float32, little-endian

A file is named after the codes and all that decides how they are decoded (see `kept_sounds.py`).
For several threads at once. Nothing waits for the disk here, and no trouble with it is told.
"""

from __future__ import annotations

import re
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from higgs_cli.errors import HiggsError
from higgs_cli.files.place import Entry, Place
from higgs_cli.takes.layout import SOUND_SUFFIX, SOUNDS, inner_folders, last_part, sound_name

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Samples

HEADER = struct.Struct("<14s2x32sIIQ")
MAGIC = b"HIGGS-SOUND 1\n"
OURS = re.compile(r"[0-9a-f]{64}\.sound")
LOUDEST = 64.0
"""No codec comes near it; what is beyond, or no number, is no sound."""
LEFT_FREE_BYTES = 256 << 20
"""Besides as much as was kept in this render: for takes, and for the audio on its way."""


class SoundFiles:
    """The sounds of one store, by the digest that names them."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._used: set[str] = set()
        self._written_bytes = 0
        self._has_room = True
        self._changing = threading.Lock()

    def read(self, digest: str, sample_count: int) -> Samples | None:
        """So many samples, as they were written, or None."""
        with suppress(HiggsError):
            data = self._place.read(sound_name(digest))
            if data is not None and len(data) == HEADER.size + 4 * sample_count:
                samples = _samples(data, digest)
                if samples is not None:
                    self._note(digest, 0)
                    return samples
        return None

    def write(self, digest: str, samples: Samples) -> None:
        """Keep it, if it is a sound and there is room."""
        if not self._has_room or not _is_sound(samples):
            return
        payload = samples.astype("<f4", order="C", copy=False).view("uint8").data
        try:
            if self._place.free_bytes() < LEFT_FREE_BYTES + self._written_bytes + len(payload):
                self._has_room = False
                return
            self._place.write_passing(sound_name(digest), _header(digest, payload), payload)
        except HiggsError:
            self._has_room = False
            return
        self._note(digest, len(payload))

    def damaged_names(self) -> Iterator[str]:
        """Read them all; yield the name of each that is not what was written."""
        for entry in self._entries():
            name = last_part(entry.name)
            try:
                data = self._place.read(entry.name) or b""
            except HiggsError:
                data = b""
            if _samples(data, name.removesuffix(SOUND_SUFFIX)) is None:
                yield name

    def total_bytes(self) -> int:
        return sum(entry.size for entry in self._entries())

    def trim(self, most_bytes: float) -> int:
        """Remove until no more than so many bytes are left; how many bytes that freed.

        First what this render has not used, then what is oldest.
        """
        entries = sorted(self._entries(), key=self._worth)
        excess, freed = sum(entry.size for entry in entries) - most_bytes, 0
        for entry in entries:
            if freed >= excess:
                break
            with suppress(HiggsError):
                self._place.remove(entry.name)
                freed += entry.size
        return freed

    def _worth(self, entry: Entry) -> tuple[bool, float, str]:
        digest = last_part(entry.name).removesuffix(SOUND_SUFFIX)
        return digest in self._used, entry.written_at, entry.name

    def _entries(self) -> Iterator[Entry]:
        """Those whose names are ours."""
        for folder in inner_folders(self._place, SOUNDS):
            for entry in self._place.entries(folder):
                if OURS.fullmatch(last_part(entry.name)):
                    yield entry

    def _note(self, digest: str, byte_count: int) -> None:
        with self._changing:
            self._used.add(digest)
            self._written_bytes += byte_count


def _header(digest: str, payload: bytes | memoryview) -> bytes:
    check = zlib.crc32(payload)
    return HEADER.pack(MAGIC, bytes.fromhex(digest), check, 0, len(payload) // 4)


def _samples(data: bytes, digest: str) -> Samples | None:
    """What a file holds, if every byte of it is as it was written."""
    import numpy as np

    payload = memoryview(data)[HEADER.size :]
    if len(payload) % 4 or data[: HEADER.size] != _header(digest, payload):
        return None
    samples = np.frombuffer(payload, dtype="<f4").astype(np.float32, copy=False)
    return samples if _is_sound(samples) else None


def _is_sound(samples: Samples) -> bool:
    """Finite, and not absurdly loud: a comparison with what is no number is false."""
    if not len(samples):
        return True
    return bool(samples.max() <= LOUDEST and samples.min() >= -LOUDEST)
