"""The budget is granted in the plan's order, as early as that can be known, and never otherwise."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from higgs_cli.takes.retry_budget import BudgetRules, RetryBudget, planned_frames
from tests.plans import plan_of

CHUNKS = plan_of([("ANN", "word " * 10 + str(number)) for number in range(60)]).chunks
EACH = planned_frames(CHUNKS[0])
RULES = BudgetRules(share=0.5, retries=3)


def told(failed: set[int], order: list[int]) -> list[int]:
    """What each failed chunk is granted, told in this order."""
    budget = RetryBudget(CHUNKS, RULES)
    for number in order:
        budget.tell([number], [number] if number in failed else [])
    assert all(budget.is_known(number) for number in failed)
    return [budget.granted(number) for number in sorted(failed)]


def test_who_comes_first_in_the_plan_is_granted_all_and_the_last_nothing() -> None:
    granted = told(set(range(60)), list(range(60)))
    assert granted == [3] * 9 + [1] * 3 + [0] * 48
    assert sum(granted) * EACH <= RULES.share * EACH * 60


def test_in_a_short_script_the_first_that_fails_has_not_all() -> None:
    budget = RetryBudget(CHUNKS[:20], BudgetRules(share=0.2, retries=3))
    budget.tell(range(20), [2, 9, 15, 18])
    assert [budget.granted(number) for number in (2, 9, 15, 18)] == [2, 1, 1, 0]


@pytest.mark.parametrize("order", list(permutations([3, 11, 12, 40]))[::5])
def test_what_is_granted_does_not_depend_on_what_is_told_first(order: tuple[int, ...]) -> None:
    rest = [number for number in range(60) if number not in order]
    assert told({3, 11, 12, 40}, [*order, *rest]) == [3, 3, 3, 3]


def test_a_grant_is_known_before_all_that_comes_earlier_is_told() -> None:
    budget = RetryBudget(CHUNKS, RULES)
    budget.tell([5], [5])
    assert budget.is_known(5)  # 0 to 4 may want 15 retries of 30, and it twice 3
    budget.tell([20], [20])
    assert not budget.is_known(20)  # all before it may want more than there is
    budget.tell(range(1, 19), [])
    assert budget.is_known(20) and budget.granted(20) == 3


@pytest.mark.parametrize("seed", range(20))
def test_what_is_known_early_is_what_is_granted_in_the_end(seed: int) -> None:
    chance = random.Random(seed)
    failed = {number for number in range(60) if chance.random() < 0.3}
    order = chance.sample(range(60), 60)
    budget, early = RetryBudget(CHUNKS, RULES), dict[int, int]()
    for number in order:
        budget.tell([number], [number] if number in failed else [])
        early |= {n: budget.granted(n) for n in failed - early.keys() if budget.is_known(n)}
    assert early == {number: budget.granted(number) for number in failed}
    assert [early[number] for number in sorted(failed)] == told(failed, list(range(60)))


def test_who_passes_needs_no_grant() -> None:
    budget = RetryBudget(CHUNKS, RULES)
    budget.tell([59], [])
    assert budget.is_known(59) and not budget.is_known(58)


@pytest.mark.parametrize("count", range(1, 13))
def test_no_more_than_the_share_is_granted_or_one_take(count: int) -> None:
    """Of a fifth of the plan: nothing is left to chance in short scripts either."""
    chunks = CHUNKS[:count]
    budget = RetryBudget(chunks, BudgetRules(share=0.2, retries=3))
    budget.tell(range(count), range(count))
    frames = [budget.granted(chunk.number) * planned_frames(chunk) for chunk in chunks]
    planned = [planned_frames(chunk) for chunk in chunks]
    assert 0 < sum(frames) <= max(0.2 * sum(planned), max(planned))


def test_of_a_single_line_one_more_take_may_be_spoken() -> None:
    budget = RetryBudget(CHUNKS[:1], BudgetRules(share=0.2, retries=3))
    budget.tell([0], [0])
    assert budget.granted(0) == 1


def test_without_a_budget_nothing_is_granted() -> None:
    budget = RetryBudget(CHUNKS, BudgetRules(share=0.0, retries=3))
    budget.tell(range(60), range(60))
    assert not any(budget.granted(number) for number in range(60))
