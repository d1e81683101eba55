"""A stretch after the other of what sounds, measured in threads: how all of it is handed out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from higgs_cli.audio.clip import Samples, peak
from higgs_cli.audio.k_weighting import step_powers, step_samples
from higgs_cli.audio.sound import MeasuredBlock
from higgs_cli.audio.true_peak import REACH, true_peaks
from higgs_cli.mastering.workers import Workers

Made = TypeVar("Made")

WHOLE_SAMPLES = 4096
"""Blocks end where a frame of FLAC may end."""
BLOCK_SECONDS = 25.0


@dataclass(frozen=True)
class Blocks:
    """Of a sound any stretch of which can be made, beyond both of its ends too."""

    stretch: Callable[[int, int], Samples]
    sample_rate: int
    sample_count: int

    def made(
        self, workers: Workers, work: Callable[[Samples], Made]
    ) -> Iterator[MeasuredBlock[Made]]:
        """All of it, as `work` makes it in threads; see `Sound`."""
        whole = math.lcm(step_samples(self.sample_rate), WHOLE_SAMPLES)
        length = math.ceil(BLOCK_SECONDS * self.sample_rate / whole) * whole

        def block(start: int) -> MeasuredBlock[Made]:
            return self._block(start, min(start + length, self.sample_count), work)

        yield from workers.in_order(block, range(0, max(1, self.sample_count), length))

    def _block(self, start: int, end: int, work: Callable[[Samples], Made]) -> MeasuredBlock[Made]:
        before = step_samples(self.sample_rate)
        around = self.stretch(start - before, end + REACH)
        samples = around[before : len(around) - REACH]
        powers = step_powers(around[: len(around) - REACH], self.sample_rate, before)
        largest = peak(samples)
        peaks = true_peaks(around[before - REACH :], above=largest)[REACH:-REACH]
        largest = float(peaks.max(initial=np.float32(largest)))
        return MeasuredBlock(work(samples), len(samples), powers, largest)
