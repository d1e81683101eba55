"""Intervals hold what they say, are the same for the same seed, and are paired."""

from __future__ import annotations

import numpy as np
import pytest

from higgs_cli.evaluation.intervals import paired_intervals, win_rate


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    first = [(float(n % 3), 1.0) for n in range(30)]
    second = [(float(n % 4), 1.0) for n in range(30)]
    assert paired_intervals(first, second, 1) == paired_intervals(first, second, 1)
    assert paired_intervals(first, second, 1) != paired_intervals(first, second, 2)


def test_what_is_hard_for_both_sides_does_not_hide_a_small_difference() -> None:
    random = np.random.default_rng(0)
    hard = random.uniform(0, 10, 100)
    first = [(float(h), 1.0) for h in hard]
    second = [(float(h + 0.1), 1.0) for h in hard]
    found = paired_intervals(first, second, 0)
    assert found.difference.value == pytest.approx(0.1)
    assert found.difference.low > 0.09 and not found.difference.holds_nought
    assert found.first.high - found.first.low > 1.0


def test_a_rate_is_over_all_that_is_counted_out_of() -> None:
    found = paired_intervals([(1, 10), (0, 90)], [(0, 10), (0, 90)], 0)
    assert found.first.value == pytest.approx(0.01) and found.second.value == 0.0


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    random = np.random.default_rng(3)
    held = 0
    for seed in range(200):
        values = random.normal(1.0, 1.0, 60)
        one = paired_intervals([(v, 1.0) for v in values], [(0.0, 1.0)] * 60, seed).first
        held += one.low <= 1.0 <= one.high
    assert 180 <= held <= 199


def test_who_wins_everything_is_not_sure_to_win_always() -> None:
    rate = win_rate([1.0] * 10)
    assert rate.value == 1.0 and 0.6 < rate.low < 0.8 and rate.high == pytest.approx(1.0)
    assert win_rate([0.5] * 8).value == 0.5
