"""The watchdog ends what hangs, lets be what is only slow, and is not felt by the others."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator

import pytest

from higgs_cli.errors import GenerationTimeoutError
from higgs_cli.rendering.watchdog import watched
from higgs_cli.speech.protocol import BurstSpoken, SpeechEvent

LIMIT = 0.2


def speech(*waits: float) -> Iterator[SpeechEvent]:
    for seconds in waits:
        time.sleep(seconds)
        yield BurstSpoken(1)


@pytest.mark.parametrize("waits", [(60,), (0, 0, 60), (0.15, 60)])
def test_a_model_that_hangs_within_one_event_is_ended_after_the_limit(
    waits: tuple[float, ...],
) -> None:
    before, began, told = signal.getsignal(signal.SIGALRM), time.monotonic(), 0
    with pytest.raises(GenerationTimeoutError, match="not responded"):
        for _ in watched(speech(*waits), LIMIT):
            told += 1
    hung = time.monotonic() - began - sum(waits[:-1])
    assert told == len(waits) - 1
    assert hung >= LIMIT and signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_slow_model_and_a_slow_listener_are_left_alone() -> None:
    """Together far longer than the limit, but the model is never silent for so long."""
    for _ in watched(speech(*[0.05] * 6), LIMIT):
        pass
    for count, _ in enumerate(watched(speech(0, 0.05, 0.05), LIMIT)):
        time.sleep(LIMIT * 1.5 if count < 2 else 0)


def test_no_timer_is_set_for_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    set_timers: list[float] = []
    monkeypatch.setattr(signal, "setitimer", lambda _, seconds: set_timers.append(seconds))
    assert len(list(watched(speech(*[0] * 1000), 600.0))) == 1000
    assert set_timers == [600.0, 0]


def test_outside_the_main_thread_events_pass_unwatched() -> None:
    told: list[SpeechEvent] = []
    thread = threading.Thread(target=lambda: told.extend(watched(speech(0, 0), LIMIT)))
    thread.start()
    thread.join()
    assert told == [BurstSpoken(1)] * 2
