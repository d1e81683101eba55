"""How much there is above 5 kHz: what is missing where a voice suddenly sounds as by telephone.

Every language hisses: in two seconds of speech there is an s, a sh or a breath somewhere. So the
brightest twentieth of the windows of two sounding seconds tells whether the upper band is there,
whatever is said; a take is as bright as its dullest two seconds.
"""

from __future__ import annotations

import numpy as np

from higgs_cli.audio.clip import SILENCE_DB, AudioClip

FROM_HERTZ = 5000.0
WINDOW_SAMPLES = 512
STRETCH_SECONDS = 2.0
BRIGHTEST = 0.95
SOUNDING_POWER = 0.01**2
LEAST_WINDOWS = 10


def treble_db(clip: AudioClip) -> float | None:
    """Of the dullest stretch, against the mean power of what sounds; None where too little does, or
    where the rate has no upper band."""
    first = int(FROM_HERTZ * WINDOW_SAMPLES / clip.sample_rate) + 1
    whole = len(clip.samples) // WINDOW_SAMPLES * WINDOW_SAMPLES
    rows = clip.samples[:whole].reshape(-1, WINDOW_SAMPLES)
    powers = np.vecdot(rows, rows) / WINDOW_SAMPLES
    sounding = powers > SOUNDING_POWER
    if first > WINDOW_SAMPLES // 2 or np.count_nonzero(sounding) < LEAST_WINDOWS:
        return None
    upper = _upper_powers(rows[sounding], first)
    length = STRETCH_SECONDS * clip.sample_rate / WINDOW_SAMPLES
    stretches = np.array_split(upper, max(1, int(len(upper) / length)))
    dullest = min(_brightest(stretch) for stretch in stretches)
    mean = float(powers[sounding].mean())
    return round(max(SILENCE_DB, 10.0 * float(np.log10(dullest / mean + 1e-12))), 1)


def _upper_powers(rows: np.ndarray, first: int) -> np.ndarray:
    """[windows]: mean power from a bin of the spectrum on."""
    window = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
    upper = np.fft.rfft(rows * window, axis=1)[:, first:]
    power: np.ndarray = np.vecdot(upper, upper).real * (
        2.0 / float((window**2).sum()) / len(window)
    )
    return power


def _brightest(powers: np.ndarray) -> float:
    at = int(BRIGHTEST * (len(powers) - 1))
    return float(np.partition(powers, at)[at])
