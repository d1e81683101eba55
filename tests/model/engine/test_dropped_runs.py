"""A run that nobody wants any more leaves its lane to others, who do not notice."""

from __future__ import annotations

import pytest

from higgs_cli.speech.run_queue import RunQueue
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.engine.engine import Engine
from model.prefill.one_lane import Prefixes
from model.runs.engine_settings import KEPT_PREFIXES
from model.runs.events import Accept, BurstSpoken, LanesIdle, LanesParked, SpeechEvent, SpokenChunk
from tests.model.speaking import codes_by_chunk, engine, prefix, run, speak
from tests.model.tiny import tiny

CONFIG = tiny(layer_count=2)


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return random_model(CONFIG, seed=21)


def spoken_with_drops(
    speaker: Engine, seeds: list[int], drops: dict[int, str], chunk_count: int = 2
) -> list[SpeechEvent]:
    """Everything that is told; `drops`: which run goes after how many events."""
    queue = RunQueue([run(CONFIG, seed, chunk_count) for seed in seeds])
    queue.close()
    said: list[SpeechEvent] = []
    for event in speaker.generate(queue):
        said.append(event)
        if isinstance(event, SpokenChunk):
            speaker.answer(event, Accept())
        if (dropped := drops.get(len(said))) is not None:
            speaker.drop(dropped)
    return said


@pytest.mark.parametrize("settings", [{}, {"burst_steps": 4, "bursts_ahead": 1}, {"ready_runs": 2}])
@pytest.mark.parametrize("after", [1, 12, 20])
def test_what_others_say_is_as_if_it_had_never_been(
    lm: LanguageModel, settings: dict[str, int], after: int
) -> None:
    alone = codes_by_chunk(speak(engine(lm), [run(CONFIG, seed, 2) for seed in (1, 3, 4)]))
    speaker = engine(lm, lanes=2, stream_codes=True, **settings)
    said = spoken_with_drops(speaker, [1, 2, 3, 4], {after: "run 2"})
    others = {key: codes for key, codes in codes_by_chunk(said).items() if key[0] != "run 2"}
    assert others == alone


def test_nothing_more_is_told_of_it_and_its_lane_speaks_in_the_next_burst(
    lm: LanguageModel,
) -> None:
    speaker = engine(lm, lanes=2, stream_codes=True)
    said = spoken_with_drops(speaker, [5, 2, 3], {13: "run 2"})
    bursts = [
        {part.run_key for part in one.frames}
        for one in said[13:]
        if isinstance(one, BurstSpoken) and one.frames
    ]
    assert all("run 2" not in keys for keys in bursts)
    assert {"run 3", "run 5"} in bursts
    assert not [one for one in said[13:] if isinstance(one, SpokenChunk) if one.run_key == "run 2"]


def test_a_parked_run_and_one_that_waits_can_be_dropped(lm: LanguageModel) -> None:
    queue, speaker = RunQueue([run(CONFIG, 1, 1), run(CONFIG, 2, 1)]), engine(lm, lanes=1)
    events = speaker.generate(queue)
    take = next(one for one in events if isinstance(one, SpokenChunk))
    assert next(events) == LanesParked(1)
    speaker.answer(take, Accept())
    for key in ("run 1", "run 2", "nobody's"):
        speaker.drop(key)
    assert next(events) == LanesIdle()
    queue.add(run(CONFIG, 2, 1))
    queue.close()
    assert next(one for one in events if isinstance(one, SpokenChunk)).run_key == "run 2"


def test_prefixes_are_kept_up_to_a_size_and_the_latest_whatever_their_size(
    lm: LanguageModel,
) -> None:
    asked = [prefix(CONFIG, seed, text=9) for seed in range(8)]
    for most_bytes, kept in ((0, KEPT_PREFIXES), (1 << 30, 8)):
        prefixes = Prefixes(lm, most_bytes=most_bytes)
        caches = [prefixes.cache_of(one) for one in asked]
        again = [prefixes.cache_of(one) for one in asked[8 - kept :]]
        assert all(one is other for one, other in zip(caches[8 - kept :], again, strict=True))
        if kept < 8:
            assert prefixes.cache_of(asked[0]) is not caches[0]
