"""Runs may come while others are spoken: a source that has nothing yet is asked again."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from higgs_cli.speech.run_queue import RunQueue
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.engine.engine import Engine
from model.runs.events import (
    NOTHING_YET,
    Accept,
    BurstSpoken,
    LanesIdle,
    LanesParked,
    NothingYet,
    SpeechEvent,
    SpokenChunk,
)
from model.runs.run import RunRequest
from tests.model.speaking import codes_by_chunk, engine, run, speak
from tests.model.tiny import tiny

CONFIG = tiny(layer_count=2)
SEEDS = range(6)


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return random_model(CONFIG, seed=21)


@pytest.fixture(scope="module")
def at_once(lm: LanguageModel) -> dict[tuple[str, str], list[list[int]]]:
    return codes_by_chunk(speak(engine(lm), map(asked, SEEDS)))


def asked(seed: int) -> RunRequest:
    return run(CONFIG, seed, chunk_count=1 + seed % 3)


def answered(speaker: Engine, events: Iterator[SpeechEvent]) -> Iterator[SpeechEvent]:
    """The same events, every chunk accepted as it comes."""
    for event in events:
        if isinstance(event, SpokenChunk):
            speaker.answer(event, Accept())
        yield event


@pytest.mark.parametrize("steps", [1, 4])
def test_a_run_that_is_added_while_another_speaks_is_spoken_beside_it(
    lm: LanguageModel, at_once: dict, steps: int
) -> None:
    queue, speaker = RunQueue([asked(5)]), engine(lm, burst_steps=steps, stream_codes=True)
    said: list[SpeechEvent] = []
    for event in answered(speaker, speaker.generate(queue)):
        said.append(event)
        if len(said) == 1:
            queue.add(asked(1))
            queue.close()
    bursts = [one for one in said if isinstance(one, BurstSpoken)]
    assert any(len({part.run_key for part in one.frames}) == 2 for one in bursts), "side by side"
    assert not [one for one in said if isinstance(one, LanesIdle)]
    expected = {key: codes for key, codes in at_once.items() if key[0] in ("run 1", "run 5")}
    assert codes_by_chunk(said) == expected


@pytest.mark.parametrize("settings", [{}, {"ready_runs": 2}, {"burst_steps": 4}])
def test_codes_are_those_of_the_same_runs_given_at_once(
    lm: LanguageModel, at_once: dict, settings: dict[str, int]
) -> None:
    """Runs that drop in one by one, some while lanes speak and some while all are idle."""

    def dropping() -> Iterator[RunRequest | NothingYet]:
        for seed in SEEDS:
            yield from [NOTHING_YET] * (500 if seed == 4 else 17 * seed)
            yield asked(seed)

    speaker = engine(lm, **settings)
    events = list(answered(speaker, speaker.generate(dropping())))
    assert codes_by_chunk(events) == at_once
    assert [one for one in events if isinstance(one, LanesIdle)]


def test_an_empty_open_source_does_not_end_the_speech_and_a_closed_one_does(
    lm: LanguageModel,
) -> None:
    queue: RunQueue[RunRequest] = RunQueue()
    speaker = engine(lm)
    events = answered(speaker, speaker.generate(queue))
    assert next(events) == LanesIdle() == next(events)
    queue.add(run(CONFIG, 1, chunk_count=1))
    until_idle = list(iter(lambda: next(events), LanesIdle()))
    assert isinstance(until_idle[0], BurstSpoken) and isinstance(until_idle[-1], SpokenChunk)
    queue.close()
    assert list(events) == []


def test_a_parked_lane_is_not_idle(lm: LanguageModel) -> None:
    queue, speaker = RunQueue([run(CONFIG, 1, chunk_count=1)]), engine(lm)
    events = speaker.generate(queue)
    take = next(one for one in events if isinstance(one, SpokenChunk))
    assert next(events) == LanesParked(1)
    queue.add(run(CONFIG, 2, chunk_count=1))
    other = next(one for one in events if isinstance(one, SpokenChunk))
    assert (other.run_key, next(events)) == ("run 2", LanesParked(2))
    speaker.answer(take, Accept())
    speaker.answer(other, Accept())
    assert next(events) == LanesIdle()
    queue.close()
    assert next(events, None) is None


def test_runs_may_come_from_another_thread(lm: LanguageModel, at_once: dict) -> None:
    queue: RunQueue[RunRequest] = RunQueue()
    speaker = engine(lm, lanes=2)

    def ask() -> None:
        for seed in SEEDS:
            queue.add(asked(seed))
        queue.close()

    thread = threading.Thread(target=ask)
    said: list[SpeechEvent] = []
    for event in answered(speaker, speaker.generate(queue)):
        if isinstance(event, LanesIdle):
            if not said:
                thread.start()
            assert queue.wait(10)
        said.append(event)
    thread.join()
    assert codes_by_chunk(said) == at_once
    with pytest.raises(ValueError, match="closed"):
        queue.add(asked(0))


def test_a_source_that_has_ended_is_not_asked_again(lm: LanguageModel) -> None:
    class Once:
        asked_after_its_end = False

        def __init__(self) -> None:
            self._runs = iter([asked(1)])
            self._has_ended = False

        def __iter__(self) -> Once:
            return self

        def __next__(self) -> RunRequest:
            self.asked_after_its_end |= self._has_ended
            following = next(self._runs, None)
            if following is None:
                self._has_ended = True
                raise StopIteration
            return following

    source = Once()
    speak(engine(lm), source)
    assert not source.asked_after_its_end
