"""More lanes speak where each stays ahead of who listens, and no more than that."""

from __future__ import annotations

from higgs_cli.server.pace import Pace

FRAME_RATE = 25


def paced(seconds_of_sound: float, lanes: int, bursts: int = 100) -> Pace:
    """Lanes that speak so many seconds of sound a second, all together, a frame each burst."""
    now = 0.0
    pace = Pace(8, 32, FRAME_RATE, lambda: now)
    for _ in range(bursts):
        pace.burst(lanes)
        now += lanes / FRAME_RATE / seconds_of_sound
    return pace


def test_nothing_is_known_before_anything_is_spoken() -> None:
    assert Pace(8, 32, FRAME_RATE).lanes == 8


def test_a_free_machine_opens_as_many_lanes_as_stay_ahead() -> None:
    assert paced(50.0, lanes=8).lanes == 32
    assert paced(25.0, lanes=8).lanes in (19, 20)


def test_a_busy_machine_keeps_to_the_least() -> None:
    assert paced(8.0, lanes=8).lanes == 8
    assert paced(1.0, lanes=8).lanes == 8


def test_a_rest_is_no_slowness() -> None:
    now = 0.0
    pace = Pace(8, 32, FRAME_RATE, lambda: now)
    for number in range(200):
        if number == 150:
            pace.rest()
            now += 60.0
        pace.burst(8)
        now += 8 / FRAME_RATE / 50
    assert pace.lanes == 32
