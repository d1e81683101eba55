"""Pictures of a sound for a page: waveform, spectrogram, loudness over time.

A waveform and a curve are SVG paths, a spectrogram is a PNG of a few colours; the same sound gives
the same bytes.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode

import numpy as np
from numpy.typing import NDArray

from higgs_cli.audio.loudness import power_to_lufs
from higgs_cli.output.sketch import BookSketch, Levels, Spectra

WAVE_HEIGHT = 60
"""In units of the picture; the middle is silence."""
CURVE_POINTS = 400
CURVE_HEIGHT = 120
LOUDEST_LUFS, QUIETEST_LUFS = -8.0, -48.0
SHADES = 24
"""Fewer compress better, and nobody sees more."""
DARKEST_DB_SHARE = 0.25
"""Of the range of a spectrum: what lies below is dark."""
COLOURS = (
    (8, 6, 26),
    (66, 16, 104),
    (148, 38, 102),
    (221, 81, 58),
    (251, 165, 10),
    (252, 250, 180),
)
STEP_SECONDS = 0.1
LEAST_WINDOW_SECONDS = 3.0


def waveform_path(peaks: Levels, width: int, tallest_peak: float = 1.0) -> str:
    """One stroke for each of `width` stretches, as tall as the largest magnitude in it; the tallest
    fills the picture."""
    scale = 1.0 / tallest_peak if tallest_peak > 0 else 0.0
    strokes = []
    for x, tallest in enumerate(_largest(peaks, width)):
        half = max(1, round(float(tallest) * scale * WAVE_HEIGHT / 2))
        strokes.append(f"M{x} {WAVE_HEIGHT // 2 - half}v{2 * half}")
    return "".join(strokes)


def spectrogram_uri(spectra: Spectra, width: int) -> str:
    """A PNG as a `data:` address, time to the right, high sounds on top."""
    picture = _largest(spectra, min(width, len(spectra))).T[::-1]
    darkest = DARKEST_DB_SHARE * 255.0
    scaled = np.clip((picture - darkest) / (255.0 - darkest) * SHADES, 0, SHADES - 1)
    return "data:image/png;base64," + b64encode(_png(scaled.astype(np.uint8))).decode()


def loudness_points(book: BookSketch, duration_seconds: float) -> list[tuple[int, float]]:
    """Loudness in windows of at least 3 s, from 0 to `CURVE_POINTS` along the time, in LUFS."""
    least = max(LEAST_WINDOW_SECONDS, duration_seconds / CURVE_POINTS)
    window = round(least / STEP_SECONDS)
    points = []
    for sketch, at in book.placed:
        powers = sketch.step_powers
        samples = sketch.sample_rate * STEP_SECONDS
        for start in range(0, len(powers), window):
            power = float(powers[start : start + window].mean()) / samples
            loudness = power_to_lufs(power) if power > 0 else QUIETEST_LUFS
            middle = at + (start + min(window, len(powers) - start) / 2) * STEP_SECONDS
            points.append((round(middle / duration_seconds * CURVE_POINTS), loudness))
    return points


def curve_path(points: list[tuple[int, float]]) -> str:
    """The loudness as a line."""
    places = [f"{x} {loudness_height(loudness)}" for x, loudness in points]
    return "M" + "L".join(places) if places else ""


def loudness_height(loudness_lufs: float) -> int:
    """Where in the picture a loudness stands; the loudest is on top."""
    share = (LOUDEST_LUFS - loudness_lufs) / (LOUDEST_LUFS - QUIETEST_LUFS)
    return round(min(1.0, max(0.0, share)) * CURVE_HEIGHT)


def _largest(values: NDArray[np.generic], width: int) -> NDArray[np.generic]:
    """The largest in each of `width` stretches of about equal length; fewer are shown longer."""
    if not len(values):
        return np.zeros((width, *values.shape[1:]), dtype=values.dtype)
    edges = np.arange(width) * len(values) // width
    if width > len(values):
        return values[edges]
    return np.asarray(np.maximum.reduceat(values, edges, axis=0))


def _png(shades: NDArray[np.uint8]) -> bytes:
    """`[rows, columns]` of numbers of colours."""
    height, width = shades.shape
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = shades
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", header),
        (b"PLTE", _palette()),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def _palette() -> bytes:
    stops = np.linspace(0.0, 1.0, len(COLOURS))
    shades = np.linspace(0.0, 1.0, SHADES)
    channels = [np.interp(shades, stops, [colour[each] for colour in COLOURS]) for each in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8).tobytes()
