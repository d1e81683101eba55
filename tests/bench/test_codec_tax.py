"""The arithmetic of the codec's tax counts what the decoder does."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.codec_tax import CAREFUL, HOPED, Windows, batch_seconds, batches_of_bursts, launches
from tokenizer.codec.config import AcousticConfig

PUBLISHED = AcousticConfig()
GIGA = 1e9


def test_a_second_of_sound_is_the_published_decoders_operations() -> None:
    """6.795 G multiplications and additions, counted with hooks on the published classes."""
    for fused in ((), (32, 64)):
        counted = sum(one.operations for one in launches(PUBLISHED, 25, fused)) / 2
        assert counted / GIGA == pytest.approx(6.795, rel=1e-4)


def test_launches_are_those_of_the_decoder() -> None:
    """As `test_channels_last.py` counts them; 8 more are for codes and the last bias."""
    kinds = Counter(one.kind for one in launches(PUBLISHED, 1024, ()))
    assert kinds == {"snake": 36, "convolution": 22, "product": 15}
    fused = Counter(one.kind for one in launches(PUBLISHED, 1024))
    assert fused == {"snake": 24, "convolution": 16, "product": 9, "unit": 6}


def test_the_careful_card_takes_twice_as_long() -> None:
    hoped, careful = (batch_seconds(card, PUBLISHED, 1024) for card in (HOPED, CAREFUL))
    assert careful == pytest.approx(2 * hoped)


def test_more_lanes_fill_batches_better_and_none_is_left_out() -> None:
    counts, windows = [375] * 512, Windows(128, 10)
    needed = sum(map(windows.count, counts)) / 8
    few, many = (batches_of_bursts(counts, lanes, 8, windows) for lanes in (3, 256))
    assert needed <= many < few <= len(counts)
