"""Exact mode: the codes of a run are the same bits whoever else speaks and whatever happened."""

from __future__ import annotations

import random

import numpy as np
import pytest

from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.config import ModelConfig
from model.runs.engine_settings import StepKind
from model.runs.events import Accept, SpokenChunk
from model.runs.run import RunRequest
from model.runs.sampling_settings import Sampling
from tests.model.speaking import codes_by_chunk, engine, run, speak
from tests.model.tiny import tiny

Codes = dict[tuple[str, str], list[list[int]]]
LANES = 9
SEEDS = range(20)
CONFIG = tiny(layer_count=2)


@pytest.fixture(scope="module")
def lm() -> LanguageModel:
    return random_model(CONFIG, seed=21)


def asked(seed: int) -> RunRequest:
    """Runs of one to four chunks of differing length; the fourth chunk has a rebased context."""
    return run(CONFIG, seed, chunk_count=2 + seed % 4, context_chunks=1 + seed % 2)


@pytest.fixture(
    scope="module",
    params=[
        {},
        {"int8": True, "ready_runs": 4},
        {"step": StepKind.TORCH},
        {"step": StepKind.TORCH, "ready_runs": 5},
    ],
    ids=["compiled", "compiled in int8, ready runs", "torch", "torch, ready runs"],
)
def settings(request: pytest.FixtureRequest) -> dict[str, object]:
    """Every kind of decode step keeps the promise."""
    return request.param


@pytest.fixture(scope="module")
def alone(lm: LanguageModel, settings: dict[str, object]) -> dict[int, Codes]:
    """What every run says with the engine to itself, and nothing prefilled ahead."""
    speaker = engine(lm, lanes=LANES, **{**settings, "ready_runs": 0})
    return {seed: codes_by_chunk(speak(speaker, [asked(seed)])) for seed in SEEDS}


@pytest.mark.parametrize("others", [2, 5, 8])
def test_codes_are_bit_equal_among_others(
    lm: LanguageModel, settings: dict[str, object], alone: dict[int, Codes], others: int
) -> None:
    """Each of twenty runs among `others` others, in an order of its own."""
    speaker = engine(lm, lanes=LANES, **settings)
    for first in range(0, len(SEEDS), 1 + others):
        group = list(SEEDS)[first : first + 1 + others]
        group += [seed for seed in SEEDS if seed not in group][: 1 + others - len(group)]
        random.Random(first + others).shuffle(group)
        together = codes_by_chunk(speak(speaker, map(asked, group)))
        assert together == {key: one for seed in group for key, one in alone[seed].items()}


def test_codes_are_bit_equal_in_a_queue_of_any_order(
    lm: LanguageModel, settings: dict[str, object], alone: dict[int, Codes]
) -> None:
    """More runs than lanes, so that lanes are refilled at odd moments; and with late answers."""
    everything = {key: one for codes in alone.values() for key, one in codes.items()}
    for order in range(3):
        chance = random.Random(order)
        seeds = chance.sample(list(SEEDS), len(SEEDS))
        speaker = engine(lm, lanes=LANES, **settings)
        late: list[SpokenChunk] = []
        said: Codes = {}
        for event in speaker.generate(map(asked, seeds)):
            if isinstance(event, SpokenChunk):
                said[event.run_key, event.chunk_key] = event.codes.tolist()
                late.append(event)
            if len(late) > chance.randrange(LANES) or not isinstance(event, SpokenChunk):
                for take in chance.sample(late, len(late)):
                    speaker.answer(take, Accept())
                late.clear()
        assert said == everything


def until_killed(
    lm: LanguageModel, settings: dict[str, object], seeds: list[int], event_count: int
) -> dict[str, dict]:
    """The takes that were stored before an engine was killed in the middle, by run."""
    speaker = engine(lm, lanes=LANES, **settings)
    stored: dict[str, dict[str, np.ndarray]] = {}
    for count, event in enumerate(speaker.generate(map(asked, seeds))):
        if count == event_count:
            break
        if isinstance(event, SpokenChunk):
            stored.setdefault(event.run_key, {})[event.chunk_key] = event.codes
            speaker.answer(event, Accept())
    return stored


