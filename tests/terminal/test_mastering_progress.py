"""How far mastering is, and how long it still takes, is told of a long one."""

from __future__ import annotations

from collections.abc import Iterator

from higgs_cli.terminal.progress_view import BarProgress, EventProgress, LineProgress
from higgs_cli.terminal.tally import Stint


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def told(stint: Stint, clock: Clock, seconds: float) -> Iterator[tuple[float, float]]:
    """Shares that are told of work of so many seconds, and what is left, reported four a second."""
    for quarter in range(round(4 * seconds) + 1):
        share = quarter / (4 * seconds)
        if stint.is_to_be_told(share):
            yield share, stint.remaining_seconds
        clock.now += 0.25


class Out:
    """A console that remembers."""

    def __init__(self) -> None:
        self.said: list[object] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def event(self, event: dict[str, object]) -> None:
        self.said.append(event)


def test_a_long_mastering_is_told_now_and_then_with_the_time_that_is_left() -> None:
    clock = Clock()
    stint = Stint(10.0, clock)
    assert list(told(stint, clock, 40.0)) == [(0.25, 30.0), (0.5, 20.0), (0.75, 10.0), (1.0, 0.0)]


def test_a_short_one_is_not_told_and_the_next_book_begins_anew() -> None:
    clock = Clock()
    stint = Stint(10.0, clock)
    assert list(told(stint, clock, 4.0)) == []
    clock.now += 1000.0
    assert list(told(stint, clock, 4.0)) == []
    assert list(told(stint, clock, 20.0)) == [(0.5, 10.0), (1.0, 0.0)]


def test_a_line_and_an_event_say_how_much_is_mastered() -> None:
    clock, out = Clock(), Out()
    lines = LineProgress(out, stint=Stint(1.0, clock))  # type: ignore[arg-type]
    events = EventProgress(out, stint=Stint(1.0, clock))  # type: ignore[arg-type]
    for progress in (lines, events):
        for share in (0.25, 0.5):
            progress.mastered(share)
            clock.now += 60.0
    assert out.said[0] == " 50% mastered, 1:00 left"
    assert out.said[1] == {"event": "mastered", "share": 0.5, "remaining_seconds": 60.0}


def test_a_bar_of_mastering_goes_when_it_is_done_or_something_breaks_off() -> None:
    clock = Clock()
    bar = BarProgress(Out(), stint=Stint(1.0, clock))  # type: ignore[arg-type]
    for last in (lambda: bar.mastered(1.0), bar.end):
        bar.mastered(0.1)
        assert bar._bar is None
        clock.now += 60.0
        bar.mastered(0.5)
        assert bar._bar is not None
        last()
        assert bar._bar is None
        clock.now += 60.0
