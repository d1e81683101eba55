"""The room of a delivery: silence before the first word and after the last, and what fills it.

|-- head --|▁▃▆▅▃▁ … ▁▃▅▁|---- tail ----|      the tone lies under all of it, words too, so that
‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥‥      no pause falls out of the room

Room tone is noise that falls by 3 dB an octave, as rooms do. A sample of it depends on its place
in the performance alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from higgs_cli.audio.clip import Samples, db_to_ratio
from higgs_cli.mastering.edges import TAIL_MARGIN_SECONDS

LOOP_SECONDS = 20
"""Long enough that nobody hears it come again."""
LOWEST_HZ = 60.0
FRACTION_BITS = 53


@dataclass(frozen=True)
class Room:
    """How a file begins and ends, and how quiet its pauses are."""

    head_seconds: float = 0.0
    """To the first word; a longer pause of the script stays as long."""
    tail_seconds: float = 0.0
    tone_db: float | None = None
    """RMS of the tone; without one, pauses are digital zero."""

    def tail_samples(self, sample_rate: int) -> int:
        """What follows the last take, which keeps some silence itself."""
        return round(max(0.0, self.tail_seconds - TAIL_MARGIN_SECONDS) * sample_rate)

    def add_tone(self, samples: Samples, start: int, sample_rate: int) -> None:
        """In place, to the samples from `start` on."""
        if self.tone_db is None or not len(samples):
            return
        loop = _loop(sample_rate, self.tone_db)
        first = start % len(loop)
        turns = -(-(first + len(samples)) // len(loop))
        tone = loop if turns == 1 else np.tile(loop, turns)
        samples += tone[first : first + len(samples)]


@lru_cache(maxsize=2)
def _loop(sample_rate: int, tone_db: float) -> Samples:
    """Noise whose end leads into its beginning, as a sum of whole waves does."""
    count = LOOP_SECONDS * sample_rate
    frequencies = np.fft.rfftfreq(count, 1 / sample_rate)
    strengths = np.where(frequencies >= LOWEST_HZ, frequencies.clip(LOWEST_HZ) ** -0.5, 0.0)
    # Raw bits, which no version of numpy draws otherwise.
    bits = np.random.PCG64(0).random_raw(len(frequencies))
    turns = (bits >> np.uint64(64 - FRACTION_BITS)) * 2.0**-FRACTION_BITS
    waves = np.fft.irfft(strengths * np.exp(2j * np.pi * turns), count)
    waves *= db_to_ratio(tone_db) / np.sqrt(np.mean(np.square(waves)))
    return waves.astype(np.float32)