def test_codes_are_bit_equal_after_an_interruption_anywhere(
    lm: LanguageModel, settings: dict[str, object], alone: dict[int, Codes]
) -> None:
    """Twenty renders of four runs, each killed at a random frame and continued by a new engine."""
    for trial in range(20):
        chance = random.Random(trial)
        seeds = chance.sample(list(SEEDS), 4)
        stored = until_killed(lm, settings, seeds, chance.randrange(200))
        rest = [
            run(
                CONFIG,
                seed,
                chunk_count=2 + seed % 4,
                stored=stored.get(f"run {seed}"),
                context_chunks=1 + seed % 2,
            )
            for seed in chance.sample(seeds, len(seeds))
        ]
        said = codes_by_chunk(speak(engine(lm, lanes=LANES, **settings), rest))
        said |= {
            (run_key, chunk_key): codes.tolist()
            for run_key, kept in stored.items()
            for chunk_key, codes in kept.items()
        }
        assert said == {key: one for seed in seeds for key, one in alone[seed].items()}


@pytest.mark.parametrize(
    "config",
    [
        tiny(layer_count=2, kv_head_count=6),
        tiny(layer_count=2, kv_head_count=1, head_dim=32, codebook_count=8),
        tiny(layer_count=2, audio_self_attention=True),
    ],
    ids=["no groups", "one key head", "plain step"],
)
def test_other_shapes_are_exact_too(config: ModelConfig) -> None:
    lm = random_model(config, seed=22)
    runs = [run(config, seed, chunk_count=3) for seed in range(5)]
    speaker = engine(lm, lanes=5)
    together = codes_by_chunk(speak(speaker, runs))
    for one in runs:
        said = codes_by_chunk(speak(speaker, [one]))
        assert said == {key: codes for key, codes in together.items() if key[0] == one.key}


def test_a_context_longer_than_an_attention_block_is_exact(lm: LanguageModel) -> None:
    """One lane beyond 512 keys among short ones, which then look through two blocks."""
    long = [run(CONFIG, seed, chunk_count=14, context_chunks=12, minimum=100) for seed in (1, 3)]
    short = [run(CONFIG, seed, chunk_count=2) for seed in (2, 4)]
    speaker = engine(lm, lanes=4, position_count=1024)
    together = codes_by_chunk(speak(speaker, [*long, *short]))
    for one in (*long, *short):
        said = codes_by_chunk(speak(speaker, [one]))
        assert said == {key: codes for key, codes in together.items() if key[0] == one.key}


@pytest.mark.parametrize("int8", [False, True])
def test_the_compiled_step_is_exact_whatever_the_number_of_lanes(
    lm: LanguageModel, int8: bool
) -> None:
    runs = [asked(seed) for seed in range(6)]
    said = [codes_by_chunk(speak(engine(lm, lanes=n, int8=int8), runs)) for n in (1, 4, 13)]
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize("step", [StepKind.FASTEST, StepKind.TORCH])
def test_neighbours_may_be_drawn_by_other_settings(step: StepKind) -> None:
    """Every run by settings of its own; the longest list of candidates belongs to one of them."""
    lm = random_model(tiny(layer_count=1, rows_per_codebook=130, stream_bos_id=128,
                           stream_eos_id=129), seed=23)  # fmt: skip
    mixed = (
        Sampling(top_k=12),
        Sampling(temperature=0),
        Sampling(temperature=0.6, top_k=0, top_p=0.9, repeat_window=0),
        Sampling(temperature=1.5, top_k=7, top_p=1.0, repeat_window=20, repeat_limit=1),
        Sampling(top_k=50),
    )
    runs = [run(lm.config, seed, 2, sampling=one) for seed, one in enumerate(mixed)]
    speaker = engine(lm, lanes=5, step=step)
    together = codes_by_chunk(speak(speaker, runs))
    for one in runs:
        said = codes_by_chunk(speak(engine(lm, lanes=5, step=step), [one]))
        assert said == {key: codes for key, codes in together.items() if key[0] == one.key}
