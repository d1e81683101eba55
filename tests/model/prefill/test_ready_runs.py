"""Runs prefilled ahead are spoken as if they had been prefilled when a lane was free; lanes close
ranks."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest
import torch

from model.cache.shared_prefix import SharedPrefixCache
from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.engine.engine import Engine
from model.errors import GenerationError
from model.prefill import lane_context
from model.prefill.one_lane import LanePrompt, Prefiller, Prefixes
from model.prefill.ready_runs import ReadyRunsCache
from model.runs.engine_settings import READY_RUN_POSITIONS, EngineSettings, StepKind
from model.runs.events import Accept, ChunkFailed, Retry, SpokenChunk
from model.runs.prompt import Prompt
from model.runs.run import RunRequest
from model.step.cuda_graph import lane_bucket
from tests.model.prefill.test_carry_over import TOLERANCE, observed, worst_difference
from tests.model.speaking import chunk, codes_by_chunk, engine, run, speak, takes
from tests.model.tiny import random_prompt, tiny

CONFIG = tiny(layer_count=2)
FAST = {"exact": False, "step": StepKind.TORCH}
KINDS = {"copied": FAST, "shared": {**FAST, "shares_prefixes": True}}


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return random_model(CONFIG, seed=21)


class Watched:
    """Which runs were ready before a lane was, and how many lanes steps took."""

    def __init__(self, speaker: Engine) -> None:
        self.given: list[str] = []
        self.widths: list[tuple[int, int]] = []
        ready, step = speaker._ready_runs, speaker._step
        give, take_step = ready.give, step.step

        def watched_give(lane: object) -> bool:
            was_given = give(lane)  # type: ignore[arg-type]
            if was_given:
                self.given.append(lane.run.key)  # type: ignore[attr-defined]
            return was_given

        def watched_step(width: int, key_count: int) -> None:
            occupied = sum(one.run is not None for one in speaker._lanes)
            self.widths.append((width, occupied))
            take_step(width, key_count)

        ready.give = watched_give  # type: ignore[method-assign]
        step.step = watched_step  # type: ignore[method-assign]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("steps", [1, 4])
def test_logits_of_ready_runs_are_those_of_the_whole_context(
    lm: LanguageModel, kind: dict[str, object], steps: int
) -> None:
    """Two voices, retries, more runs than lanes and rows, and lanes that change places."""
    asked = [run(CONFIG, seed, chunk_count=1 + seed % 3) for seed in range(14)]
    bursts = {"burst_steps": steps, "bursts_ahead": int(steps > 1)}
    speaker = engine(lm, lanes=4, ready_runs=3, **kind, **bursts)
    watched = Watched(speaker)
    if steps > 1:  # columns are read from the log, not step by step
        events = speak(speaker, asked)
        assert len(takes(events)) == sum(len(one.chunks) for one in asked)
    else:
        events, outcome = observed(speaker, asked, [Retry(), Accept(), Accept(), Retry()])
        assert worst_difference(lm, asked, events, outcome) <= TOLERANCE
    assert len(watched.given) >= 6


def test_rows_are_prefilled_many_at_once(
    lm: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    prefill = lane_context.prefill_pack

    def counted(model: LanguageModel, cache: StaticCache, pack: list[LanePrompt]) -> None:
        if isinstance(cache, ReadyRunsCache):
            sizes.append(len(pack))
        prefill(model, cache, pack)

    monkeypatch.setattr(lane_context, "prefill_pack", counted)
    asked = [run(CONFIG, seed, chunk_count=1) for seed in range(24)]
    speak(engine(lm, lanes=2, ready_runs=6, **FAST), asked)
    assert sum(sizes) >= 20 and len(sizes) <= 6, sizes
    assert all(size > 3 for size in sizes[:-1]), sizes


def test_a_run_that_was_begun_before_and_one_too_long_wait_for_a_lane(lm: LanguageModel) -> None:
    asked = [run(CONFIG, seed, chunk_count=2) for seed in range(8)]
    spoken = takes(speak(engine(lm), asked))
    stored = {"c0": spoken["run 7", "c0"].codes}
    asked[7] = run(CONFIG, 7, chunk_count=2, stored=stored)
    ids, _ = random_prompt(CONFIG, READY_RUN_POSITIONS, 0, seed=1)
    long = chunk(CONFIG, "c0", 6, 12)
    long = replace(long, prompt=Prompt((*ids.tolist(), CONFIG.audio_out_bos_id)))
    asked[6] = replace(asked[6], chunks=(long,))
    speaker = engine(lm, lanes=1, ready_runs=8, exact=True)
    watched = Watched(speaker)
    said = codes_by_chunk(speak(speaker, asked))
    assert not {"run 6", "run 7"} & set(watched.given) and len(watched.given) >= 5
    assert said["run 7", "c1"] == spoken["run 7", "c1"].codes.tolist()
    assert said == codes_by_chunk(speak(engine(lm, lanes=1, exact=True), asked))


@pytest.mark.parametrize("exact", [False, True], ids=["fast", "exact"])
def test_a_bad_prompt_fails_in_its_row_alone(lm: LanguageModel, exact: bool) -> None:
    asked = [run(CONFIG, seed, chunk_count=1) for seed in range(6)]
    bad = replace(asked[0].chunks[0], prompt=Prompt((1, 999_999, CONFIG.audio_out_bos_id)))
    asked[3] = replace(asked[3], chunks=(bad,))
    settings = {**FAST, "exact": exact, "ready_runs": 6}
    events = speak(engine(lm, lanes=1, **settings), asked)
    failed = [one.run_key for one in events if isinstance(one, ChunkFailed)]
    assert failed == ["run 3"]
    assert {key for key, _ in takes(events)} == {one.key for one in asked} - {"run 3"}


def test_a_new_generation_knows_nothing_of_what_was_ready(lm: LanguageModel) -> None:
    speaker = engine(lm, lanes=2, ready_runs=4)
    left = (run(CONFIG, seed, chunk_count=1) for seed in range(9))
    assert len(list(islice(speaker.generate(left), 1))) == 1
    assert not speaker._ready_runs.is_empty
    asked = [run(CONFIG, seed, chunk_count=1) for seed in range(20, 26)]
    events = speak(speaker, asked)
    assert {key for key, _ in takes(events)} == {one.key for one in asked}
    assert codes_by_chunk(events) == codes_by_chunk(speak(engine(lm, lanes=2), asked))


def test_an_error_while_runs_are_prefilled_costs_no_row(
    lm: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = engine(lm, lanes=1, ready_runs=4)
    asked = [run(CONFIG, seed, chunk_count=1) for seed in range(6)]

    def out_of_memory(_: object) -> None:
        raise RuntimeError("out of memory")

    with monkeypatch.context() as broken:
        broken.setattr(speaker._ready_runs.context, "prepare", out_of_memory)
        with pytest.raises(RuntimeError, match="memory"):
            speak(speaker, asked)
    watched = Watched(speaker)
    assert len(takes(speak(speaker, asked))) == len(asked)
    assert len(watched.given) == 5


def test_ready_runs_are_for_a_gpu_unless_they_are_asked_for(lm: LanguageModel) -> None:
    assert (
        not engine(lm)._ready_runs.wants_runs and not engine(lm, exact=False)._ready_runs.wants_runs
    )
    apart = random_model(tiny(audio_self_attention=True), seed=1)
    assert not engine(apart, ready_runs=4)._ready_runs.wants_runs
    with pytest.raises(GenerationError, match="ready_runs"):
        EngineSettings(ready_runs=-1)


@pytest.mark.parametrize("cache_kind", [StaticCache, SharedPrefixCache])
def test_a_lane_gets_the_whole_context_of_its_row(
    lm: LanguageModel, cache_kind: type[StaticCache]
) -> None:
    ids, codes = random_prompt(CONFIG, 8, 5, seed=2)
    prefix, prompt = Prompt(tuple(ids.tolist()), codes), Prompt((5, 6, 7))
    prefixes, ready = Prefixes(lm), ReadyRunsCache(lm, 2)
    length = Prefiller(lm, ready, prefixes).begin_with_prefix(1, prefix)
    length = Prefiller(lm, ready, prefixes).prefill(1, length, prompt)
    handed = cache_kind(CONFIG, 3, 64, lm.device, lm.dtype)
    ready.hand_over(1, length, handed, 0)
    handed.move(0, 2, length)
    prefilled = cache_kind(CONFIG, 3, 64, lm.device, lm.dtype)
    prefilled.begin_with_prefix(2, prefixes.cache_of(prefix))
    Prefiller(lm, prefilled, prefixes).prefill(2, len(prefix.ids), prompt)
    assert torch.equal(handed.keys[:, 2], prefilled.keys[:, 2])
    assert torch.equal(handed.values[:, 2], prefilled.values[:, 2])
    if isinstance(handed, SharedPrefixCache) and isinstance(prefilled, SharedPrefixCache):
        assert handed.prefix_lengths.tolist() == prefilled.prefix_lengths.tolist() == [0, 0, 13]
        assert torch.equal(handed.tiles.tiles, prefilled.tiles.tiles)
    assert ready.shared_prefix(1) is None


def tail(speaker: Engine, runs: list[RunRequest]) -> list[tuple[int, int]]:
    """How many lanes the steps of a book take; what it says does not depend on it beyond
    rounding."""
    watched = Watched(speaker)
    said = codes_by_chunk(speak(speaker, runs))
    widths = list(watched.widths)
    speaker._may_change_places = False
    still = codes_by_chunk(speak(speaker, runs))
    assert said.keys() == still.keys() and len(said) == len(runs)
    assert sum(said[key] != still[key] for key in said) <= 1, "one draw may be nearly tied"
    return widths


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("bursts", [(1, 0), (3, 1)])
def test_steps_take_fewer_lanes_when_a_book_ends(
    lm: LanguageModel, kind: dict[str, object], bursts: tuple[int, int]
) -> None:
    """Budgets that end one after another, from the first lane to the last."""
    runs = [
        replace(run(CONFIG, seed), chunks=(chunk(CONFIG, "c0", seed, 8 + 6 * seed, 999),))
        for seed in range(9)
    ]
    settings = {"burst_steps": bursts[0], "bursts_ahead": bursts[1], "waiting_runs": 1}
    widths = tail(engine(lm, lanes=9, **kind, **settings), runs)
    assert widths[0] == (9, 9)
    assert all(width <= lane_bucket(occupied, 9) for width, occupied in widths), widths
    assert widths[-1][0] == 1


def test_lanes_keep_their_places_where_they_must(lm: LanguageModel) -> None:
    runs = [
        replace(run(CONFIG, seed), chunks=(chunk(CONFIG, "c0", seed, 8 + 6 * seed, 999),))
        for seed in range(5)
    ]
    exact = engine(lm, lanes=5, step=StepKind.TORCH, waiting_runs=1)
    assert {width for width, _ in tail(exact, runs)} == {5}


def test_a_lane_that_moves_while_it_is_parked_goes_on_with_its_run(lm: LanguageModel) -> None:
    """Late answers: the lanes before it are free by then."""
    asked = [run(CONFIG, seed, chunk_count=3, minimum=999) for seed in range(5)]
    speaker = engine(lm, lanes=5, **FAST, waiting_runs=1)
    kept: list[SpokenChunk] = []
    spoken = set()
    for event in speaker.generate(asked):
        if not isinstance(event, SpokenChunk):
            for take in kept:
                speaker.answer(take, Accept())
            kept.clear()
            continue
        spoken.add((event.run_key, event.chunk_key))
        if event.run_key in ("run 0", "run 2"):
            kept.append(event)
        else:
            speaker.answer(event, Accept())
    assert len(spoken) == 15
