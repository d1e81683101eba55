"""Ceilings on what takes cost, in CPU seconds for ten hours of speech; all with generous slack."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import takes
from bench.ready_speech import ReadySpeech

CEILINGS = {
    "checks": 6.0,
    "storing": 12.0,
    "noting what is stored": 1.0,
    "keeping sound": 15.0,
    "reading kept sound": 8.0,
}
"""Measured: 0.7, 2.0, 0.02, 2.5 and 0.8."""


def test_each_step_stays_under_its_ceiling() -> None:
    rows = {what: figure for what, _, figure in takes._parts(ReadySpeech(), 24)}
    assert rows["takes decoded twice"] == "0%"
    for what, ceiling in CEILINGS.items():
        assert float(rows[what]) < ceiling, what


def test_the_speaking_thread_is_left_alone_and_nothing_is_decoded_twice(tmp_path: Path) -> None:
    (speaking, _, _) = takes._render(ReadySpeech(sample_rate=1000), 0.5, tmp_path / "book.higgs")
    assert speaking[1] == "speaking" and float(speaking[2]) < 6.0, "measured: 0.8"


@pytest.mark.slow
def test_memory_is_flat_from_the_first_hour_to_the_fortieth(tmp_path: Path) -> None:
    """Codes are kept up to a bound, and of a take no more than its record."""
    _, _, (_, _, figure) = takes._render(
        ReadySpeech(sample_rate=1000), 40.0, tmp_path / "book.higgs"
    )
    before, after = (float(part) for part in figure.removesuffix(" MB").split(" and "))
    assert after - before < 80
