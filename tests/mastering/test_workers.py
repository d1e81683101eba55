"""Results come in order, a few ahead, and a stop is answered while they are waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from higgs_cli.errors import StoppedError
from higgs_cli.mastering import workers as workers_room
from higgs_cli.mastering.recent_sounds import RecentSounds
from higgs_cli.mastering.workers import Workers
from tests.mastering.test_loudness import speechlike


def test_results_come_in_order_and_only_a_few_ahead() -> None:
    asked: list[int] = []

    def given() -> Iterator[int]:
        for number in range(20):
            asked.append(number)
            yield number

    def work(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return number * number

    with Workers(3) as workers:
        for place, made in enumerate(workers.in_order(work, given())):
            assert made == place * place
            assert len(asked) <= place + 3 + 2
    assert asked == list(range(20))


def test_a_stop_is_answered_while_a_block_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(number: int) -> int:
        begun.set()
        go_on.wait(30.0)
        return number

    def stop() -> None:
        if begun.is_set():
            raise StoppedError(2, "stopped", None)

    monkeypatch.setattr(workers_room, "checkpoint", stop)
    with Workers(1) as workers:
        began = time.monotonic()
        with pytest.raises(StoppedError):
            list(workers.in_order(work, range(5)))
        assert time.monotonic() - began < 5.0
        go_on.set()


def test_a_sound_is_made_once_for_all_who_ask_and_made_again_when_there_was_no_room() -> None:
    made: list[int] = []
    samples = speechlike(1.0)

    def make(number: int) -> None:
        time.sleep(0.02)
        made.append(number)

    def get(number: int) -> None:
        def sound():  # type: ignore[no-untyped-def]
            make(number)
            return samples

        assert recent.get(number, sound) is samples

    recent = RecentSounds(most_bytes=2 * samples.nbytes)
    threads = [threading.Thread(target=get, args=(1,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]
    for number in (2, 1, 3, 1, 2):
        get(number)
    assert made == [1, 2, 3, 2], "2 was asked for longest ago"


def test_a_sound_that_could_not_be_had_is_asked_for_again() -> None:
    recent = RecentSounds(1 << 20)

    def lost():  # type: ignore[no-untyped-def]
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        recent.get(1, lost)
    samples = speechlike(0.1)
    assert recent.get(1, lambda: samples) is samples
