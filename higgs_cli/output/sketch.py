"""A sketch of a sound, drawn while it passes on its way to a file: levels, loudness and spectra.

    performance ─► blocks ─► encoder ─► file
                     └─► 10-ms levels and peaks, 100-ms powers, spectra: what pages and pauses need

Nothing is heard twice for it. Its size is bounded, whatever the length of the sound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.clip import Samples, level_envelope
from higgs_cli.audio.k_weighting import Steps
from higgs_cli.audio.sound import MeasuredBlock, Sound

Made = TypeVar("Made")
Levels: TypeAlias = NDArray[np.float32]
Halves: TypeAlias = NDArray[np.float16]
"""What is kept for all of a book: pictures and pauses need no more."""
Spectra: TypeAlias = NDArray[np.uint8]

LEVEL_SECONDS = 0.01
MOST_COLUMNS = 100_000
"""Of the spectra: ten milliseconds each, or so many more that there are no more of them."""
BANDS = 64
LOWEST_HZ, HIGHEST_HZ = 60.0, 10_000.0
WINDOW = 1024
FLOOR_DB, SPAN_DB = -100.0, 100.0


@dataclass(frozen=True, eq=False)
class Sketch:
    """All of a sound, in few numbers."""

    sample_rate: int
    sample_count: int
    levels: Halves
    """RMS of each 10 ms."""
    peaks: Halves
    """The largest magnitude in each 10 ms."""
    step_powers: Steps
    """K-weighted, of each 100 ms: see `audio/loudness.py`."""
    spectra: Spectra
    """`[columns, bands]`, from -100 dB (0) to 0 dB (255), low bands first."""
    column_seconds: NDArray[np.float64]
    """Where each column begins."""

    @property
    def duration_seconds(self) -> float:
        return self.sample_count / self.sample_rate

    @cached_property
    def tallest_peak(self) -> float:
        return float(self.peaks.max(initial=0.0))

    def levels_between(self, start_seconds: float, end_seconds: float) -> Levels:
        found = self.levels[_level_at(start_seconds) : _level_at(end_seconds)]
        return found.astype(np.float32)

    def peaks_between(self, start_seconds: float, end_seconds: float) -> Levels:
        found = self.peaks[_level_at(start_seconds) : _level_at(end_seconds)]
        return found.astype(np.float32)

    def spectra_between(self, start_seconds: float, end_seconds: float) -> Spectra:
        first, last = np.searchsorted(self.column_seconds, [start_seconds, end_seconds])
        return self.spectra[first : max(first + 1, last)]


@dataclass(frozen=True)
class BookSketch:
    """The sketch of a book, in one piece or by chapter."""

    pieces: Mapping[int | None, Sketch]
    """Of the book under None, else of each chapter by its number."""
    starts: Mapping[int, float] = field(default_factory=dict)
    """Where each chapter begins, if one followed another."""

    def of(self, chapter: int | None) -> tuple[Sketch, float]:
        """What a chapter is sketched in, and where that begins in the book."""
        if None in self.pieces:
            return self.pieces[None], 0.0
        assert chapter is not None
        return self.pieces[chapter], self.starts.get(chapter, 0.0)

    @property
    def placed(self) -> Iterator[tuple[Sketch, float]]:
        """All of it, in order."""
        for chapter in self.pieces:
            yield self.of(chapter)

    @cached_property
    def tallest_peak(self) -> float:
        return max((each.tallest_peak for each in self.pieces.values()), default=0.0)


class SketchedSound:
    """The same sound; the first time that all of it passes, it is sketched."""

    def __init__(self, sound: Sound, whole_seconds: float, *, with_spectra: bool) -> None:
        """`whole_seconds`: how long about all of it is, of which this may be a part."""
        self._sound = sound
        self._bands = _band_weights(sound.sample_rate) if with_spectra else None
        longest = max(whole_seconds, sound.sample_count / sound.sample_rate)
        self._column = max(1, math.ceil(longest / LEVEL_SECONDS / MOST_COLUMNS))
        """How many 10 ms are one column of the spectra."""
        self._sketch: Sketch | None = None

    @property
    def sample_rate(self) -> int:
        return self._sound.sample_rate

    @property
    def sample_count(self) -> int:
        return self._sound.sample_count

    @property
    def sketch(self) -> Sketch:
        """Of all of it; where it has not passed yet, it is asked for."""
        if self._sketch is None:
            for _ in self.blocks(lambda samples: None):
                pass
        assert self._sketch is not None
        return self._sketch

    def blocks(self, work: Callable[[Samples], Made]) -> Iterator[MeasuredBlock[Made]]:
        if self._sketch is not None:
            yield from self._sound.blocks(work)
            return
        strokes = _Strokes()

        def both(samples: Samples) -> tuple[Made, _Stroke]:
            return work(samples), self._stroke(samples)

        for block in self._sound.blocks(both):
            made, stroke = block.content
            strokes.add(stroke, block.step_powers, block.sample_count / self.sample_rate)
            yield MeasuredBlock(made, block.sample_count, block.step_powers, block.true_peak)
        self._sketch = strokes.sketch(self.sample_rate, self.sample_count)

    def _stroke(self, samples: Samples) -> _Stroke:
        window = round(LEVEL_SECONDS * self.sample_rate)
        levels = level_envelope(samples, window)
        padded = np.zeros(len(levels) * window, dtype=np.float32)
        padded[: len(samples)] = np.abs(samples)
        peaks = padded.reshape(-1, window).max(axis=1, initial=0.0)
        spectra = np.zeros((0, BANDS), dtype=np.uint8)
        if self._bands is not None and len(samples):
            spectra = _spectra(samples, self._column * window, self._bands)
        seconds = self._column * LEVEL_SECONDS
        return _Stroke(levels.astype(np.float16), peaks.astype(np.float16), spectra, seconds)


@dataclass(frozen=True, eq=False)
class _Stroke:
    """The sketch of one block."""

    levels: Halves
    peaks: Halves
    spectra: Spectra
    column_seconds: float


@dataclass
class _Strokes:
    """All of them, as they come."""

    seconds: float = 0.0
    strokes: list[_Stroke] = field(default_factory=list)
    powers: list[Steps] = field(default_factory=list)
    columns: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, stroke: _Stroke, powers: Steps, seconds: float) -> None:
        self.strokes.append(stroke)
        self.powers.append(powers)
        self.columns.append(self.seconds + stroke.column_seconds * np.arange(len(stroke.spectra)))
        self.seconds += seconds

    def sketch(self, sample_rate: int, sample_count: int) -> Sketch:
        none = np.zeros(0, dtype=np.float16)
        return Sketch(
            sample_rate,
            sample_count,
            np.concatenate([none, *(each.levels for each in self.strokes)]),
            np.concatenate([none, *(each.peaks for each in self.strokes)]),
            np.concatenate([np.zeros(0), *self.powers]),
            np.concatenate(
                [np.zeros((0, BANDS), np.uint8), *(each.spectra for each in self.strokes)]
            ),
            np.concatenate([np.zeros(0), *self.columns]),
        )


def _level_at(seconds: float) -> int:
    return max(0, round(seconds / LEVEL_SECONDS))


def _spectra(samples: Samples, hop: int, bands: NDArray[np.float32]) -> Spectra:
    """One column for each hop, `[columns, bands]`."""
    count = math.ceil(len(samples) / hop)
    padded = np.zeros(count * hop + WINDOW, dtype=np.float32)
    padded[: len(samples)] = samples
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: count * hop : hop]
    window = np.hanning(WINDOW).astype(np.float32)
    magnitudes = np.abs(np.fft.rfft(frames * window, axis=1)).astype(np.float32) / (WINDOW / 4)
    decibels = 10.0 * np.log10(np.square(magnitudes) @ bands + 1e-12)
    scaled = (decibels - FLOOR_DB) * (255.0 / SPAN_DB)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


@cache
def _band_weights(sample_rate: int) -> NDArray[np.float32]:
    """Which frequencies are in which band, `[frequencies, bands]`: bands as the ear parts them."""
    frequencies = np.fft.rfftfreq(WINDOW, 1.0 / sample_rate)
    highest = min(HIGHEST_HZ, sample_rate / 2.0)
    edges = _frequency(np.linspace(_pitch(LOWEST_HZ), _pitch(highest), BANDS + 2))
    rising = (frequencies[:, None] - edges[None, :-2]) / np.diff(edges)[None, :-1]
    falling = (edges[None, 2:] - frequencies[:, None]) / np.diff(edges)[None, 1:]
    weights = np.clip(np.minimum(rising, falling), 0.0, None)
    nearest = np.abs(frequencies[:, None] - edges[None, 1:-1]).argmin(axis=0)
    weights[nearest, np.arange(BANDS)] = np.maximum(weights[nearest, np.arange(BANDS)], 0.5)
    return weights.astype(np.float32)


def _pitch(frequency: float) -> float:
    return 2595.0 * math.log10(1.0 + frequency / 700.0)


def _frequency(pitch: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(700.0 * (10.0 ** (pitch / 2595.0) - 1.0))
