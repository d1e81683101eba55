"""Is it linear? Doubles an input until a run can be measured, then asks for one doubling more."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass

MEASURABLE_SECONDS = 0.05
MOST_GROWTH = 2.5
"""Of CPU time at twice the input: n log n stays below it, a square does not."""
SMALLEST = 512


@dataclass(frozen=True)
class Hostile:
    """A text that repeats something: `before`, then `part` again and again, then `after`.

    `{n}` in the part is the number of the repetition.
    """

    before: str
    part: str
    after: str

    def text(self, size: int) -> str:
        count = size // len(self.part)
        if "{n}" not in self.part:
            return self.before + self.part * count + self.after
        parts = (self.part.replace("{n}", str(number)) for number in range(count))
        return self.before + "".join(parts) + self.after


def too_steep(run: Callable[[str], object], hostile: Hostile, largest: int) -> str | None:
    """What was measured, if the time grows faster than the input; sizes are in characters."""
    size = SMALLEST
    while size <= largest and _seconds(run, hostile.text(size)) < MEASURABLE_SECONDS:
        size *= 2
    if size > largest:
        return None
    for _ in range(2):  # what a busy machine shows once is not believed
        seconds, doubled = (_best_of_three(run, hostile.text(many)) for many in (size, 2 * size))
        if doubled <= MOST_GROWTH * max(seconds, MEASURABLE_SECONDS):
            return None
    return f"{hostile!r}: {seconds:.3f} s for {size} characters, {doubled:.3f} s for twice as many"


def _best_of_three(run: Callable[[str], object], text: str) -> float:
    return min(_seconds(run, text) for _ in range(3))


def _seconds(run: Callable[[str], object], text: str) -> float:
    """CPU time without the collector's: that depends on all that is in memory."""
    gc.disable()
    try:
        began = time.process_time()
        run(text)
        return time.process_time() - began
    finally:
        gc.enable()
