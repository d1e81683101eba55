"""Pairs of neighbouring lines are held against the same lines spoken without context."""

from __future__ import annotations

from bench.context import Pair, _rows


def pair(number: int, is_within: bool, likeness: float | None, level: float) -> Pair:
    return Pair((f"{number}", f"{number + 1}"), is_within, likeness, level, 0.1)


def test_each_cut_stands_beside_the_same_lines_without_context() -> None:
    alone = [pair(number, False, 0.9, -1.0) for number in range(4)]
    alone[2] = pair(2, False, None, 3.0)
    heard = [pair(number, number % 2 == 0, 0.95, 0.5) for number in range(4)]
    rows = [row[:5] for row in _rows({"1,0": alone, "2,1": heard})]
    assert rows == [
        ["1,0", "between", "4", "0.9000 ± 0.0000", "1.50 ± 0.43"],
        ["2,1", "within", "2", "0.9500 ± 0.0000", "0.50 ± 0.00"],
        ["", "the same in the first", "2", "0.9000 ± 0.0000", "2.00 ± 0.71"],
        ["2,1", "between", "2", "0.9500 ± 0.0000", "0.50 ± 0.00"],
    ]
