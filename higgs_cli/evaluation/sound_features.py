"""What a clip sounds like, in numbers that can be compared: cepstra, pitch, and how far apart.

Plain numpy: no learned model is used, so no model can be tuned to please it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import AudioClip

Array: TypeAlias = NDArray[np.float64]

STEP_SECONDS, WINDOW_SECONDS = 0.02, 0.04
MEL_COUNT, CEPSTRUM_COUNT = 40, 16
TOP_HERTZ = 7_600.0
LOWEST_PITCH_HERTZ, HIGHEST_PITCH_HERTZ = 60.0, 420.0
VOICED_STRENGTH = 0.5
SPEECH_BELOW_PEAK_DB = 40.0
PITCH_WEIGHT = 12.0
MELODY_REACH_OCTAVES = 0.8
LEAST_VOICED_STEPS = 10
DEVIATIONS_BETWEEN_TENTHS = 2.563  # of a normal distribution
BAND_STEPS = 0.25  # how far a warped path may stray, as a share of the longer clip


def log_mel(clip: AudioClip) -> Array:
    """[steps, mels] in natural logs, each clip brought to the same peak power."""
    spectrum = np.abs(np.fft.rfft(_windows(clip) * _hann(clip.sample_rate), axis=1)) ** 2
    mel = spectrum @ _mel_bank(clip.sample_rate).T
    return np.asarray(np.log(mel / max(mel.max(), 1e-12) + 1e-5))


def mel_distance_db(one: AudioClip, other: AudioClip) -> float:
    """How far two clips of the same sound, begun together, are apart in the mean."""
    first, second = log_mel(one), log_mel(other)
    steps = min(len(first), len(second))
    return float(np.abs(first[:steps] - second[:steps]).mean() * 10 / np.log(10))


def voice_print(clip: AudioClip) -> Array:
    """Means and spreads of the cepstra over speech, and the middle pitch in octaves."""
    mels = log_mel(clip)
    loud = mels.max(axis=1) > mels.max() - SPEECH_BELOW_PEAK_DB / 10 * np.log(10)
    cepstra = mels[loud] @ _cosines().T
    return np.concatenate(
        [cepstra.mean(axis=0), cepstra.std(axis=0), [PITCH_WEIGHT * middle_pitch(clip)]]
    )


def middle_pitch(clip: AudioClip) -> float:
    """The median pitch of voiced steps, in octaves above 1 Hz; 0 when nothing is voiced."""
    octaves = voiced_octaves(clip)
    return float(np.median(octaves)) if len(octaves) else 0.0


def melody_semitones(clip: AudioClip) -> float | None:
    """How far the voice goes up and down: the deviation of the logarithm of its pitch.

    None of a clip with next to nothing voiced. Taken from the tenth and the ninetieth of a hundred
    steps in order, since a few steps of a tracker's mistakes would outweigh all the others; what is
    nearly an octave and more away from the middle is such a mistake, or a creak.
    """
    octaves = voiced_octaves(clip)
    if not len(octaves):
        return None
    kept = octaves[np.abs(octaves - np.median(octaves)) < MELODY_REACH_OCTAVES]
    if len(kept) < LEAST_VOICED_STEPS:
        return None
    low, high = np.quantile(kept, (0.1, 0.9))
    return float(12 * (high - low) / DEVIATIONS_BETWEEN_TENTHS)


def voiced_octaves(clip: AudioClip) -> Array:
    """The pitch of each voiced step, in octaves above 1 Hz."""
    pieces = _windows(clip, WINDOW_SECONDS * 1.5)
    pieces = pieces - pieces.mean(axis=1, keepdims=True)
    size = 2 * pieces.shape[1]
    correlation = np.fft.irfft(np.abs(np.fft.rfft(pieces, size, axis=1)) ** 2, axis=1)
    first = int(clip.sample_rate / HIGHEST_PITCH_HERTZ)
    last = int(clip.sample_rate / LOWEST_PITCH_HERTZ)
    fade = 1 - np.arange(first, last) / pieces.shape[1]
    strength = correlation[:, first:last] / fade / np.maximum(correlation[:, :1], 1e-9)
    # A sound repeats after two periods as well as after one: of equals, the shorter.
    lags = (strength * np.linspace(1.0, 0.85, last - first)).argmax(axis=1)
    voiced = (strength.max(axis=1) > VOICED_STRENGTH) & (
        correlation[:, 0] > correlation[:, 0].max() * 1e-3
    )
    return np.asarray(np.log2(clip.sample_rate / (lags[voiced] + first)))


def warped_distance(one: Array, other: Array) -> float:
    """Mean distance along the best alignment of two [steps, mels], by dynamic time warping."""
    cost = np.sqrt(
        np.maximum((one**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2 * one @ other.T, 0)
    )
    rows, columns = cost.shape
    reach = max(int(BAND_STEPS * max(rows, columns)), abs(rows - columns) + 2)
    best = np.full((rows + 1, columns + 1), np.inf)
    best[0, 0] = 0.0
    for row in range(1, rows + 1):
        middle = row * columns // rows
        for column in range(max(1, middle - reach), min(columns, middle + reach) + 1):
            before = min(best[row - 1, column], best[row, column - 1], best[row - 1, column - 1])
            best[row, column] = cost[row - 1, column - 1] + before
    return float(best[rows, columns] / (rows + columns))


def high_band_level_db(clip: AudioClip) -> float:
    """Level above 4 kHz in the quietest tenth of the clip, in dB of full scale: hiss and buzz."""
    windows = _windows(clip)
    quiet = windows[np.argsort((windows**2).mean(axis=1))[: max(1, len(windows) // 10)]]
    spectrum = np.abs(np.fft.rfft(quiet * _hann(clip.sample_rate), axis=1)) ** 2
    hertz = np.fft.rfftfreq(windows.shape[1], 1 / clip.sample_rate)
    power = (
        2
        * spectrum[:, hertz > 4000].sum(axis=1).mean()
        / (_hann(clip.sample_rate) ** 2).sum()
        / windows.shape[1]
    )
    return float(10 * np.log10(power + 1e-14))


def _windows(clip: AudioClip, seconds: float = WINDOW_SECONDS) -> Array:
    size, step = round(seconds * clip.sample_rate), round(STEP_SECONDS * clip.sample_rate)
    padded = np.pad(clip.samples.astype(np.float64), (0, max(0, size - len(clip.samples))))
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::step]


@lru_cache(maxsize=4)
def _hann(sample_rate: int) -> Array:
    return np.hanning(round(WINDOW_SECONDS * sample_rate))


@lru_cache(maxsize=4)
def _mel_bank(sample_rate: int) -> Array:
    """Triangles on the mel scale up to TOP_HERTZ, [mels, bins]."""
    bins = np.fft.rfftfreq(round(WINDOW_SECONDS * sample_rate), 1 / sample_rate)
    top = 2595 * np.log10(1 + TOP_HERTZ / 700)
    corners = 700 * (10 ** (np.linspace(0, top, MEL_COUNT + 2) / 2595) - 1)
    rising = (bins - corners[:-2, None]) / (corners[1:-1] - corners[:-2])[:, None]
    falling = (corners[2:, None] - bins) / (corners[2:] - corners[1:-1])[:, None]
    return np.clip(np.minimum(rising, falling), 0, None) + 1e-9


@lru_cache(maxsize=1)
def _cosines() -> Array:
    """The cosine transform from log mels to cepstra, without the level: [cepstra, mels]."""
    orders = np.arange(1, CEPSTRUM_COUNT + 1)[:, None]
    return np.asarray(
        np.cos(np.pi * orders * (np.arange(MEL_COUNT) + 0.5) / MEL_COUNT) * (2 / MEL_COUNT)
    )
