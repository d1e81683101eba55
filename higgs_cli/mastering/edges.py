"""Trim the silence and the junk at both ends of a take, without touching a word.

    junk?   lead      words                     tail        burst?
    ▁▂▁_____________▅▇▆▇▅▂▅▇▆▃_________________________▂▁____
            |margin|                  |margin |
            ^start, fade in           ^end, fade out

A take whose last samples are loud may have lost its last word: it is not trimmed at the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from higgs_cli.audio.clip import AudioClip, db_to_ratio, level_envelope, peak, rms

WINDOW_SECONDS = 0.010
SILENCE_BELOW_PEAK_DB = -42.0
LEAD_MARGIN_SECONDS = 0.060
TAIL_MARGIN_SECONDS = 0.120
FADE_IN_SECONDS = 0.030
FADE_OUT_SECONDS = 0.015
LOUD_END_DB = -20.0
BURST_SECONDS = 0.065
BURST_SILENCE_SECONDS = 0.250


@dataclass(frozen=True)
class Edges:
    """Where a take begins and ends, in samples; the rest is silence or junk."""

    start: int
    end: int


def find_edges(clip: AudioClip) -> Edges:
    """First and last sound, with a margin; the whole clip when nothing stands out."""
    window = max(1, round(WINDOW_SECONDS * clip.sample_rate))
    threshold = peak(clip.samples) * db_to_ratio(SILENCE_BELOW_PEAK_DB)
    sounding = level_envelope(clip.samples, window) > threshold
    if not sounding.any():
        return Edges(0, len(clip.samples))
    windows = np.flatnonzero(_without_bursts(sounding))
    start = int(windows[0]) * window - round(LEAD_MARGIN_SECONDS * clip.sample_rate)
    end = (int(windows[-1]) + 1) * window + round(TAIL_MARGIN_SECONDS * clip.sample_rate)
    if ends_loud(clip):
        end = len(clip.samples)
    return Edges(max(0, start), min(len(clip.samples), end))


def ends_loud(clip: AudioClip) -> bool:
    """Whether the last 10 ms are as loud as speech: the last word may be cut off."""
    window = max(1, round(WINDOW_SECONDS * clip.sample_rate))
    return rms(clip.samples[-window:]) > db_to_ratio(LOUD_END_DB)


def faded(clip: AudioClip) -> AudioClip:
    """Raised-cosine fades: both ends reach zero, with no corner to click."""
    samples = clip.samples.copy()
    rise = _rise(min(len(samples) // 2, round(FADE_IN_SECONDS * clip.sample_rate)))
    fall = _rise(min(len(samples) // 2, round(FADE_OUT_SECONDS * clip.sample_rate)))[::-1]
    samples[: len(rise)] *= rise
    samples[len(samples) - len(fall) :] *= fall
    return AudioClip(samples, clip.sample_rate)


def _rise(length: int) -> np.ndarray:
    return (0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(1, length))).astype(np.float32)


def _without_bursts(sounding: np.ndarray) -> np.ndarray:
    """Drop a blip at either end that a long silence separates from the words."""
    kept = _without_last_burst(sounding)
    return _without_last_burst(kept[::-1])[::-1]


def _without_last_burst(sounding: np.ndarray) -> np.ndarray:
    windows = np.flatnonzero(sounding)
    gaps = np.flatnonzero(np.diff(windows) > BURST_SILENCE_SECONDS / WINDOW_SECONDS)
    if not len(gaps):
        return sounding
    burst_start = int(windows[gaps[-1] + 1])
    burst_windows = int(windows[-1]) + 1 - burst_start
    if burst_windows > math.ceil(BURST_SECONDS / WINDOW_SECONDS):
        return sounding
    kept = sounding.copy()
    kept[burst_start:] = False
    return kept
