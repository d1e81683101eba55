"""The budget is granted in the plan's order, as early as that can be known, and never otherwise."""

from __future__ import annotations

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
    assert granted == [3] * 10 + [0] * 50
    assert sum(granted) * EACH <= RULES.share * EACH * 60


@pytest.mark.parametrize("order", list(permutations([3, 11, 12, 40]))[::5])
def test_what_is_granted_does_not_depend_on_what_is_told_first(order: tuple[int, ...]) -> None:
    rest = [number for number in range(60) if number not in order]
    assert told({3, 11, 12, 40}, [*order, *rest]) == [3, 3, 3, 3]


def test_a_grant_is_known_before_all_that_comes_earlier_is_told() -> None:
    budget = RetryBudget(CHUNKS, RULES)
    budget.tell([5], [5])
    assert budget.is_known(5)  # 1 to 4 may want 12 retries of 30, and it 3
    budget.tell([20], [20])
    assert not budget.is_known(20)  # all before it may want more than there is
    budget.tell(range(1, 19), [])
    assert budget.is_known(20) and budget.granted(20) == 3


def test_who_passes_needs_no_grant() -> None:
    budget = RetryBudget(CHUNKS, RULES)
    budget.tell([59], [])
    assert budget.is_known(59) and not budget.is_known(58)


def test_a_short_script_may_be_retried_too() -> None:
    budget = RetryBudget(CHUNKS[:2], BudgetRules(share=0.2, retries=3))
    budget.tell([0, 1], [0, 1])
    assert [budget.granted(0), budget.granted(1)] == [3, 3]


def test_without_a_budget_nothing_is_granted_but_the_floor() -> None:
    budget = RetryBudget(CHUNKS, BudgetRules(share=0.0, retries=3))
    budget.tell(range(60), range(60))
    assert sum(budget.granted(number) for number in range(60)) * EACH <= 60 * 25
