"""The fused step, the plain step and the network without a cache say the same."""

from __future__ import annotations

import pytest
import torch

from model.cache.static import StaticCache
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.config import Adapter, ModelConfig
from model.prefill.one_lane import Prefiller
from model.runs.prompt import Prompt
from model.step.audio_layer import Workspace
from model.step.torch_step import FusedStep, LogitsStep, PlainStep, can_fuse_weights
from tests.model.tiny import random_prompt, tiny

LANES, STEPS = 3, 5
VARIANTS = {
    "dual": tiny(),
    "some layers dual": tiny(dual_ffn_layers=(0, 2)),
    "audio passes a layer by": tiny(adapter=Adapter.FAST_FORWARD, dual_ffn_layers=(1, 2)),
    "first layer passed by": tiny(adapter=Adapter.FAST_FORWARD, dual_ffn_layers=(2,)),
    "stack": tiny(adapter=Adapter.STACK, dual_ffn_layers=()),
    "mean of codebooks": tiny(average_codebooks=True),
    "one key head": tiny(kv_head_count=1),
    "no groups": tiny(kv_head_count=6),
    "audio among itself": tiny(audio_self_attention=True),
    "projector": tiny(embed_projector=True),
    "biases": tiny(attention_bias=True),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("width", [1, 3, 8])
def test_a_product_is_added_in_place_with_the_same_bits(width: int, dtype: torch.dtype) -> None:
    config = VARIANTS["dual"]
    cache = StaticCache(config, width, 16, torch.device("cpu"), dtype)
    hidden, rows = torch.randn(width, 48).to(dtype), torch.randn(width, 80).to(dtype)
    weights = torch.randn(80, 48).to(dtype)
    expected = torch.addmm(hidden, rows, weights)
    added = Workspace(config, cache, width).add_product(hidden, rows, weights)
    assert torch.equal(added, expected) and added.data_ptr() == hidden.data_ptr()


def prefilled(lm: LanguageModel, positions: int = 64) -> StaticCache:
    """Three lanes with prompts of 13, 14 and 15 positions."""
    cache = StaticCache(lm.config, LANES, positions, lm.device, lm.dtype)
    prefiller = Prefiller(lm, cache)
    for lane in range(LANES):
        ids, codes = random_prompt(lm.config, 8 + lane, 5, seed=lane)
        assert prefiller.prefill(lane, 0, Prompt(tuple(ids.tolist()), codes)) == 13 + lane
    return cache


def columns_of(config: ModelConfig, step: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(step)
    shape = (LANES, config.codebook_count)
    return torch.randint(0, config.rows_per_codebook, shape, generator=generator)


def decoded(step: LogitsStep, config: ModelConfig, width: int = LANES, keys: int = 64) -> list:
    positions = torch.tensor([13, 14, 15])
    said = []
    for number in range(STEPS):
        columns = columns_of(config, number)[:width]
        said.append(step.logits(columns, (positions + number)[:width], keys).clone())
    return said


@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_step_agrees_with_the_whole_sequence(config: ModelConfig) -> None:
    lm = random_model(config, seed=1)
    expected = []
    for lane in range(LANES):
        ids, codes = random_prompt(config, 8 + lane, 5, seed=lane)
        fed = torch.stack([columns_of(config, number)[lane] for number in range(STEPS)], dim=1)
        ids = torch.cat((ids, torch.full((STEPS,), config.audio_out_id)))
        expected.append(lm.logits(ids, torch.cat((codes, fed), dim=1))[1][-STEPS:])
    steps: list[LogitsStep] = [PlainStep(lm, prefilled(lm))]
    if can_fuse_weights(config):
        steps.append(FusedStep(lm, prefilled(lm)))
    for step in steps:
        said = torch.stack(decoded(step, config), dim=1)
        assert float((said - torch.stack(expected)).abs().max()) <= 1e-4


def test_only_rare_architectures_go_without_the_fused_step() -> None:
    fused = {name for name, config in VARIANTS.items() if can_fuse_weights(config)}
    assert set(VARIANTS) - fused == {"audio among itself", "projector", "biases"}


def test_fusing_leaves_the_network_as_it_was() -> None:
    lm = random_model(tiny(), seed=2)
    before = {name: weight.clone() for name, weight in lm.network.state_dict().items()}
    ids, codes = random_prompt(lm.config, 9, 7)
    said = lm.logits(ids, codes)[1]
    step = FusedStep(lm, prefilled(lm))
    after = lm.network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert float((lm.logits(ids, codes)[1] - said).abs().max()) <= 1e-5
    shared = lm.network.model.layers[0].audio_mlp.gate_proj.weight
    assert (
        shared.untyped_storage().data_ptr() == step._layers[0].gate_up.untyped_storage().data_ptr()
    )


@pytest.mark.parametrize("twin", [PlainStep, FusedStep])
def test_what_lies_beyond_a_lane_is_never_attended_to(twin: type) -> None:
    lm = random_model(tiny(), seed=3)
    clean, poisoned = prefilled(lm), prefilled(lm)
    for lane in range(LANES):
        poisoned.keys[:, lane, :, 13 + lane :] = 1e4
        poisoned.values[:, lane, :, 13 + lane :] = -1e4
    expected, said = (decoded(twin(lm, cache), lm.config) for cache in (clean, poisoned))
    assert all(torch.equal(a, b) for a, b in zip(expected, said, strict=True))


def test_prefill_reads_nothing_that_was_not_written() -> None:
    lm = random_model(tiny(), seed=4)
    cache = StaticCache(lm.config, 2, 64, lm.device, lm.dtype)
    cache.keys.fill_(torch.nan)
    cache.values.fill_(torch.nan)
    prefiller = Prefiller(lm, cache)
    ids, codes = random_prompt(lm.config, 10, 6)
    length = prefiller.prefill(1, 0, Prompt(tuple(ids.tolist()), codes))
    length = prefiller.prefill(1, length, Prompt((3, 1, 4)))
    assert cache.keys[:, 1, :, :length].isfinite().all()
    assert cache.keys[:, 1, :, length:].isnan().all() and cache.keys[:, 0].isnan().all()


def test_a_shared_prefix_is_prefilled_once_and_bit_equal_in_every_lane(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lm = random_model(tiny(), seed=5)
    cache = StaticCache(lm.config, 3, 64, lm.device, lm.dtype)
    prefiller = Prefiller(lm, cache)
    ids, codes = random_prompt(lm.config, 10, 6)
    passes: list[int] = []
    lm.network.register_forward_pre_hook(lambda *_: passes.append(1))
    for lane in range(3):
        twin = Prompt(tuple(ids.tolist()), codes.clone())
        assert prefiller.begin_with_prefix(lane, twin) == 16
    assert len(passes) == 1
    assert torch.equal(cache.keys[:, 0, :, :16], cache.keys[:, 2, :, :16])


@pytest.mark.parametrize("twin", [PlainStep, FusedStep])
def test_steps_lane_by_lane_agree_with_steps_of_all(twin: type) -> None:
    lm = random_model(tiny(), seed=6)
    wide = decoded(twin(lm, prefilled(lm)), lm.config)
    single = decoded(twin(lm, prefilled(lm)), lm.config, width=1)
    for a, b in zip(wide, single, strict=True):
        assert float((a[:1] - b).abs().max()) <= 1e-5
