"""Simulated books cost what a step by step account of them says, and the fit finds known costs."""

from __future__ import annotations

import random

import pytest

from bench.lane_speed import LaneSpeed, Load
from bench.scaling import BOOK_MINUTES, from_json, markdown, simulated
from bench.simulation import StepCost, book_seconds, fitted, times_real_time

COST = StepCost(fixed=1e-3, per_lane=2e-5, per_key=3e-8, per_prompt=5e-4, text=10)


def step_by_step(frame_counts: list[int], lanes: int, delay: int, burst: int) -> float:
    """The plain twin: every step of every lane, one after another."""
    waiting, ages, seconds = list(frame_counts), [], 0.0
    while waiting or ages:
        while waiting and len(ages) < lanes:
            steps = -(-(waiting.pop(0) + delay) // burst) * burst
            ages.append([0, steps])
            seconds += COST.per_prompt
        own = sum(COST.text + age + 0.5 for age, _ in ages)
        seconds += COST.step(len(ages), own)
        for one in ages:
            one[0] += 1
        ages = [one for one in ages if one[0] < one[1]]
    return seconds


@pytest.mark.parametrize("burst", [1, 16])
@pytest.mark.parametrize("lanes", [1, 3, 50])
def test_a_simulated_book_is_the_sum_of_its_steps(lanes: int, burst: int) -> None:
    chance = random.Random(lanes)
    lengths = sorted((chance.randrange(1, 90) for _ in range(20)), reverse=True)
    expected = step_by_step(lengths, lanes, 8, burst)
    assert book_seconds(lengths, lanes, COST, 8, burst) == pytest.approx(expected)


def measured(lanes: int, text: int, noise: float = 1.0) -> LaneSpeed:
    load = Load(lanes, 50, text, 20)
    step = COST.step(lanes, lanes * load.mean_own) * noise
    return LaneSpeed(load, 8, (step * 28,), (lanes * COST.per_prompt,))


def test_the_fit_finds_the_costs_that_steps_were_made_of() -> None:
    found = fitted([measured(n, 10) for n in (1, 8, 64)] + [measured(8, n) for n in (250, 2000)])
    for name in ("fixed", "per_lane", "per_key", "per_prompt"):
        assert getattr(found, name) == pytest.approx(getattr(COST, name), rel=1e-6)
    assert found.worst_misfit < 1e-9


def test_no_fitted_cost_is_negative_whatever_was_measured() -> None:
    found = fitted([measured(8, 10), measured(8, 2000, 0.1), measured(64, 10)])
    assert min(found.fixed, found.per_lane, found.per_key) >= 0 and found.worst_misfit > 0.01


def test_more_lanes_are_never_slower_when_a_step_costs_little_more() -> None:
    lengths = sorted(random.Random(0).choices(range(100, 600), k=300), reverse=True)
    rates = [times_real_time(lengths, book_seconds(lengths, n, COST)) for n in (1, 8, 64)]
    assert rates == sorted(rates)


def test_the_sweeps_of_the_gpu_benchmark_become_the_same_report() -> None:
    rows = {
        "lanes": [measured(n, 10).figures() for n in (1, 8, 64)],
        "context": [measured(8, n).figures() for n in (250, 2000)],
    }
    parts = {name: {"figures": {"rows": one, "left_out": 0}} for name, one in rows.items()}
    by_lanes, by_context = from_json({"parts": parts})
    assert by_lanes[1].step_seconds == pytest.approx(measured(8, 10).step_seconds, rel=1e-3)
    cost = fitted(by_lanes + by_context)
    said = markdown(by_lanes, by_context, cost, simulated(cost, 16))
    assert said.count("\n| ") >= 3 + 2 + len(BOOK_MINUTES)


def test_a_plot_is_drawn_where_matplotlib_is(tmp_path) -> None:  # type: ignore[no-untyped-def]
    pytest.importorskip("matplotlib", reason="drawn only where matplotlib is installed")
    from bench.scaling_plot import plot

    cost = fitted([measured(1, 10), measured(8, 10), measured(8, 500)])
    books = simulated(cost, 1)
    plot("Scaling", [measured(1, 10)], [measured(8, 10)], books, tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size < 200_000
