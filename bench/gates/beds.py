"""More that may be wrong with the sound of a whole take: beds of noise and music, band, level.

Kept apart from the set: they are made when a set is judged, from its whole takes, by a fixed seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bench.gates.sound_faults import Samples, sounding_rms

CUT_HERTZ = 4000.0
OFF_DB = 8.0
NOTE_SECONDS = (0.3, 0.8)
LOWEST_HERTZ = 110.0


def noise_bed(samples: Samples, rate: int, chance: random.Random) -> Samples:
    """Pink noise, 12 to 25 dB below the speech."""
    white = np.random.default_rng(chance.getrandbits(32)).standard_normal(len(samples))
    spectrum = np.fft.rfft(white) / np.sqrt(np.maximum(np.fft.rfftfreq(len(white), 1 / rate), 50))
    return _under(samples, np.fft.irfft(spectrum, len(white)), chance.uniform(12, 25), rate)


def music_bed(samples: Samples, rate: int, chance: random.Random) -> Samples:
    """Plucked chords, 10 to 22 dB below the speech."""
    bed, times, at = np.zeros(len(samples)), np.arange(len(samples)) / rate, 0
    while at < len(bed):
        length = round(chance.uniform(*NOTE_SECONDS) * rate)
        root = LOWEST_HERTZ * 2 ** (chance.randrange(24) / 12)
        since = times[at : at + 2 * length] - times[at]
        decay = np.exp(-2.5 * since) * np.minimum(1, since / 0.01)
        for step in (0, chance.choice((3, 4)), 7, 12):
            for harmonic in (1, 2, 3):
                hertz = root * 2 ** (step / 12) * harmonic
                bed[at : at + 2 * length] += np.sin(2 * np.pi * hertz * since) * decay / harmonic
        at += length
    return _under(samples, bed, chance.uniform(10, 22), rate)


def narrow_band(samples: Samples, rate: int, chance: random.Random) -> Samples:
    """Nothing above 4 kHz."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / rate)
    kept = spectrum / np.sqrt(1 + (hertz / CUT_HERTZ) ** 32)  # as a filter of sixteen poles
    return np.fft.irfft(kept, len(samples)).astype(np.float32)


def narrow_from_the_middle(samples: Samples, rate: int, chance: random.Random) -> Samples:
    """Nothing above 4 kHz in its second half."""
    narrow, middle = narrow_band(samples, rate, chance), len(samples) // 2
    return np.concatenate([samples[:middle], narrow[middle:]])


def other_level(samples: Samples, rate: int, chance: random.Random) -> Samples:
    """8 dB louder or softer."""
    return np.clip(samples * 10 ** (chance.choice((-OFF_DB, OFF_DB)) / 20), -1, 1).astype(
        np.float32
    )


BEDS: dict[str, Callable[[Samples, int, random.Random], Samples]] = {
    "noise-bed": noise_bed,
    "music-bed": music_bed,
    "narrow-band": narrow_band,
    "half-narrow": narrow_from_the_middle,
    "other-level": other_level,
}


def _under(samples: Samples, bed: NDArray[np.float64], below_db: float, rate: int) -> Samples:
    wanted = sounding_rms(samples, rate) * 10 ** (-below_db / 20)
    added = samples + bed * wanted / np.sqrt(np.mean(bed**2))
    return np.clip(added, -1, 1).astype(np.float32)
