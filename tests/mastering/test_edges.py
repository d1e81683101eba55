"""Edges are trimmed, words are not."""

from __future__ import annotations

import numpy as np

from higgs_cli.audio.clip import AudioClip
from higgs_cli.mastering.edges import (
    FADE_IN_SECONDS,
    LEAD_MARGIN_SECONDS,
    TAIL_MARGIN_SECONDS,
    faded,
    find_edges,
)

RATE = 24000


def clip(*parts: tuple[float, float]) -> AudioClip:
    """Each part is (seconds, amplitude) of a tone."""
    pieces = [
        amplitude * np.sin(2 * np.pi * 200 * np.arange(round(seconds * RATE)) / RATE)
        for seconds, amplitude in parts
    ]
    return AudioClip(np.concatenate(pieces).astype(np.float32), RATE)


def test_silence_at_both_ends_goes_and_a_margin_stays() -> None:
    edges = find_edges(clip((0.5, 0), (1.0, 0.3), (0.8, 0)))
    assert abs(edges.start / RATE - (0.5 - LEAD_MARGIN_SECONDS)) < 0.011
    assert abs(edges.end / RATE - (1.5 + TAIL_MARGIN_SECONDS)) < 0.011


def test_a_quiet_ending_is_kept() -> None:
    """A last consonant 35 dB under the peak is speech."""
    edges = find_edges(clip((0.3, 0), (1.0, 0.5), (0.1, 0.5 * 10 ** (-35 / 20)), (0.5, 0)))
    assert edges.end / RATE >= 1.4


def test_a_burst_after_a_long_silence_is_junk() -> None:
    edges = find_edges(clip((1.0, 0.3), (0.4, 0), (0.04, 0.2), (0.2, 0)))
    assert edges.end / RATE < 1.2


def test_a_burst_soon_after_a_word_belongs_to_it() -> None:
    """The release of a last t comes after a closure of up to a tenth of a second."""
    edges = find_edges(clip((1.0, 0.3), (0.12, 0), (0.04, 0.2), (0.3, 0)))
    assert edges.end / RATE > 1.16


def test_a_take_that_ends_loud_is_not_cut_at_its_end() -> None:
    whole = clip((0.5, 0), (1.0, 0.3))
    assert find_edges(whole).end == len(whole.samples)


def test_a_take_rises_for_thirty_milliseconds_and_reaches_zero_at_both_ends() -> None:
    take = clip((1.0, 0.3))
    edges = find_edges(take)
    samples = faded(AudioClip(take.samples[edges.start : edges.end], RATE)).samples
    assert samples[0] == 0.0 and abs(samples[-1]) < 1e-3
    window = round(FADE_IN_SECONDS * RATE)
    assert np.abs(samples[: window // 4]).max() < 0.1 < np.abs(samples[window:]).max()


def test_silence_alone_is_left_alone() -> None:
    silent = clip((0.5, 0))
    edges = find_edges(silent)
    assert (edges.start, edges.end) == (0, len(silent.samples))
