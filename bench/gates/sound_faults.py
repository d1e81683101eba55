"""Faults made in the sound of a whole take: cut end, loop, silence, hum, clicks.

Cuts are made where it is quietest nearby, and joined over some milliseconds, so that no click gives
them away.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.float32]

WINDOW_SECONDS, JOIN_SECONDS = 0.010, 0.008
SEARCH_SECONDS = 0.06
SOUNDING_AMPLITUDE = 0.01
ROOM_AMPLITUDE = 3e-5
LEAST_SECONDS = 1.2
"""Of a take that is cut, looped or silenced in parts."""


def cut_end(samples: Samples, rate: int, chance: random.Random) -> tuple[Samples, str] | None:
    """Its last 15 to 50 % are missing."""
    start, end = _sounding(samples, rate)
    if end - start < LEAST_SECONDS * rate:
        return None
    share = chance.uniform(0.15, 0.5)
    at = quietest(samples, rate, end - round(share * (end - start)))
    return joined([samples[:at], _room(0.05, rate, chance)], rate), f"without its last {share:.0%}"


def loop(samples: Samples, rate: int, chance: random.Random) -> tuple[Samples, str] | None:
    """A stretch of 0.4 to 1.6 s is said three to six times."""
    start, end = _sounding(samples, rate)
    if end - start < LEAST_SECONDS * rate:
        return None
    length = round(min(chance.uniform(0.4, 1.6), 0.6 * (end - start) / rate) * rate)
    first = quietest(samples, rate, chance.randint(start, end - length))
    last = quietest(samples, rate, first + length)
    times = chance.randint(3, 6)
    parts = [samples[:first], *[samples[first:last]] * times, samples[last:]]
    return joined(parts, rate), f"{times} times {(last - first) / rate:.2f} s"


def silence(samples: Samples, rate: int, chance: random.Random) -> tuple[Samples, str] | None:
    """A stretch of 30 to 80 % is silent."""
    start, end = _sounding(samples, rate)
    if end - start < LEAST_SECONDS * rate:
        return None
    length = round(chance.uniform(0.3, 0.8) * (end - start))
    first = quietest(samples, rate, chance.randint(start, end - length))
    last = quietest(samples, rate, first + length)
    quiet = _room((last - first) / rate, rate, chance)
    parts = [samples[:first], quiet, samples[last:]]
    return joined(parts, rate), f"{(last - first) / rate:.2f} s silent"


def hum(samples: Samples, rate: int, chance: random.Random) -> tuple[Samples, str] | None:
    """Of 50 or 60 Hz with its harmonics, 8 to 24 dB below the speech."""
    below_db, mains = chance.uniform(8, 24), chance.choice((50, 60))
    time = np.arange(len(samples)) / rate
    tone = np.zeros(len(samples))
    for harmonic in range(1, 9):
        phase = chance.uniform(0, 2 * np.pi)
        tone += np.sin(2 * np.pi * mains * harmonic * time + phase) / harmonic
    wanted = sounding_rms(samples, rate) * 10 ** (-below_db / 20)
    added = (samples + tone * wanted / _rms(tone)).astype(np.float32)
    return np.clip(added, -1, 1), f"{mains} Hz, {below_db:.0f} dB below the speech"


def click(samples: Samples, rate: int, chance: random.Random) -> tuple[Samples, str] | None:
    """One to four, each of 0.3 to 3 ms and 0.5 to 2 times the peak."""
    changed, count = samples.copy(), chance.randint(1, 4)
    start, end = _sounding(samples, rate)
    peak = float(np.abs(samples).max())
    for _ in range(count):
        length = round(chance.uniform(0.0003, 0.003) * rate)
        at = chance.randrange(start, max(start + 1, end - length))
        decay = np.exp(-4 * np.arange(length) / length)
        wave = decay * np.cos(np.pi * np.arange(length) * chance.uniform(0.2, 1.0))
        height = chance.choice((-1, 1)) * peak * chance.uniform(0.5, 2.0)
        changed[at : at + length] += (height * wave)[: len(changed) - at].astype(np.float32)
    return np.clip(changed, -1, 1), f"{count} times"


FAULTS: dict[str, Callable[[Samples, int, random.Random], tuple[Samples, str] | None]] = {
    "cut-end": cut_end,
    "loop": loop,
    "silence": silence,
    "hum": hum,
    "click": click,
}


def quietest(samples: Samples, rate: int, near: int) -> int:
    """The middle of the quietest 10 ms within 60 ms of there."""
    window, reach = round(WINDOW_SECONDS * rate), round(SEARCH_SECONDS * rate)
    first = max(0, near - reach)
    part = samples[first : near + reach].astype(np.float64) ** 2
    if len(part) <= window:
        return min(near, len(samples))
    powers = np.convolve(part, np.ones(window), "valid")
    return first + int(np.argmin(powers)) + window // 2


def joined(parts: Sequence[Samples], rate: int) -> Samples:
    """One after another, each join faded over 8 ms."""
    length = round(JOIN_SECONDS * rate)
    whole = np.zeros(0, np.float32)
    for part in parts:
        shared = min(length, len(whole), len(part))
        fade = np.linspace(0, 1, shared, dtype=np.float32)
        middle = whole[len(whole) - shared :] * (1 - fade) + part[:shared] * fade
        whole = np.concatenate([whole[: len(whole) - shared], middle, part[shared:]])
    return whole.astype(np.float32)


def sounding_rms(samples: Samples, rate: int) -> float:
    """Level from the first to the last window that sounds."""
    start, end = _sounding(samples, rate)
    return _rms(samples[start:end])


def _sounding(samples: Samples, rate: int) -> tuple[int, int]:
    """From the first to the last window that sounds."""
    window = round(WINDOW_SECONDS * rate)
    rows = samples[: len(samples) // window * window].reshape(-1, window)
    loud = np.flatnonzero(np.sqrt((rows**2).mean(axis=1)) > SOUNDING_AMPLITUDE)
    if not len(loud):
        return 0, len(samples)
    return int(loud[0]) * window, (int(loud[-1]) + 1) * window


def _room(seconds: float, rate: int, chance: random.Random) -> Samples:
    """Not digital silence: what a quiet room sounds like."""
    noise = np.random.default_rng(chance.getrandbits(32)).standard_normal(round(seconds * rate))
    return (ROOM_AMPLITUDE * noise).astype(np.float32)


def _rms(samples: NDArray[np.floating]) -> float:
    return float(np.sqrt(np.mean(np.asarray(samples, np.float64) ** 2)))
