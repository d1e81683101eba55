"""Which run goes next: the plain rule, and what it does for the end of a book."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from model.errors import GenerationError
from model.lanes.waiting_room import WaitingRoom, frames_to_speak
from model.runs.engine_settings import KEPT_PREFIXES, EngineSettings
from model.runs.events import NOTHING_YET, NothingYet
from model.runs.prompt import Prompt
from model.runs.run import ChunkRequest, RunRequest

Suits = Callable[[RunRequest], bool]


def run(number: int, frames: int, prefix: int = 0) -> RunRequest:
    chunk = ChunkRequest("c", Prompt((number,)), frames)
    return RunRequest(f"run {number}", Prompt((prefix,)), (chunk,), ())


def plain_order(runs: list[RunRequest], capacity: int, suits: Suits) -> list[str]:
    """Of all that wait the greatest, looked for anew each time."""
    source, waiting, at_hand, order = iter(runs), list[RunRequest](), list[int](), list[str]()
    while True:
        while len(waiting) < capacity and (one := next(source, None)) is not None:
            waiting.append(one)
        suitable = [one for one in waiting if suits(one)]
        if not suitable:
            return order
        chosen = max(suitable, key=lambda one: (one.prefix.ids[0] in at_hand, frames_to_speak(one)))
        waiting.remove(chosen)
        prefix = chosen.prefix.ids[0]
        at_hand = [*(one for one in at_hand if one != prefix), prefix][-KEPT_PREFIXES:]
        order.append(chosen.key)


@pytest.mark.parametrize("capacity", [1, 5, 64, 512])
@pytest.mark.parametrize("seed", range(3))
def test_runs_go_as_the_plain_rule_has_them(capacity: int, seed: int) -> None:
    chance = random.Random(seed)
    runs = [run(number, chance.randrange(1, 40), chance.randrange(8)) for number in range(200)]

    def suits(one: RunRequest) -> bool:
        return seed == 0 or int(one.key[4:]) % 7 != seed

    room, order = WaitingRoom(runs, capacity), []
    while (one := room.next_run(suits)) is not None:
        order.append(one.key)
    assert order == plain_order(runs, capacity, suits)


def test_a_run_that_is_dropped_does_not_go() -> None:
    room = WaitingRoom([run(number, 10 + number) for number in range(3)], 8)
    assert not room.is_empty
    room.drop({"run 2"})
    going = iter(room.next_run, None)
    assert [one.key for one in going if one] == ["run 1", "run 0"]
    assert room.is_closed


def test_a_source_that_has_nothing_yet_is_asked_again() -> None:
    def source() -> Iterator[RunRequest | NothingYet]:
        yield NOTHING_YET
        yield run(1, 5)

    room = WaitingRoom(source(), 8)
    assert room.next_run() is None and not room.is_closed
    assert (one := room.next_run()) is not None and one.key == "run 1"


@pytest.mark.parametrize(("lanes", "ahead"), [(1, 64), (8, 64), (32, 64), (128, 256), (256, 512)])
def test_two_runs_wait_for_each_of_many_lanes(lanes: int, ahead: int) -> None:
    assert EngineSettings(lanes).read_ahead == ahead


def test_a_number_of_waiting_runs_is_kept_to_and_may_not_be_none_at_all() -> None:
    assert EngineSettings(256, waiting_runs=3).read_ahead == 3
    with pytest.raises(GenerationError, match="waiting_runs"):
        EngineSettings(waiting_runs=0)
