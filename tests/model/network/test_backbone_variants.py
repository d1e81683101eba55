"""The layer variants no other implementation has, against a slow version of the whole sequence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from model import load_model
from model.cache.protocol import DynamicCache
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.config import Adapter, ModelConfig
from model.config.reader import parse_config
from model.network.dual_ffn import AUDIO_ONLY, Routing
from tests.model.boson_files import boson_config, boson_names
from tests.model.network.test_backbone import close, pad_rows, step_by_step
from tests.model.slow_reference import slow_logits
from tests.model.tiny import random_prompt, tiny


def variant(
    adapter: Adapter, layers: tuple[int, ...], *, audio_attention: bool = False
) -> ModelConfig:
    return tiny(
        layer_count=4,
        hidden_size=32,
        head_count=2,
        kv_head_count=1,
        head_dim=8,
        audio_in_id=149,
        audio_delay_id=None,
        audio_eos_id=148,
        adapter=adapter,
        dual_ffn_layers=layers,
        audio_self_attention=audio_attention,
    )


VARIANTS = {
    "dual everywhere": variant(Adapter.DUAL_FFN, (0, 1, 2, 3)),
    "dual here and there": variant(Adapter.DUAL_FFN, (1, 3)),
    "dual nowhere": variant(Adapter.DUAL_FFN, ()),
    "forward past one": variant(Adapter.FAST_FORWARD, (0, 1, 3)),
    "forward past the first": variant(Adapter.FAST_FORWARD, (2, 3)),
    "forward past all": variant(Adapter.FAST_FORWARD, ()),
    "forward past none": variant(Adapter.FAST_FORWARD, (0, 1, 2, 3)),
    "stack": variant(Adapter.STACK, ()),
    "audio attention": variant(Adapter.DUAL_FFN, (0, 2), audio_attention=True),
    "audio attention, forward": variant(Adapter.FAST_FORWARD, (1, 2), audio_attention=True),
}
each_variant = pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())


def slow(lm: LanguageModel, ids: torch.Tensor, codes: torch.Tensor) -> tuple[torch.Tensor, ...]:
    with torch.no_grad():
        hidden = lm.network.embed(ids[None], codes)[0]
    is_audio = lm.network.audio_mask(ids).tolist()
    return tuple(
        one.float() for one in slow_logits(lm.network.state_dict(), lm.config, hidden, is_audio)
    )


@each_variant
@pytest.mark.parametrize(("text", "audio"), [(6, 6), (7, 0), (0, 5)])
def test_a_variant_agrees_with_the_slow_version(config: ModelConfig, text: int, audio: int) -> None:
    lm = random_model(config, seed=1)
    ids, codes = random_prompt(config, text, audio)
    for ours, theirs in zip(lm.logits(ids, codes), slow(lm, ids, codes), strict=True):
        close(ours, theirs)


@each_variant
def test_a_variant_agrees_when_it_runs_on_a_cache(config: ModelConfig) -> None:
    lm = random_model(config, seed=2)
    ids, codes = random_prompt(config, 8, 8)
    expected = slow(lm, ids, codes)[1]
    for sizes in ([3, 1, 1, 1, 1, 1, 1, 2, 1, 1, 3], [1] * 16, [7, 9]):
        close(step_by_step(lm, ids, codes, sizes), expected)


@each_variant
def test_a_padded_batch_of_a_variant_decodes_as_each_row_alone(config: ModelConfig) -> None:
    lm = random_model(config, seed=3)
    network, cache = lm.network, DynamicCache()
    prompts = [
        random_prompt(config, *size, seed=n) for n, size in enumerate([(3, 4), (5, 0), (2, 6)])
    ]
    ids, is_real = pad_rows([ids for ids, _ in prompts], "left")
    positions = (is_real.cumsum(1) - 1).clamp(min=0)
    new = torch.randint(0, 34, (config.codebook_count, len(prompts), 3))
    with torch.no_grad():
        hidden = network.embed(ids, torch.cat([codes for _, codes in prompts], dim=1))
        network(hidden, Routing.of(network.audio_mask(ids)), positions, cache, is_real)
        for step in range(new.shape[2]):
            columns = network.embed_codes(new[:, :, step])[:, None]
            hidden = network(columns, AUDIO_ONLY, positions[:, -1:] + 1 + step, cache)
        batched = network.audio_logits(hidden)[:, 0]
    for row, (row_ids, codes) in enumerate(prompts):
        longer = torch.cat((row_ids, torch.full((3,), config.audio_out_id)))
        close(batched[row], slow(lm, longer, torch.cat((codes, new[:, row]), dim=1))[1][-1])


class WatchedCache(DynamicCache):
    """Remembers how many keys each slot was given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: dict[int, int] = {}

    def extend(
        self, slot: int, keys: torch.Tensor, values: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        self.given[slot] = self.given.get(slot, 0) + keys.shape[2]
        return super().extend(slot, keys, values)


def test_audio_steps_write_nothing_into_layers_they_pass_by() -> None:
    config = variant(Adapter.FAST_FORWARD, (1, 3))
    lm, cache = random_model(config), WatchedCache()
    ids, _ = random_prompt(config, 5, 0)
    with torch.no_grad():
        prefill = lm.network.embed_text(ids[None])
        lm.network(prefill, Routing(all_audio=False), torch.arange(5)[None], cache)
        for step in range(3):
            column = lm.network.embed_codes(torch.zeros(4, 1, dtype=torch.long))[None]
            lm.network(column, AUDIO_ONLY, torch.tensor([[5 + step]]), cache)
    assert cache.given == {0: 5, 1: 8, 2: 5, 3: 8}


def test_audio_attention_has_a_slot_of_its_own() -> None:
    config = variant(Adapter.DUAL_FFN, (0, 2), audio_attention=True)
    lm, cache = random_model(config), WatchedCache()
    ids, codes = random_prompt(config, 5, 4)
    with torch.no_grad():
        hidden, mask = lm.network.embed(ids[None], codes), lm.network.audio_mask(ids[None])
        lm.network(hidden, Routing.of(mask), torch.arange(9)[None], cache)
    assert sorted(cache.given) == list(range(config.kv_slot_count)) == list(range(6))


@each_variant
def test_gradients_of_a_variant_are_finite(config: ModelConfig) -> None:
    lm = random_model(config, seed=4)
    network = lm.network.train()
    prompts = [random_prompt(config, *size, seed=n) for n, size in enumerate([(3, 4), (5, 0)])]
    ids, is_real = pad_rows([ids for ids, _ in prompts], "right")
    hidden = network.embed(ids, torch.cat([codes for _, codes in prompts], dim=1))
    positions = (is_real.cumsum(1) - 1).clamp(min=0)
    hidden = network(hidden, Routing.of(network.audio_mask(ids)), positions, is_real=is_real)
    network.audio_logits(hidden)[is_real].logsumexp(-1).sum().backward()
    gradients = [one.grad for one in network.parameters() if one.grad is not None]
    assert all(bool(one.isfinite().all()) for one in gradients)


@each_variant
def test_a_variant_opens_from_its_original_files(config: ModelConfig, tmp_path: Path) -> None:
    lm = random_model(config, seed=5)
    (tmp_path / "config.json").write_text(json.dumps(boson_config(config)))
    save_file(boson_names(lm.network.state_dict()), tmp_path / "model.safetensors")
    again = load_model(tmp_path)
    assert again.config == config == parse_config(boson_config(config))
    ids, codes = random_prompt(config, 4, 5)
    assert torch.equal(lm.logits(ids, codes)[1], again.logits(ids, codes)[1])
