"""How likely each code is, for the range coder: pluggable, and learned from the codes themselves.

A model is asked for tables, and told the codes that followed. Reader and writer ask and tell in
the same order, so nothing of the model is stored. A language model can take this place: tables
for one frame at a time, from all frames before it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from tokenizer.range_coder import TOTAL


class CodeModel(Protocol):
    """Predicts frames from the frames before them."""

    identifier: int  # stored in the file, so that the reader takes the same model

    def next_tables(self) -> tuple[int, np.ndarray]:
        """For so many frames to come, ends [codebooks, size + 1] of the symbols' stretches.

        They rise strictly from 0 to 2**16: no code is impossible.
        """
        ...

    def observe(self, codes: np.ndarray) -> None:
        """The frames [codebooks, frames] that came."""
        ...


class CountingModel:
    """Each codebook's codes are as likely as they were often: adaptive, starting from even."""

    identifier = 1

    # One sighting weighs as much as so many prior ones of the whole codebook's share.
    SIGHTING = 32
    PRIOR = 12
    FORGET_AT = 1 << 16  # sightings; then all counts are halved, so that the present weighs more
    LONGEST_BLOCK = 32

    def __init__(self, codebook_count: int, codebook_size: int) -> None:
        self._counts = np.zeros((codebook_count, codebook_size), np.int64)
        self._steps = np.arange(codebook_size + 1, dtype=np.int64)
        self._seen = 0

    def next_tables(self) -> tuple[int, np.ndarray]:
        weights = self._counts * self.SIGHTING + self.PRIOR
        sums = np.zeros((len(weights), len(self._steps)), np.int64)
        np.cumsum(weights, axis=1, out=sums[:, 1:])
        spare = TOTAL - (len(self._steps) - 1)
        ends = sums * spare // sums[:, -1:] + self._steps
        return min(self.LONGEST_BLOCK, 1 + self._seen // 8), ends

    def observe(self, codes: np.ndarray) -> None:
        for counts, row in zip(self._counts, codes, strict=True):
            np.add.at(counts, row, 1)
        self._seen += codes.shape[1]
        if self._seen >= self.FORGET_AT:
            self._counts //= 2
            self._seen //= 2
