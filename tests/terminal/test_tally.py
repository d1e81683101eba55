"""Speed and time left are told once there is something to tell, and without what is done once."""

from __future__ import annotations

import pytest

from higgs_cli.terminal.tally import Tally, facts, rate_shown


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def begun(clock: Clock, chunk_count: int, stored_count: int = 0, lanes: int = 1) -> Tally:
    tally = Tally(clock)
    tally.begin(chunk_count, stored_count)
    for chunk in range(lanes):
        tally.speaking(chunk)
    return tally


def test_nothing_is_said_of_speed_before_something_is_spoken(clock: Clock) -> None:
    tally = begun(clock, 10)
    clock.now += 3.0
    assert facts(tally) == "" and tally.speed is None and tally.remaining_seconds is None
    tally.retry_count = 1
    assert facts(tally) == "1 retry"


def test_what_is_compiled_before_the_first_chunk_counts_for_nothing(clock: Clock) -> None:
    tally = Tally(clock)
    tally.begin(3, 0)
    clock.now += 60.0
    tally.speaking(0)
    clock.now += 2.0
    tally.add(0, 8.0)
    assert facts(tally) == "x 4.0 real time, 0:04 left"


def test_what_was_stored_before_says_nothing_of_the_time_left(clock: Clock) -> None:
    tally = begun(clock, 100, stored_count=90)
    clock.now += 2.0
    tally.add(0, 8.0)
    assert tally.remaining_seconds == pytest.approx(18.0)


def test_the_first_of_eight_lanes_does_not_stand_for_all(clock: Clock) -> None:
    tally = begun(clock, 45, lanes=8)
    clock.now += 4.5
    tally.add(0, 6.0)  # seven more are half spoken: 4.5 chunks in 4.5 seconds
    assert tally.speed == pytest.approx(6.0)
    assert tally.remaining_seconds == pytest.approx(40.5)


def test_nothing_is_left_at_the_end_also_where_a_take_was_spoken_again(clock: Clock) -> None:
    tally = begun(clock, 2, lanes=2)
    for chunk in (0, 1, 1):
        clock.now += 1.0
        tally.add(chunk, 2.0)
    assert tally.remaining_seconds == 0.0 and tally.speed == pytest.approx(2.0)


def test_a_slow_machine_is_not_said_to_stand_still() -> None:
    assert [rate_shown(rate) for rate in (52.34, 1.0, 0.42, 0.0421, 0.0012)] == [
        "52.3",
        "1.0",
        "0.42",
        "0.042",
        "0.0012",
    ]
