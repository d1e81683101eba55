"""The network agrees with the transformers implementation, position for position."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import HiggsAudioV2ForConditionalGeneration

from model.cache.protocol import DynamicCache
from model.checkpoint.language_model import LanguageModel
from model.checkpoint.random_model import random_model
from model.config.config import ModelConfig, RopeConfig
from model.errors import ModelError
from model.network.dual_ffn import AUDIO_ONLY, TEXT_ONLY, Routing
from tests.model.tiny import random_prompt, tiny, transformers_model

SHAPES = {
    "small": tiny(),
    "one key head": tiny(kv_head_count=1, layer_count=2),
    "no groups": tiny(kv_head_count=6, head_dim=8),
    "heads wider than hidden": tiny(head_dim=32),
    "biases": tiny(attention_bias=True, mlp_bias=True),
    "plain rope, twelve books": tiny(codebook_count=12, rope=RopeConfig(theta=1e4, scaling=None)),
    "256 entries": tiny(rows_per_codebook=258, stream_bos_id=256, stream_eos_id=257),
}


def close(ours: Tensor | None, theirs: Tensor) -> None:
    assert ours is not None
    torch.testing.assert_close(ours, theirs.view_as(ours), atol=1e-4, rtol=0)


def transformers_logits(
    reference: HiggsAudioV2ForConditionalGeneration, **inputs: Any
) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        hidden = reference.model(**inputs).last_hidden_state
        assert reference.text_lm_head is not None
        return reference.text_lm_head(hidden), reference.audio_lm_head(hidden)


def audio_inputs(codes: Tensor) -> dict[str, Tensor]:
    return {"audio_input_ids": codes.t()[None]} if codes.shape[1] else {}


@pytest.mark.parametrize("config", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize(("text", "audio"), [(17, 0), (9, 23), (2, 40)])
def test_logits_agree_with_transformers(config: ModelConfig, text: int, audio: int) -> None:
    lm = random_model(config, seed=audio)
    ids, codes = random_prompt(config, text, audio)
    ours = lm.logits(ids, codes)
    theirs = transformers_logits(transformers_model(lm), input_ids=ids[None], **audio_inputs(codes))
    for mine, its in zip(ours, theirs, strict=True):
        close(mine, its)


def test_logits_agree_far_from_the_beginning() -> None:
    lm = random_model(tiny(layer_count=2))
    ids, codes = random_prompt(lm.config, 20, 1500)
    theirs = transformers_logits(transformers_model(lm), input_ids=ids[None], **audio_inputs(codes))
    close(lm.logits(ids, codes)[1], theirs[1])


def test_every_audio_id_stands_for_a_column() -> None:
    lm = random_model(tiny(audio_in_id=149))
    ids, codes = random_prompt(lm.config, 6, 12)
    mixed = ids.clone()
    places = (ids == lm.config.audio_out_id).nonzero().flatten()
    mixed[places[:4]], mixed[places[4:7]] = 149, 152
    assert torch.equal(lm.logits(ids, codes)[1], lm.logits(mixed.tolist(), codes.int())[1])


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_padded_batch_agrees_with_transformers(side: str) -> None:
    lm = random_model(tiny(), seed=2)
    prompts = [random_prompt(lm.config, *size, seed=n) for n, size in enumerate(PADDED_SIZES)]
    ids, is_real = pad_rows([ids for ids, _ in prompts], side)
    positions = (is_real.cumsum(1) - 1).clamp(min=0)
    codes = torch.cat([codes for _, codes in prompts], dim=1)
    with torch.no_grad():
        network = lm.network
        routing = Routing.of(network.audio_mask(ids))
        hidden = network(network.embed(ids, codes), routing, positions, is_real=is_real)
    columns, are_columns = pad_rows([codes.t() for _, codes in prompts], "right")
    theirs = transformers_logits(
        transformers_model(lm),
        input_ids=ids,
        attention_mask=is_real.long(),
        position_ids=positions,
        audio_input_ids=columns,
        audio_input_ids_mask=are_columns,
    )
    close(network.text_logits(hidden)[is_real], theirs[0][is_real])
    close(network.audio_logits(hidden)[is_real], theirs[1][is_real])


PADDED_SIZES = [(5, 9), (12, 0), (3, 30), (20, 4)]


def pad_rows(rows: list[Tensor], side: str) -> tuple[Tensor, Tensor]:
    length = max(map(len, rows))
    padded = rows[0].new_full((len(rows), length, *rows[0].shape[1:]), 3)
    is_real = torch.zeros(len(rows), length, dtype=torch.bool)
    for row, values in enumerate(rows):
        start = length - len(values) if side == "left" else 0
        padded[row, start : start + len(values)] = values
        is_real[row, start : start + len(values)] = True
    return padded, is_real


def step_by_step(lm: LanguageModel, ids: Tensor, codes: Tensor, sizes: list[int]) -> Tensor:
    """Audio logits of every position, computed a few positions at a time on one cache."""
    network, cache, made, used = lm.network, DynamicCache(), [], 0
    for start, size in zip([sum(sizes[:n]) for n in range(len(sizes))], sizes, strict=True):
        part = ids[None, start : start + size]
        columns = int(network.audio_mask(part).sum())
        with torch.no_grad():
            hidden = network.embed(part, codes[:, used : used + columns])
            routing = Routing.of(network.audio_mask(part))
            positions = torch.arange(start, start + size)[None]
            made.append(network(hidden, routing, positions, cache))
        used += columns
    with torch.no_grad():
        return network.audio_logits(torch.cat(made, dim=1))[0]


@pytest.mark.parametrize("first", [1, 7, 30])
def test_steps_on_a_cache_agree_with_the_whole_sequence(first: int) -> None:
    lm = random_model(tiny(), seed=4)
    ids, codes = random_prompt(lm.config, 14, 36)
    sizes = [first] + [1] * 9 + [5]
    sizes.append(len(ids) - sum(sizes))
    close(step_by_step(lm, ids, codes, sizes), lm.logits(ids, codes)[1])


def test_incremental_decoding_agrees_with_transformers() -> None:
    lm = random_model(tiny(), seed=6)
    ids, codes = random_prompt(lm.config, 10, 6)
    new = torch.randint(0, 34, (lm.config.codebook_count, 25))
    reference, network, cache = transformers_model(lm), lm.network, DynamicCache()
    with torch.no_grad():
        past = reference.model(
            input_ids=ids[None], **audio_inputs(codes), use_cache=True
        ).past_key_values
        routing = Routing.of(network.audio_mask(ids[None]))
        network(network.embed(ids[None], codes), routing, torch.arange(len(ids))[None], cache)
        for step in range(new.shape[1]):
            column = new[:, step : step + 1]
            theirs = reference(
                audio_input_ids=column.t()[None], past_key_values=past, use_cache=True
            )
            position = torch.tensor([[len(ids) + step]])
            hidden = network(network.embed_codes(column)[None], AUDIO_ONLY, position, cache)
            close(network.audio_logits(hidden), theirs.logits)


def test_a_padded_batch_decodes_as_each_row_alone() -> None:
    lm = random_model(tiny(), seed=7)
    network, cache = lm.network, DynamicCache()
    prompts = [random_prompt(lm.config, *size, seed=n) for n, size in enumerate(PADDED_SIZES)]
    ids, is_real = pad_rows([ids for ids, _ in prompts], "left")
    positions = (is_real.cumsum(1) - 1).clamp(min=0)
    new = torch.randint(0, 34, (lm.config.codebook_count, len(prompts), 4))
    with torch.no_grad():
        hidden = network.embed(ids, torch.cat([codes for _, codes in prompts], dim=1))
        network(hidden, Routing.of(network.audio_mask(ids)), positions, cache, is_real)
        for step in range(new.shape[2]):
            columns = network.embed_codes(new[:, :, step])[:, None]
            where = positions[:, -1:] + 1 + step
            hidden = network(columns, AUDIO_ONLY, where, cache)
        batched = network.audio_logits(hidden)[:, 0]
    for row, (row_ids, codes) in enumerate(prompts):
        longer = torch.cat((row_ids, torch.full((4,), lm.config.audio_out_id)))
        alone = lm.logits(longer, torch.cat((codes, new[:, row]), dim=1))[1][-1]
        close(batched[row], alone)


def test_codebooks_are_summed_or_averaged_and_projected() -> None:
    summed = random_model(tiny()).network
    codes = torch.randint(0, 34, (4, 5))
    averaged = random_model(tiny(average_codebooks=True)).network
    close(averaged.embed_codes(codes) * 4, summed.embed_codes(codes))
    projected = random_model(tiny(embed_projector=True)).network
    assert projected.audio_out_embed_projector is not None
    table = projected.model.embed_audio_tokens.embed_audio_tokens.weight
    rows = sum(table[book * 34 + codes[book]] for book in range(4))
    close(projected.embed_codes(codes), rows @ projected.audio_out_embed_projector.weight.T)


def test_a_mask_of_one_kind_needs_no_gathering() -> None:
    assert Routing.of(torch.ones(2, 3, dtype=torch.bool)) == AUDIO_ONLY
    assert Routing.of(torch.zeros(2, 3, dtype=torch.bool)) == TEXT_ONLY


def test_bfloat16_weights_leave_the_frequencies_alone() -> None:
    lm = random_model(tiny())
    exact = lm.network.model.rotary.inverse_frequencies.clone()
    assert torch.equal(lm.network.bfloat16().model.rotary.inverse_frequencies, exact)


def test_gradients_are_the_same_with_checkpointing_and_reach_every_weight() -> None:
    lm = random_model(tiny(audio_in_id=149))
    ids, codes = random_prompt(lm.config, 8, 12)
    gradients = []
    for checkpointing in (False, True):
        network = lm.network.train()
        network.zero_grad()
        network.model.gradient_checkpointing = checkpointing
        hidden = network.embed(ids[None], codes)
        routing = Routing.of(network.audio_mask(ids[None]))
        hidden = network(hidden, routing, torch.arange(len(ids))[None])
        text = network.text_logits(hidden)
        assert text is not None
        (text.logsumexp(-1).sum() + network.audio_logits(hidden).logsumexp(-1).sum()).backward()
        assert all(one.grad is not None for one in network.parameters())
        gradients.append([one.grad.clone() for one in network.parameters() if one.grad is not None])
    for plain, checkpointed in zip(*gradients, strict=True):
        torch.testing.assert_close(plain, checkpointed)


@pytest.mark.parametrize(
    ("ids", "codes", "reason"),
    [
        ([5, 150, 6], None, "codes must be"),
        ([5, 150], torch.zeros(3, 1), "codes must be"),
        ([5, 150], torch.full((4, 1), 34), "0 to 33"),
        ([160], None, "vocabulary"),
        ([], None, "one sequence"),
        (torch.zeros(1, 4), None, "one sequence"),
    ],
)
def test_the_door_refuses_what_does_not_fit(ids: Any, codes: Any, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        random_model(tiny()).logits(ids, codes)


def test_asking_for_logits_changes_nothing() -> None:
    lm = random_model(tiny())
    ids, codes = random_prompt(lm.config, 8, 12)
    first, second = lm.logits(ids, codes), lm.logits(ids, codes)
    assert all(torch.equal(one, two) for one, two in zip(first, second, strict=True))
