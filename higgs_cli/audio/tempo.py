"""Tempo: the same voice at another pace, by waveform similarity overlap-add (WSOLA).

    heard    ▁▃▆▅▃▁▂▅▇▅▂▁▃▆▅▃▁▂▅▇▅▂▁          what follows the last grain fades out while the next
                  └ follows ┘                 grain fades in; of all places within reach of where
             nominal ──|reach|──►             the tempo would have it, the next grain begins where
    out      ▁▃▆▅▃▁▂▅▇▅▁▃▆▅▃▂                 it is most like what follows

Waves are left out or come twice, and are never stretched: pitch stays. The same samples come out
on every machine, whether they are given at once or in pieces. Knows nothing about takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import Samples
from higgs_cli.audio.machine_code import compiled

SLOWEST, FASTEST = 0.25, 4.0
FADE_SECONDS = 0.015
"""Longer than a wave of any voice but the lowest, shorter than most sounds."""
REACH_SECONDS = 0.0125
"""To either side: together, a wave of 40 Hz."""
COARSE = 4
"""Places are compared on sums of so many samples first."""
SIGNATURE = "void(f4[:, ::1], i8[::1], i8[::1], f4[::1], f4[::1], f4[:, ::1])"


def at_tempo(samples: Samples, factor: float, sample_rate: int) -> Samples:
    """All of a sound, `factor` times as fast; at 1 it is what it was."""
    if factor == 1.0:
        return samples
    tempo = Tempo(factor, sample_rate)
    return np.concatenate([tempo.push(samples), tempo.finish()])


class Tempo:
    """Takes a sound piece by piece, and gives what of it is ready.

    Places are counted from the first sample that was pushed; `reach` samples of silence lie before.
    """

    def __init__(self, factor: float, sample_rate: int, *, is_plain: bool = False) -> None:
        if not SLOWEST <= factor <= FASTEST:
            raise ValueError(f"a tempo lies between {SLOWEST} and {FASTEST}, and is not {factor}")
        self.factor = factor
        self._hop = COARSE * round(FADE_SECONDS * sample_rate / COARSE)
        self._reach = COARSE * round(REACH_SECONDS * sample_rate / COARSE)
        self._kernel = _plain_grains if is_plain else _fast_grains()
        self._buffer = np.zeros(self._reach, np.float32)
        self._first = -self._reach
        """The place of the first sample of the buffer."""
        self._given = 0
        self._grains = 0
        self._follows = 0
        """The place behind the last grain."""

    def push(self, samples: Samples) -> Samples:
        """What is ready when these follow."""
        samples = np.asarray(samples, np.float32)
        self._given += len(samples)
        if self.factor == 1.0:
            return samples
        self._buffer = np.concatenate([self._buffer, samples])
        count = self._grains
        while self._needed(count) <= self._given:
            count += 1
        return self._grown(count)

    def finish(self) -> Samples:
        """The rest: with what was given before, as long as the whole sound is to be."""
        if self.factor == 1.0:
            return np.zeros(0, np.float32)
        length = math.floor(self._given / self.factor + 0.5)
        count = -(-length // self._hop)
        done = self._grains * self._hop
        # Behind the end is silence: all that the last grain could reach.
        silence = max(0, self._needed(max(0, count - 1)) - self._given)
        self._buffer = np.concatenate([self._buffer, np.zeros(silence, np.float32)])
        return self._grown(count)[: length - done]

    def _nominal(self, grain: int) -> int:
        return math.floor(grain * self._hop * self.factor + 0.5)

    def _needed(self, grain: int) -> int:
        """How many samples must be there for a grain: all that is compared, and as much as it
        makes of them."""
        follows = self._nominal(grain - 1) + self._hop if grain else 0
        compared = max(self._nominal(grain), follows) + self._reach + self._hop
        return max(compared, math.ceil((grain + 1) * self._hop * self.factor))

    def _grown(self, count: int) -> Samples:
        """The grains up to this number; the buffer keeps what the next ones may ask for."""
        nominal = np.array(
            [self._nominal(grain) - self._first for grain in range(self._grains, count)], np.int64
        )
        made = np.empty(len(nominal) * self._hop, np.float32)
        if not len(nominal):
            return made
        follows = np.array([self._follows - self._first], np.int64)
        room = np.empty((3, self._hop + 2 * self._reach), np.float32)
        self._kernel(_with_sums(self._buffer), nominal, follows, _fade(self._hop), made, room)
        self._grains, self._follows = count, int(follows[0]) + self._first
        keep = min(self._follows, self._nominal(count) - self._reach)
        self._buffer = self._buffer[keep - self._first :]
        self._first = keep
        return made


def _fast_grains() -> Callable[..., Any]:
    return compiled(_lay_grains, SIGNATURE)


def _with_sums(samples: Samples) -> NDArray[np.float32]:
    """The samples, and what each and those behind it add up to, `[2, samples]`."""
    padded = np.pad(samples, (0, COARSE - 1))
    one, two, three, four = (padded[i : i + len(samples)] for i in range(COARSE))
    return np.stack([samples, ((one + two) + three) + four])


@cache
def _fade(length: int) -> Samples:
    """How much of the next grain is heard; with what is left of the last one it is 1."""
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / length)).astype(np.float32)


def _lay_grains(
    heard: NDArray[np.float32],
    nominal: NDArray[np.int64],
    follows: NDArray[np.int64],
    fade: Samples,
    made: Samples,
    room: NDArray[np.float32],
) -> None:
    """One grain after another. `heard` `[2, samples]` has the samples, and sums of `COARSE` from
    each on; `nominal` `[grains]` and `follows` `[1]` are places in it; `room` `[3, hop + 2 reach]`
    holds what is compared: nothing is allocated."""
    hop = len(fade)
    reach = (room.shape[1] - hop) // 2
    wanted, around, unlike = room[0], room[1], room[2]
    for grain in range(len(nominal)):
        follow = follows[0]
        found = nominal[grain]
        # Roughly, then sample by sample around the place that was found.
        for step, span in ((COARSE, reach), (1, COARSE - 1)):
            begin = max(nominal[grain] - reach, found - span)
            places = (min(nominal[grain] + reach, found + span) - begin) // step + 1
            count, source = hop // step, heard[step // COARSE]
            for i in range(count):
                wanted[i] = source[follow + i * step]
            for i in range(count + places - 1):
                around[i] = source[begin + i * step]
            unlike[:places] = 0.0
            for i in range(count):
                one, others = wanted[i], around[i : i + places]
                for place in range(places):
                    apart = one - others[place]
                    unlike[place] += apart * apart
            middle = (nominal[grain] - begin) // step
            best = min(max(0, middle), places - 1)
            for place in range(places):
                is_nearer = abs(place - middle) < abs(best - middle)
                if unlike[place] < unlike[best] or (unlike[place] == unlike[best] and is_nearer):
                    best = place
            found = begin + best * step
        for i in range(hop):
            last = heard[0, follow + i]
            made[grain * hop + i] = last + (heard[0, found + i] - last) * fade[i]
        follows[0] = found + hop


def _plain_grains(
    heard: NDArray[np.float32],
    nominal: NDArray[np.int64],
    follows: NDArray[np.int64],
    fade: Samples,
    made: Samples,
    room: NDArray[np.float32],
) -> None:
    """The twin."""
    hop = len(fade)
    reach = (room.shape[1] - hop) // 2
    samples, sums = heard
    for grain, place in enumerate(map(int, nominal)):
        last = slice(int(follows[0]), int(follows[0]) + hop)
        first, end = place - reach, place + reach + 1
        roughly = _likest(
            sums[last][::COARSE], sums[first : end + hop - 1 : COARSE], reach // COARSE
        )
        first += COARSE * roughly
        begin, end = max(place - reach, first - COARSE + 1), min(end, first + COARSE)
        start = begin + _likest(samples[last], samples[begin : end + hop - 1], place - begin)
        following = samples[start : start + hop]
        made[grain * hop :][:hop] = samples[last] + (following - samples[last]) * fade
        follows[0] = start + hop


def _likest(wanted: Samples, around: Samples, middle: int) -> int:
    """Where it is most like what is wanted; of several places, the one nearest the middle."""
    places = len(around) - len(wanted) + 1
    unlike = np.zeros(places, np.float32)
    for i, one in enumerate(wanted):  # in the order of the samples, so that sums are the same
        unlike += np.square(one - around[i : i + places])
    least = np.flatnonzero(unlike == unlike.min())
    return int(least[np.argmin(np.abs(least - middle))])
