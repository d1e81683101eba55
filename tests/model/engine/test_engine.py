"""What the engine promises whoever listens to it: events, answers, lanes, guards, failures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.codes.delay_pattern import aligned
from model.errors import GenerationError
from model.runs.events import (
    Accept,
    Answer,
    BurstSpoken,
    ChunkBegun,
    ChunkFailed,
    Ending,
    GiveUp,
    LanesParked,
    Retry,
    SpokenChunk,
)
from model.runs.prompt import Prompt
from model.runs.run import RunRequest
from model.runs.sampling_settings import Sampling
from tests.model.speaking import chunk, codes_by_chunk, engine, frames, prefix, run, speak, takes
from tests.model.tiny import tiny

CONFIG = tiny()


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return random_model(CONFIG, seed=11)


def test_every_chunk_of_every_run_becomes_one_take(lm: LanguageModel) -> None:
    runs = [run(CONFIG, seed, chunk_count=1 + seed % 4) for seed in range(7)]
    events = speak(engine(lm), runs)
    spoken = [(one.run_key, one.chunk_key) for one in events if isinstance(one, SpokenChunk)]
    assert len(spoken) == len(set(spoken)) == sum(len(one.chunks) for one in runs)
    for take in takes(events).values():
        assert take.codes.shape[0] == CONFIG.codebook_count
        assert take.codes.dtype == np.int16
        assert take.codes.size == 0 or int(take.codes.min()) >= 0
        assert take.codes.size == 0 or int(take.codes.max()) < CONFIG.codebook_size


def test_a_take_names_its_context(lm: LanguageModel) -> None:
    events = speak(engine(lm), [run(CONFIG, 3, chunk_count=5)])
    outcome = {key: take.heard_keys for (_, key), take in takes(events).items()}
    assert (
        outcome["c0"] == ()
        and outcome["c3"] == ("c0", "c1", "c2")
        and outcome["c4"] == ("c2", "c3")
    )


@pytest.mark.parametrize("steps", [1, 5])
def test_codes_stream_in_order_and_are_the_take(lm: LanguageModel, steps: int) -> None:
    speaker = engine(lm, stream_codes=True, burst_steps=steps)
    events = speak(speaker, [run(CONFIG, seed) for seed in range(4)])
    for key, take in takes(events).items():
        parts = [
            one
            for event in events
            if isinstance(event, BurstSpoken)
            for one in event.frames
            if (one.run_key, one.chunk_key) == key
        ]
        lengths = [one.codes.shape[1] for one in parts]
        assert [one.first_frame for one in parts] == [
            sum(lengths[:place]) for place in range(len(parts))
        ]
        assert max(lengths, default=0) <= steps
        if parts:
            assert np.array_equal(np.concatenate([one.codes for one in parts], axis=1), take.codes)
        else:
            assert not take.codes.size


def test_bursts_count_every_frame_and_tell_of_every_beginning_once(lm: LanguageModel) -> None:
    def twice(take: SpokenChunk) -> Answer:
        return Retry() if take.attempt == 0 and take.chunk_key == "c1" else Accept()

    events = speak(engine(lm, burst_steps=3), [run(CONFIG, seed) for seed in range(5)], twice)
    bursts = [one for one in events if isinstance(one, BurstSpoken)]
    spoken = [one for one in events if isinstance(one, SpokenChunk)]
    assert sum(one.frame_count for one in bursts) == sum(one.codes.shape[1] for one in spoken)
    begun = [one for burst in bursts for one in burst.begun]
    assert len(begun) == len(set(begun))
    assert set(begun) == {
        ChunkBegun(one.run_key, one.chunk_key, one.attempt) for one in spoken if one.codes.size
    }
    assert not any(one.frames for one in bursts), "nobody asked for codes"


def test_frames_are_told_of_before_their_take_is_finished(lm: LanguageModel) -> None:
    for event in engine(lm).generate([run(CONFIG, 1, minimum=10)]):
        assert not isinstance(event, SpokenChunk)
        if isinstance(event, BurstSpoken) and event.frame_count:
            return


def test_a_retry_draws_other_codes_and_the_same_ones_next_time(lm: LanguageModel) -> None:
    def twice(take: SpokenChunk) -> Answer:
        return Retry() if take.attempt == 0 else Accept()

    def attempts() -> list[SpokenChunk]:
        return [
            one
            for one in speak(engine(lm), [run(CONFIG, 2)], twice)
            if isinstance(one, SpokenChunk)
        ]

    first, second = attempts(), attempts()
    assert [(one.chunk_key, one.attempt) for one in first[:2]] == [("c0", 0), ("c0", 1)]
    assert first[0].codes.tolist() != first[1].codes.tolist()
    assert [one.codes.tolist() for one in first] == [one.codes.tolist() for one in second]


def test_what_was_certain_is_drawn_at_a_higher_temperature_by_a_retry(lm: LanguageModel) -> None:
    """Greedy, every attempt would fail as the first did."""
    sampling = Sampling(temperature=0.0, retry_temperature=0.6)
    greedy = replace(run(CONFIG, 2, chunk_count=1), sampling=sampling)
    answers = {0: Retry(), 1: Retry()}
    spoken = speak(engine(lm), [greedy], lambda take: answers.get(take.attempt, Accept()))
    codes = [str(one.codes.tolist()) for one in spoken if isinstance(one, SpokenChunk)]
    assert len(codes) == len(set(codes)) == 3


@pytest.mark.parametrize("temperature", [0.0, 0.1, 0.7, 1.0])
def test_a_retry_is_never_cooler_than_was_asked_for(temperature: float) -> None:
    asked = Sampling(temperature=temperature, retry_temperature=0.6)
    told = [asked.of_attempt(attempt).temperature for attempt in range(6)]
    assert told[0] == temperature
    assert told == sorted(told) and told[-1] == max(temperature, 0.6)


def test_a_retry_begins_where_the_chunk_began(lm: LanguageModel) -> None:
    """The second attempt alone says the same as the second attempt after a first one."""
    asked = run(CONFIG, 5, chunk_count=1)
    retried = speak(engine(lm), [asked], lambda take: Accept() if take.attempt else Retry())
    only = chunk(CONFIG, "c0", 500, asked.chunks[0].frame_budget, 3)
    later = RunRequest(
        asked.key,
        asked.prefix,
        (type(only)(**{**vars(only), "first_attempt": 1}),),
        asked.closing,
        asked.seed,
        asked.sampling,
    )
    assert codes_by_chunk(retried) == codes_by_chunk(speak(engine(lm), [later]))


def test_lanes_go_on_while_one_is_parked(lm: LanguageModel) -> None:
    speaker = engine(lm, lanes=2)
    events = speaker.generate([run(CONFIG, seed) for seed in range(4)])
    parked: SpokenChunk | None = None
    others = 0
    for event in events:
        if isinstance(event, LanesParked):
            assert event.lane_count == 1
            break
        if not isinstance(event, SpokenChunk):
            continue
        if event.run_key == "run 0":
            parked = event
            continue
        speaker.answer(event, Accept())
        others += 1
    assert parked is not None and others == 9
    speaker.answer(parked, Accept())
    for event in events:
        if not isinstance(event, SpokenChunk):
            continue
        assert event.run_key == "run 0"
        speaker.answer(event, Accept())
        others += 1
    assert others == 11


def test_waiting_comes_back_until_a_take_is_answered(lm: LanguageModel) -> None:
    speaker = engine(lm)
    events = speaker.generate([run(CONFIG, 0, chunk_count=1)])
    take = next(one for one in events if isinstance(one, SpokenChunk))
    assert next(events) == LanesParked(1) == next(events)
    speaker.answer(take, Accept())
    assert next(events, None) is None


def test_a_take_is_answered_once(lm: LanguageModel) -> None:
    speaker = engine(lm)
    events = speaker.generate([run(CONFIG, 0)])
    take = next(one for one in events if isinstance(one, SpokenChunk))
    speaker.answer(take, Accept())
    with pytest.raises(GenerationError, match="no lane awaits"):
        speaker.answer(take, Retry())


def test_a_chunk_given_up_is_left_out_of_what_follows(lm: LanguageModel) -> None:
    asked = run(CONFIG, 4, chunk_count=3)
    skipping = takes(
        speak(engine(lm), [asked], lambda t: GiveUp() if t.chunk_key == "c1" else Accept())
    )
    assert skipping[asked.key, "c2"].heard_keys == ("c0",)
    shorter = RunRequest(
        asked.key, asked.prefix, (asked.chunks[0], asked.chunks[2]), asked.closing, asked.seed,
        asked.sampling,
    )  # fmt: skip
    without = takes(speak(engine(lm, exact=False), [shorter]))
    near = skipping[asked.key, "c2"].codes
    assert near.tolist() == without[asked.key, "c2"].codes.tolist()


def test_an_earlier_attempt_can_be_accepted_instead(lm: LanguageModel) -> None:
    """What follows has the codes that were chosen in its context, in either mode."""
    asked = run(CONFIG, 6, chunk_count=2)
    for exact in (True, False):
        first: list[np.ndarray] = []

        def best_is_first(take: SpokenChunk) -> Answer:
            if take.chunk_key == "c0" and take.attempt == 0:
                first.append(take.codes)  # noqa: B023
                return Retry()
            return Accept(first[0]) if take.chunk_key == "c0" else Accept()  # noqa: B023

        chosen = codes_by_chunk(speak(engine(lm, exact=exact), [asked], best_is_first))
        plain = codes_by_chunk(speak(engine(lm, exact=exact), [asked]))
        assert chosen[asked.key, "c1"] == plain[asked.key, "c1"]


def test_runs_are_read_as_lanes_need_them(lm: LanguageModel) -> None:
    read: list[int] = []

    def source() -> Iterator[RunRequest]:
        for seed in range(20):
            read.append(seed)
            yield run(CONFIG, seed, chunk_count=1)

    speaker = engine(lm, lanes=2, waiting_runs=3)
    for event in speaker.generate(source()):
        if isinstance(event, SpokenChunk):
            assert len(read) < 20
            break


def test_runs_that_share_a_prefix_follow_one_another(lm: LanguageModel) -> None:
    mixed = [run(CONFIG, seed, chunk_count=1) for seed in range(8)]  # prefixes 0 1 0 1 …
    order = [int(key[4:]) for key, _ in takes(speak(engine(lm, lanes=1), mixed))]
    odd_first = [seed % 2 for seed in order]
    assert odd_first in ([0] * 4 + [1] * 4, [1] * 4 + [0] * 4)
    budgets = {seed: mixed[seed].chunks[0].frame_budget for seed in order}
    for same in (order[:4], order[4:]):
        assert same == sorted(same, key=lambda seed: -budgets[seed]), "the longest first"


def test_a_stored_take_is_context_and_not_spoken(lm: LanguageModel) -> None:
    whole = speak(engine(lm), [run(CONFIG, 8, chunk_count=4)])
    stored = {key: take.codes for (_, key), take in takes(whole).items() if key != "c2"}
    events = speak(engine(lm), [run(CONFIG, 8, chunk_count=4, stored=stored)])
    assert [take.chunk_key for take in takes(events).values()] == ["c2"]
    assert takes(events)["run 8", "c2"].heard_keys == ("c0", "c1")
    assert codes_by_chunk(events)["run 8", "c2"] == codes_by_chunk(whole)["run 8", "c2"]
    assert not speak(engine(lm), [run(CONFIG, 8, 1, stored={"c0": stored["c0"]})])


def test_the_budget_ends_a_take_and_the_minimum_keeps_it_going(lm: LanguageModel) -> None:
    asked = [
        RunRequest(
            f"{budget} {minimum}",
            prefix(CONFIG, 1),
            (chunk(CONFIG, "c", 77 + budget, budget, minimum),),
            (),
            sampling=Sampling(top_k=0, top_p=1.0),
        )
        for budget in (5, 20, 60)
        for minimum in (0, 5, 100)
    ]
    for (key, _), take in takes(speak(engine(lm, lanes=4), asked)).items():
        budget, minimum = map(int, key.split())
        count = take.codes.shape[1]
        assert count >= min(minimum, budget)
        if take.ending is Ending.BUDGET:
            assert count == budget
        else:
            assert take.ending is Ending.ENDED and count < budget + CONFIG.codebook_count
        if minimum > budget:
            assert take.ending is Ending.BUDGET or count >= budget


def stuck_model() -> LanguageModel:
    """A model that says the same code for ever: its head looks at nothing else."""
    stuck = random_model(CONFIG, seed=3)
    with torch.no_grad():
        stuck.network.audio_lm_head.weight.zero_()
        stuck.network.model.norm.weight.zero_()
    return stuck


def test_a_take_that_stalls_is_ended_with_its_reason() -> None:
    greedy = Sampling(temperature=0)
    asked = RunRequest(
        "r", prefix(CONFIG, 1), (chunk(CONFIG, "c", 5, 500, 400),), (), sampling=greedy
    )
    for switches, reason, count in (
        ({"silence_frames": 75}, Ending.STALLED, 75),
        ({"loop_frames": 100}, Ending.LOOPED, 101),
    ):
        speaker = engine(stuck_model(), position_count=1024, **switches)
        take = takes(speak(speaker, [asked]))["r", "c"]
        assert (take.ending, take.codes.shape[1]) == (reason, count)


def test_a_lane_with_nan_fails_alone(lm: LanguageModel) -> None:
    runs = [run(CONFIG, seed) for seed in range(3)]
    healthy = codes_by_chunk(speak(engine(lm), runs))
    speaker = engine(lm, stream_codes=True)
    outcome: dict[tuple[str, str], list[list[int]]] = {}
    failures: list[ChunkFailed] = []
    for event in speaker.generate(runs):
        if any(run_key == "run 1" and index == 2 for run_key, _, _, index, _ in frames(event)):
            lane = next(one for one in speaker._lanes if one.run is runs[1])
            speaker._context._cache.values[:, lane.index, :, 0] = torch.nan
        elif isinstance(event, ChunkFailed):
            failures.append(event)
        elif isinstance(event, SpokenChunk):
            outcome[event.run_key, event.chunk_key] = event.codes.tolist()
            speaker.answer(event, Accept())
    assert [(one.run_key, one.chunk_key) for one in failures] == [("run 1", "c0")]
    assert "not finite" in failures[0].reason
    assert outcome == {key: codes for key, codes in healthy.items() if key[0] != "run 1"}


def test_a_lane_is_clean_after_a_failure(lm: LanguageModel) -> None:
    speaker = engine(lm, lanes=1, stream_codes=True)
    events = speaker.generate([run(CONFIG, 1), run(CONFIG, 3)])
    assert isinstance(next(events), BurstSpoken)
    speaker._context._cache.keys[:, 0] = torch.nan
    assert isinstance(next(events), BurstSpoken) and isinstance(next(events), ChunkFailed)
    rest = []
    for event in events:
        if isinstance(event, SpokenChunk):
            speaker.answer(event, Accept())
            rest.append(event)
    assert codes_by_chunk(rest) == codes_by_chunk(speak(engine(lm, lanes=1), [run(CONFIG, 3)]))


def test_a_request_that_cannot_be_served_fails_by_name(lm: LanguageModel) -> None:
    whole = run(CONFIG, 2, chunk_count=1)
    headless = RunRequest(
        "headless",
        whole.prefix,
        (type(whole.chunks[0])("c", Prompt((1, 2, 3)), 10),),
        whole.closing,
    )
    lost = RunRequest("lost", Prompt((1, CONFIG.audio_out_id, 2)), whole.chunks, whole.closing)
    long = RunRequest("long", whole.prefix, (chunk(CONFIG, "c", 1, 5000),), whole.closing)
    events = speak(engine(lm), [headless, lost, long, whole])
    failed = {one.run_key: one.reason for one in events if isinstance(one, ChunkFailed)}
    assert "must end with the id that opens audio" in failed["headless"]
    assert "1 audio ids and 0 columns" in failed["lost"]
    assert "positions" in failed["long"]
    assert list(takes(events)) == [(whole.key, "c0")]


def test_every_closed_take_is_fed_to_its_last_column(lm: LanguageModel) -> None:
    """In fast mode a take's own columns stay in the cache; only what follows is prefilled."""
    speaker = engine(lm, lanes=1, exact=False)
    for event in speaker.generate([run(CONFIG, 9, chunk_count=2)]):
        if isinstance(event, SpokenChunk) and event.chunk_key == "c0":
            columns = speaker._lanes[0].stream.columns.T  # type: ignore[union-attr]
            assert np.array_equal(aligned(columns)[:, : event.codes.shape[1]], event.codes)
            lane = speaker._lanes[0]
            fed = speaker._context._fed_columns(lane, len(lane.pieces))
            assert fed is not None
            reused = speaker._context._reusable_columns(event.codes, fed)
            if event.ending is Ending.ENDED:
                assert reused == event.codes.shape[1] + CONFIG.codebook_count
        if isinstance(event, SpokenChunk):
            speaker.answer(event, Accept())
