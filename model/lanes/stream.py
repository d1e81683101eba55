"""One attempt at one chunk while it is spoken: its columns, read a burst at a time.

```
column      0   1 … C-1      C          …          e            b
            B   no frame yet frame 0 is complete   k0 says E    the budget is spent
```

With C codebooks, frame t is complete with column t + C (see `delay_pattern.py`). A stream ends with
the first column that closes it, that completes the last frame of its budget, or that completes the
frame at which it has stalled; one that is closing by itself, with no frame too many, is left to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model.codes.delay_pattern import aligned, spoken_frames
from model.codes.stall_detector import StallDetector
from model.runs.events import Ending

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from model.config.config import ModelConfig
    from model.runs.events import Codes


@dataclass(frozen=True)
class StreamEnd:
    """How a stream ended, and with which step of a burst; without an ending its logits were not
    finite."""

    step: int
    ending: Ending | None


class Stream:
    """The columns of one attempt, the opening column first."""

    def __init__(
        self,
        config: ModelConfig,
        attempt: int,
        frame_budget: int,
        most_columns: int,
        detector: StallDetector,
        first_burst: int = 0,
    ) -> None:
        """`most_columns` are drawn at most; `first_burst` are begun before it: it speaks in later
        ones alone."""
        self.attempt = attempt
        self.first_burst = first_burst
        self.column_count = 1
        self.frame_count = 0
        """Complete frames so far, up to the first special."""
        self._config = config
        self._frame_budget = frame_budget
        self._detector = detector
        self._columns = np.empty((most_columns + 1, config.codebook_count), dtype=np.int16)
        self._columns[0] = config.stream_bos_id
        self._closing_column: int | None = None
        """Where codebook 0 ended."""
        self._quiet_until = 0
        """Up to this many columns of codes alone, each is one frame more and nothing else."""

    @property
    def columns(self) -> NDArray[np.int16]:
        """`[columns, codebooks]`, specials included."""
        return self._columns[: self.column_count]

    def codes(self, first_frame: int = 0) -> Codes:
        """`[codebooks, frames]` that are complete, from a frame on."""
        stop = self.frame_count + self._config.codebook_count
        return aligned(self._columns[first_frame:stop].T)

    def is_quiet(self, step_count: int) -> bool:
        """Whether so many columns of codes alone can only be so many frames more."""
        return self.column_count + step_count < self._quiet_until

    def add(self, columns: NDArray[np.int64]) -> None:
        """Columns `[steps, codebooks]` of a stream that is quiet for so many steps."""
        stop = self.column_count + len(columns)
        self._columns[self.column_count : stop] = columns
        self.column_count = stop
        self.frame_count += len(columns)

    def read(
        self,
        columns: NDArray[np.int64],
        is_closed: NDArray[np.bool_],
        is_finite: NDArray[np.bool_],
    ) -> StreamEnd | None:
        """Columns `[steps, codebooks]`, and of each `[steps]` whether the stream closed with it
        and whether it was drawn from numbers; what comes after the end is not of the stream."""
        first, failing = self.column_count, _first(~is_finite)
        added = columns[: min(len(columns) if failing is None else failing, self._room)]
        self._columns[first : first + len(added)] = added
        if self._closing_column is None:
            says_end = _first(added[:, 0] == self._config.stream_eos_id)
            self._closing_column = None if says_end is None else first + says_end
        end = self._end(first, first + len(added), _first(is_closed[: len(added)]))
        self._cut(first + len(added) if end is None else end[0] + 1)
        if end is not None:
            return StreamEnd(end[0] - first, end[1])
        return None if failing is None else StreamEnd(failing, None)

    @property
    def _room(self) -> int:
        return len(self._columns) - self.column_count

    def _end(self, first: int, stop: int, closed: int | None) -> tuple[int, Ending] | None:
        """The column in `first` to `stop` that is the last, and why; of two the first named."""
        budget_column = self._frame_budget + self._config.codebook_count - 1
        ends = [] if closed is None else [(first + closed, Ending.ENDED)]
        if first <= budget_column < stop and not self._closes_by_itself(budget_column):
            ends.append((budget_column, Ending.BUDGET))
        if not self._closes_by_itself(first):
            stalled = self._stalled(stop)
            if stalled is not None and not self._closes_by_itself(stalled[0]):
                ends.append(stalled)
        return min(ends, key=lambda one: one[0], default=None)

    def _closes_by_itself(self, column: int) -> bool:
        """Whether with this column the stream is closing, and with no frame too many."""
        closing = self._closing_column
        return closing is not None and closing <= min(column, self._frame_budget + 1)

    def _stalled(self, stop: int) -> tuple[int, Ending] | None:
        frame_count = self._complete_frames(stop)
        if frame_count < self._detector.due:
            return None
        found = self._detector.look(self._columns[1 : 1 + frame_count, 0])
        return None if found is None else (found[0] + self._config.codebook_count, found[1])

    def _complete_frames(self, stop: int) -> int:
        """Of the columns before `stop`; a special ends them for good."""
        if self.frame_count < self.column_count - self._config.codebook_count:
            return self.frame_count
        fresh, size = self._columns[self.frame_count : stop], self._config.codebook_size
        if self.frame_count and fresh.max() < size:  # codes alone: each column completes a frame
            return stop - self._config.codebook_count
        return self.frame_count + spoken_frames(fresh.T, size).shape[1]

    def _cut(self, stop: int) -> None:
        """The columns before `stop` are of the stream."""
        self.frame_count = self._complete_frames(stop)
        self.column_count = stop
        next_look = min(self._detector.due, self._frame_budget) + self._config.codebook_count
        self._quiet_until = next_look if self._is_in_full_flow() else 0

    def _is_in_full_flow(self) -> bool:
        """Whether frames have begun, and all that was drawn of those to come are codes."""
        first = self.column_count - self._config.codebook_count
        if not self.frame_count == first > 0 or self._closing_column is not None:
            return False
        begun = np.tril(self._columns[first + 1 : self.column_count])
        return bool((begun < self._config.codebook_size).all())


def _first(flags: NDArray[np.bool_]) -> int | None:
    place = int(flags.argmax()) if len(flags) else 0
    return place if len(flags) and flags[place] else None
