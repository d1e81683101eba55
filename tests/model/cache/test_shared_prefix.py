"""Lanes that share a prefix attend to what lanes attend to that hold a copy of it."""

from __future__ import annotations

import gc

import pytest
import torch

from model.cache.shared_prefix import SharedPrefixCache
from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.config import ModelConfig
from model.prefill.one_lane import Prefiller
from model.runs.engine_settings import StepKind
from model.runs.events import Accept, Retry
from model.runs.prompt import Prompt
from model.runs.run import RunRequest
from model.step.shared_attention import attend_part, attend_together, joined
from model.step.torch_step import FusedStep
from tests.model.prefill.test_carry_over import TOLERANCE, observed, worst_difference
from tests.model.speaking import codes_by_chunk, engine, run, speak
from tests.model.step.test_torch_step import columns_of
from tests.model.tiny import random_prompt, tiny

VOICES = ["ann", "bob", "ann", None, "ann", "bob"]
VARIANTS = {
    "dual": tiny(),
    "some layers dual": tiny(dual_ffn_layers=(0, 2)),
    "one key head": tiny(kv_head_count=1),
    "no groups": tiny(kv_head_count=6),
}


def prefix_of(config: ModelConfig, voice: str | None) -> Prompt:
    if voice is None:
        return Prompt(())
    ids, codes = random_prompt(config, 7 + ord(voice[0]) % 7, 9, seed=ord(voice[0]))
    return Prompt(tuple(ids.tolist()), codes)


def prefilled(lm: LanguageModel, cache: StaticCache) -> tuple[StaticCache, list[int]]:
    """Six lanes, each with its voice and a prompt of its own."""
    prefiller = Prefiller(lm, cache)
    lengths = []
    for lane, voice in enumerate(VOICES):
        length = prefiller.begin_with_prefix(lane, prefix_of(lm.config, voice))
        ids, codes = random_prompt(lm.config, 4 + lane, 3, seed=lane)
        lengths.append(prefiller.prefill(lane, length, Prompt(tuple(ids.tolist()), codes)))
    return cache, lengths


def said(lm: LanguageModel, cache: StaticCache, lengths: list[int], steps: int = 5) -> torch.Tensor:
    step, positions = FusedStep(lm, cache), torch.tensor(lengths)
    logits = []
    for number in range(steps):
        columns = torch.cat([columns_of(lm.config, number), columns_of(lm.config, number + 50)])
        logits.append(step.logits(columns, positions + number, 64).clone())
    return torch.stack(logits)


@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())
def test_logits_are_those_of_copied_prefixes(config: ModelConfig) -> None:
    lm = random_model(config, seed=1)
    lanes = len(VOICES)
    copied, lengths = prefilled(lm, StaticCache(config, lanes, 64, lm.device, lm.dtype))
    shared, same = prefilled(lm, SharedPrefixCache(config, lanes, 64, lm.device, lm.dtype))
    assert lengths == same
    expected = said(lm, copied, lengths)
    worst = (expected - said(lm, shared, lengths)).abs().max()
    assert float(worst) <= 1e-5 * float(expected.abs().max())


def test_a_prefix_lies_in_the_pool_once_and_in_no_lane() -> None:
    lm = random_model(tiny(), seed=1)
    cache, lengths = prefilled(lm, SharedPrefixCache(lm.config, 6, 64, lm.device, lm.dtype))
    assert isinstance(cache, SharedPrefixCache)
    assert [group.lanes for group in cache.groups(6)] == [(0, 2, 4), (1, 5)]
    assert [group.lanes for group in cache.groups(2)] == [(0,), (1,)]
    used = (cache.pool_keys != 0).any(dim=(0, 1, 3)).sum()
    prefixes = [len(prefix_of(lm.config, voice).ids) for voice in ("ann", "bob")]
    assert int(used) == sum(prefixes)
    for lane, length in enumerate(lengths):
        own = length - len(prefix_of(lm.config, VOICES[lane]).ids)
        assert (cache.keys[:, lane, :, own:] == 0).all()


