"""What the teacher said, made even: silence at the ends, loudness, and whether it is whole."""

import numpy as np

LEAD_SECONDS, TAIL_SECONDS = 0.12, 0.24
LEVEL_DBFS, HIGHEST_PEAK = -20.0, 0.97
SPEECH_BELOW_LOUD_DB = 36.0
WINDOW_SECONDS = 0.01
FADE_SECONDS = 0.005
LONGEST_PAUSE_SECONDS = 1.1
# Seconds per phoneme: 99 % of what the named voices say lies between 0.058 and 0.110.
LEAST_PACE, MOST_PACE = 0.047, 0.135
STOPS = ".,!?;:"
UNSOUNDED = STOPS + " ˈˌː"


def cleaned(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """[samples] at one loudness, with LEAD_SECONDS before the first sound and TAIL_SECONDS after the last."""
    first, last = _speech(samples, sample_rate)
    lead, tail = round(LEAD_SECONDS * sample_rate), round(TAIL_SECONDS * sample_rate)
    kept = samples[max(0, first - lead) : last + tail].astype(np.float32)
    fade = np.linspace(0, 1, round(FADE_SECONDS * sample_rate), dtype=np.float32)
    kept[: len(fade)] *= fade
    kept[len(kept) - len(fade) :] *= fade[::-1]
    missing = max(0, lead - first), max(0, last + tail - len(samples))
    return np.pad(_levelled(kept, sample_rate), missing)


def fault(samples: np.ndarray, sample_rate: int, phonemes: str, speed: float) -> str | None:
    """Why this is no recording of `phonemes`, or None: what `cleaned` gave, judged by its length and pauses."""
    if not np.isfinite(samples).all() or np.abs(samples).max() < 0.05:
        return "no sound"
    seconds = len(samples) / sample_rate - LEAD_SECONDS - TAIL_SECONDS
    pace = pace_of(phonemes, seconds * speed)
    if not LEAST_PACE < pace < MOST_PACE:
        return f"{pace:.3f} s a phoneme"
    pause = _longest_pause(samples, sample_rate)
    return f"a pause of {pause:.1f} s" if pause > LONGEST_PAUSE_SECONDS else None


def pace_of(phonemes: str, seconds: float) -> float:
    """Seconds per phoneme, where a stop within counts as three and the last sound is drawn out."""
    sounds = sum(phoneme not in UNSOUNDED for phoneme in phonemes)
    pauses = sum(phoneme in STOPS for phoneme in phonemes[:-1])
    return (seconds - 0.15) / max(1, sounds + 3 * pauses)


def _speech(samples: np.ndarray, sample_rate: int) -> tuple[int, int]:
    """The first sample of the first window with sound, and the sample after the last."""
    sounding = np.flatnonzero(_sounding(samples, sample_rate))
    window = round(WINDOW_SECONDS * sample_rate)
    if not len(sounding):
        return 0, len(samples)
    return int(sounding[0]) * window, (int(sounding[-1]) + 1) * window


def _sounding(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """[windows] whether there is more than breath and noise; a weak consonant lies within LEAD or TAIL."""
    power = _power(samples, round(WINDOW_SECONDS * sample_rate))
    loud = np.quantile(power, 0.95)
    return power > loud * 10 ** (-SPEECH_BELOW_LOUD_DB / 10) + 1e-9


def _longest_pause(samples: np.ndarray, sample_rate: int) -> float:
    sounding = np.flatnonzero(_sounding(samples, sample_rate))
    return float(np.diff(sounding).max(initial=1) - 1) * WINDOW_SECONDS


def _levelled(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """The root mean square of the louder half at LEVEL_DBFS, or less where peaks would not fit."""
    power = np.sort(_power(samples, round(2 * WINDOW_SECONDS * sample_rate)))
    loud = np.sqrt(power[len(power) // 2 :].mean() + 1e-12)
    gain = min(10 ** (LEVEL_DBFS / 20) / loud, HIGHEST_PEAK / (np.abs(samples).max() + 1e-9))
    return samples * np.float32(gain)


def _power(samples: np.ndarray, window: int) -> np.ndarray:
    whole = samples[: len(samples) // window * window].astype(np.float64)
    return (whole.reshape(-1, window) ** 2).mean(axis=1)
