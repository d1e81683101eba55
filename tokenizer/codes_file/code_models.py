"""How likely each code is, for the range coder: pluggable, and learned from the codes themselves.

A model is asked for one code's table after another, codebook by codebook and frame by frame, and
told each code that came. Reader and writer ask and tell in the same order, so nothing of the model
is stored; it reckons in whole numbers only, so that both arrive at the same tables everywhere. A
language model can take this place: it predicts a code from all that came before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tokenizer.codes_file.range_coder import TOTAL

# Probabilities are reckoned in 2**-16 (trust) and 2**-44 (mass): mass times 2**16 fits 63 bits.
_TRUST_BITS = 16
_MASS_BITS = 44


class CodeModel(Protocol):
    """Predicts a code from the codes before it."""

    identifier: int  # stored in the file, so that the reader takes the same model

    def ends(self, codebook: int) -> np.ndarray:
        """For the next code, which is of this codebook: the symbols' ends [size + 1].

        They rise strictly from 0 to 2**16: no code is impossible.
        """
        ...

    def observe(self, codebook: int, code: int) -> None:
        """The code that came."""
        ...


class ContextModel:
    """What was frequent is likely, above all in the same context.

    Three opinions are mixed: how often a code came at all, how often after the codebook's code of
    the last frame, and how often after the code of the codebook before it in this frame. Each
    codebook learns whom to trust. Speech took 0.97 of its bitpacked size for one minute of eight
    voices, 0.91 for five minutes, 0.87 for twenty (256 entries to a codebook).
    """

    identifier = 2

    # One sighting weighs as much as so many prior ones of the whole codebook's share.
    SIGHTING = 32
    PRIOR = 12
    FORGET_AT = 1 << 16  # sightings; then all counts are halved, so that the present weighs more
    LEAST_TRUST = 437  # of 2**16, to each opinion: none is ever ruled out for good
    LARGEST_CONTEXT = 1 << 11  # codebook entries: beyond, a table for each would fill the memory

    def __init__(self, codebook_count: int, codebook_size: int) -> None:
        self._size = codebook_size
        self._alone = [_Sightings(self._even(), 0, 0) for _ in range(codebook_count)]
        self._after: dict[tuple[int, int, int], _Sightings] = {}
        self._last = [-1] * codebook_count
        self._is_alone = codebook_size > self.LARGEST_CONTEXT
        third = (1 << _TRUST_BITS) // 3
        self._trust = [[third, third] for _ in range(codebook_count)]
        self._steps = np.arange(codebook_size + 1, dtype=np.int64)

    def ends(self, codebook: int) -> np.ndarray:
        """The opinions, mixed in whole numbers; see `CodeModel`."""
        alone, company = self._alone[codebook], self._company(codebook)
        # What a context has not seen, it leaves to the opinion that knows no context.
        left = 1 << _TRUST_BITS
        mass = np.zeros(self._size, np.int64)
        for trust, after in zip(self._trust[codebook], company, strict=False):
            whole = after.count + after.doubt
            left -= trust - trust * after.doubt // whole
            mass += after.seen * ((trust << (_MASS_BITS - _TRUST_BITS)) // whole)
        mass += alone.seen * ((left << (_MASS_BITS - _TRUST_BITS)) // self._weight(alone))
        ends = self._steps.copy()
        ends[1:] += np.cumsum(mass) * (TOTAL - self._size) >> _MASS_BITS
        ends[-1] = TOTAL
        return ends

    def observe(self, codebook: int, code: int) -> None:
        """Trust moves to whoever expected the code; then everyone has seen it."""
        alone, company = self._alone[codebook], self._company(codebook)
        if company:
            self._move_trust(codebook, code, alone, company)
        for sightings, step in ((alone, self.SIGHTING), *((after, 1) for after in company)):
            sightings.add(code, step)
        if alone.count >= self.FORGET_AT:
            alone.seen = (alone.seen - self.PRIOR) // 2 + self.PRIOR
            alone.count = int(alone.seen.sum() - self.PRIOR * self._size) // self.SIGHTING
        self._last[codebook] = code

    def _company(self, codebook: int) -> list[_Sightings]:
        """What was seen after the codes that stand beside the next one."""
        if self._is_alone:
            return []
        before = codebook - 1 if codebook else min(1, len(self._last) - 1)
        found = []
        for place in (codebook, before):
            context = (codebook, place, self._last[place])
            if context not in self._after:
                self._after[context] = _Sightings(np.zeros(self._size, np.int64), 0, 0)
            found.append(self._after[context])
        return found

    def _move_trust(
        self, codebook: int, code: int, alone: _Sightings, company: list[_Sightings]
    ) -> None:
        plain = (int(alone.seen[code]) << 30) // self._weight(alone)
        said = [
            ((int(after.seen[code]) << 30) + after.doubt * plain) // (after.count + after.doubt)
            for after in company
        ]
        trust = self._trust[codebook]
        right = [share * chance for share, chance in zip(trust, said, strict=True)]
        whole = sum(right) + ((1 << _TRUST_BITS) - sum(trust)) * plain
        spare = (1 << _TRUST_BITS) - 3 * self.LEAST_TRUST
        self._trust[codebook] = [self.LEAST_TRUST + one * spare // whole for one in right]

    def _weight(self, alone: _Sightings) -> int:
        return alone.count * self.SIGHTING + self.PRIOR * self._size

    def _even(self) -> np.ndarray:
        return np.full(self._size, self.PRIOR, np.int64)


@dataclass(slots=True)
class _Sightings:
    """How often each code came in one company."""

    seen: np.ndarray  # [size]
    count: int
    kinds: int

    @property
    def doubt(self) -> int:
        """How many sightings the chance of something new is worth: much where all was new."""
        return 2 * self.kinds + 1

    def add(self, code: int, step: int) -> None:
        self.kinds += int(self.seen[code] == 0)
        self.seen[code] += step
        self.count += 1