def stored(lm: LanguageModel, length: int) -> StaticCache:
    cache = StaticCache(lm.config, 1, length, lm.device, lm.dtype)
    torch.nn.init.normal_(cache.keys)
    torch.nn.init.normal_(cache.values)
    return cache


def test_the_pool_grows_reuses_gaps_and_never_moves_what_is_in_use() -> None:
    lm = random_model(tiny(layer_count=1), seed=1)
    cache = SharedPrefixCache(lm.config, 3, 16, lm.device, lm.dtype, pool_positions=20)
    first, second = stored(lm, 12), stored(lm, 8)
    cache.begin_with_prefix(0, first)
    cache.begin_with_prefix(1, second)
    assert cache.memory_version == 0
    third = stored(lm, 10)
    cache.begin_with_prefix(2, third)
    assert cache.memory_version == 1 and cache.prefix_starts.tolist() == [0, 12, 20]
    assert cache.pool_keys.shape[2] == 512, "by whole blocks: what moved must be recorded anew"
    wanted = first.keys.clone()
    del first
    gc.collect()
    view = cache.shared_prefix(0)
    assert view is not None and torch.equal(view.keys, wanted), "a lane still uses it"
    cache.begin_with_prefix(0, None)
    fourth = stored(lm, 11)
    cache.begin_with_prefix(0, fourth)
    assert cache.memory_version == 1 and cache.prefix_starts.tolist() == [0, 12, 20]
    for lane, one in enumerate((fourth, second, third)):
        view = cache.shared_prefix(lane)
        assert view is not None and torch.equal(view.values, one.values)


def test_two_parts_are_joined_to_the_softmax_over_both() -> None:
    generator = torch.Generator().manual_seed(3)
    queries = torch.randn(4, 2, 3, 8, generator=generator) * 5
    keys, values = torch.randn(2, 2, 11, 8, generator=generator)
    own_keys, own_values = torch.randn(2, 4, 2, 6, 8, generator=generator)
    whole = attend_part(
        queries,
        torch.cat((keys.expand(4, -1, -1, -1), own_keys), dim=2),
        torch.cat((values.expand(4, -1, -1, -1), own_values), dim=2),
    )
    parts = joined(
        attend_part(queries, own_keys, own_values), attend_together(queries, keys, values)
    )
    for one, other in zip(whole, parts, strict=True):
        assert float((one - other).abs().max()) <= 1e-5


@pytest.mark.parametrize("steps", [1, 4])
def test_logits_of_every_chunk_are_those_of_the_whole_context(steps: int) -> None:
    """Retries, rebases, refilled lanes and several voices, in an engine that shares prefixes."""
    lm = random_model(tiny(), seed=5)
    asked = [run(tiny(), seed, chunk_count=6) for seed in (1, 2, 3, 4)]
    speaker = engine(lm, exact=False, step=StepKind.TORCH, shares_prefixes=True)
    events, outcome = observed(speaker, asked, [Retry(), Accept(), Accept(), Retry()])
    assert worst_difference(lm, asked, events, outcome) <= TOLERANCE
    rarely = engine(lm, exact=False, step=StepKind.TORCH, shares_prefixes=True, burst_steps=steps)
    assert codes_by_chunk(speak(rarely, asked)).keys() == codes_by_chunk(events).keys()


def test_a_run_without_a_prefix_hears_nothing_of_the_run_before() -> None:
    lm = random_model(tiny(), seed=5)
    voiced = run(tiny(), 1, chunk_count=1)
    bare = RunRequest("bare", Prompt(()), voiced.chunks, voiced.closing, seed=9)
    settings = {"exact": False, "step": StepKind.TORCH, "shares_prefixes": True}
    after = codes_by_chunk(speak(engine(lm, lanes=1, **settings), [voiced, bare]))
    alone = codes_by_chunk(speak(engine(lm, lanes=1, **settings), [bare]))
    assert after["bare", "c0"] == alone["bare", "c0"]
