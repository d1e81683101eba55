"""The network agrees with the transformers port, position for position."""

from __future__ import annotations

import pytest
import torch
from tiny import port_of, random_prompt, tiny

from model.config import ModelConfig, RopeConfig
from model.random_model import random_model

SHAPES = {
    "small": tiny(),
    "one key head": tiny(kv_head_count=1, layer_count=2),
    "no groups": tiny(kv_head_count=6, head_dim=8),
    "heads wider than hidden": tiny(head_dim=32),
    "biases": tiny(attention_bias=True, mlp_bias=True),
    "plain rope, twelve books": tiny(codebook_count=12, rope=RopeConfig(theta=1e4, scaling=None)),
    "256 entries": tiny(rows_per_codebook=258, stream_bos_id=256, stream_eos_id=257),
}


@pytest.mark.parametrize("config", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize(("text", "audio"), [(17, 0), (9, 23), (2, 40)])
def test_logits_agree_with_transformers(config: ModelConfig, text: int, audio: int) -> None:
    lm = random_model(config, seed=audio)
    ids, codes = random_prompt(config, text, audio)
    text_logits, audio_logits = lm.logits(ids, codes)
    port = port_of(lm)
    with torch.no_grad():
        arguments = {"audio_input_ids": codes.t()[None]} if audio else {}
        hidden = port.model(input_ids=ids[None], **arguments).last_hidden_state
    expected = port.audio_lm_head(hidden)[0].view_as(audio_logits)
    torch.testing.assert_close(audio_logits, expected, atol=1e-4, rtol=0)
    torch.testing.assert_close(text_logits, port.text_lm_head(hidden)[0], atol=1e-4, rtol=0)
