"""Takes that have been read or written already, so that no file of a store is read twice.

Records are kept all, without their recipe, which is long and known: a book has a hundred thousand.
Codes are kept while there is room, 1.4 MB for an hour of speech; the rest is read again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from higgs_cli.takes.take import Take, TakeRecord

if TYPE_CHECKING:
    from higgs_cli.speech.protocol import Codes

MOST_BYTES = 16 << 20
"""Eleven hours of speech."""

Name = tuple[str, int]
"""Key and attempt."""


class KeptTakes:
    """By key and attempt. When it is full, what comes is not kept."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._records: dict[Name, TakeRecord] = {}
        self._codes: dict[Name, Codes] = {}

    def keep(self, take: Take) -> None:
        """As it would be read back."""
        import numpy as np

        name = (take.record.key, take.record.attempt)
        self.keep_record(take.record)
        self._forget_codes(name)
        codes = np.ascontiguousarray(take.codes, dtype=np.int16)
        if self._bytes + codes.nbytes <= self._most_bytes:
            self._codes[name] = codes
            self._bytes += codes.nbytes

    def keep_record(self, record: TakeRecord) -> TakeRecord:
        """The record as it is kept."""
        slim = replace(record, recipe={})
        self._records[record.key, record.attempt] = slim
        return slim

    def record(self, key: str, attempt: int) -> TakeRecord | None:
        return self._records.get((key, attempt))

    def take(self, key: str, attempt: int) -> Take | None:
        """With codes, if they are kept."""
        record, codes = self._records.get((key, attempt)), self._codes.get((key, attempt))
        return None if record is None or codes is None else Take(record, codes)

    def _forget_codes(self, name: Name) -> None:
        codes = self._codes.pop(name, None)
        self._bytes -= 0 if codes is None else codes.nbytes
