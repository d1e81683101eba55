"""Notice that a take has stalled, from its codes alone.

Only the coarsest codebook is read: it carries the melody of the speech, and real speech neither
rests on one or two of its codes for seconds nor repeats itself code by code. A stall takes many
frames to grow, so the detector says from which frame on it is worth looking, and then goes through
all that was spoken since at once: it ends a take at the same frame as one that looks at each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from model.runs.engine_settings import EngineSettings
from model.runs.events import Ending

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MISMATCH_COST = 10
_NEVER = 1 << 40
_NO_CODE = -1


class StallDetector:
    """Show it the coarse codes of a take now and then; it says where the take should end."""

    def __init__(self, settings: EngineSettings) -> None:
        self._seen_count = 0
        self._rest = _RestingCodes(settings.silence_frames)
        self._loop = _RepeatedCodes(settings.loop_frames, settings.loop_period)

    @property
    def due(self) -> int:
        """How many frames a take must have before there can be something to find."""
        return self._seen_count + min(self._rest.frames_left, self._loop.frames_left)

    def look(self, coarse: NDArray[np.int16]) -> tuple[int, Ending] | None:
        """The first frame `[frames]` with which the take should end, and why, if there is one.

        All codes of the take so far; those it was shown before are not looked at again.
        """
        fresh = coarse[self._seen_count :]
        if not len(fresh):
            return None
        found = []
        if (rest := self._rest.first_stall(fresh.tolist())) is not None:
            found.append((self._seen_count + rest, Ending.STALLED))
        if (loop := self._loop.first_stall(fresh)) is not None:
            found.append((self._seen_count + loop, Ending.LOOPED))
        self._seen_count = len(coarse)
        return min(found, key=lambda one: one[0], default=None)


class _RestingCodes:
    """How long a take has not left the last two codes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._last, self._other = _NO_CODE, _NO_CODE
        self._run, self._length = 0, 0
        """Frames since the last code came, and since a third one was left."""

    @property
    def frames_left(self) -> int:
        return self._limit - self._length if self._limit else _NEVER

    def first_stall(self, codes: list[int]) -> int | None:
        if not self._limit:
            return None
        last, other, run, length = self._last, self._other, self._run, self._length
        found = None
        for place, code in enumerate(codes):
            if code == last:
                run, length = run + 1, length + 1
            else:
                length = length + 1 if code == other else run + 1
                last, other, run = code, last, 1
            if length >= self._limit:
                found = place
                break
        self._last, self._other, self._run, self._length = last, other, run, length
        return found


class _RepeatedCodes:
    """How many frames agreed with the one a period before, for every period.

    A mismatch costs ten agreements rather than all: a loop is sung with small variations.
    """

    def __init__(self, limit: int, longest_period: int) -> None:
        self._limit = limit if longest_period else 0
        self._past = np.full(longest_period, _NO_CODE, dtype=np.int16)
        self._matched = np.zeros(longest_period, dtype=np.int64)

    @property
    def frames_left(self) -> int:
        return self._limit - int(self._matched.max()) if self._limit else _NEVER

    def first_stall(self, codes: NDArray[np.int16]) -> int | None:
        """A count never falls below zero: it is a sum, less the lowest that it would have been."""
        if not self._limit:
            return None
        line = np.concatenate([self._past, codes])
        past = sliding_window_view(line[:-1], len(self._past))  # [frames, periods]
        steps = np.where(past == codes[:, None], 1, -_MISMATCH_COST)
        sums = steps.cumsum(axis=0)
        lowest = np.minimum(np.minimum.accumulate(sums, axis=0), -self._matched)
        counts = sums - lowest
        self._past, self._matched = line[len(codes) :], counts[-1]
        has_stalled = counts.max(axis=1) >= self._limit
        return int(has_stalled.argmax()) if has_stalled.any() else None
