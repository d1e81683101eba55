"""Small configurations, and the transformers implementation with the same random weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from transformers import HiggsAudioV2Config, HiggsAudioV2ForConditionalGeneration

from model.checkpoint.language_model import LanguageModel
from model.config.config import Llama3Scaling, ModelConfig, RopeConfig, WhisperConfig

TINY = ModelConfig(
    vocab_size=160,
    hidden_size=48,
    intermediate_size=80,
    layer_count=3,
    head_count=6,
    kv_head_count=2,
    head_dim=16,
    rms_norm_eps=1e-5,
    rope=RopeConfig(
        theta=500000.0,
        scaling=Llama3Scaling(
            factor=32.0,
            low_frequency_factor=0.125,
            high_frequency_factor=0.5,
            original_positions=1024,
        ),
    ),
    initializer_range=0.2,
    codebook_count=4,
    rows_per_codebook=34,
    stream_bos_id=32,
    stream_eos_id=33,
    audio_out_id=150,
    audio_out_bos_id=151,
    audio_delay_id=152,
    pad_id=153,
    bos_id=1,
    eos_ids=(154,),
    dual_ffn_layers=(0, 1, 2),
)

TOWER = WhisperConfig(
    mel_bins=16,
    width=24,
    layer_count=2,
    head_count=3,
    intermediate_size=40,
    position_count=50,
    scale_embedding=False,
)


def tiny(**changes: Any) -> ModelConfig:
    """`TINY` with some numbers changed; every layer is dual unless told otherwise."""
    if "layer_count" in changes:
        changes.setdefault("dual_ffn_layers", tuple(range(changes["layer_count"])))
    return replace(TINY, **changes)


def transformers_config(config: ModelConfig) -> HiggsAudioV2Config:
    scaling = config.rope.scaling
    rope: dict[str, Any] = {"rope_type": "default", "rope_theta": config.rope.theta}
    if scaling is not None:
        rope |= {
            "rope_type": "llama3",
            "factor": scaling.factor,
            "low_freq_factor": scaling.low_frequency_factor,
            "high_freq_factor": scaling.high_frequency_factor,
            "original_max_position_embeddings": scaling.original_positions,
        }
    return HiggsAudioV2Config(
        vocab_size=config.vocab_size,
        hidden_size=config.hidden_size,
        intermediate_size=config.intermediate_size,
        num_hidden_layers=config.layer_count,
        num_attention_heads=config.head_count,
        num_key_value_heads=config.kv_head_count,
        head_dim=config.head_dim,
        rms_norm_eps=config.rms_norm_eps,
        initializer_range=config.initializer_range,
        rope_parameters=rope,
        attention_bias=config.attention_bias,
        mlp_bias=config.mlp_bias,
        num_codebooks=config.codebook_count,
        codebook_size=config.rows_per_codebook,
        audio_stream_bos_id=config.stream_bos_id,
        audio_stream_eos_id=config.stream_eos_id,
        audio_token_id=config.audio_out_id,
        audio_bos_token_id=config.audio_out_bos_id,
        audio_delay_token_id=config.audio_delay_id,
        pad_token_id=config.pad_id,
        bos_token_id=config.bos_id,
        eos_token_id=list(config.eos_ids),
    )


def transformers_model(lm: LanguageModel) -> HiggsAudioV2ForConditionalGeneration:
    """The transformers implementation, text head on, with the very weights of `lm`."""
    reference = HiggsAudioV2ForConditionalGeneration(
        transformers_config(lm.config), use_text_head=True
    )
    reference.load_state_dict(lm.network.state_dict())
    return reference.eval()


def random_prompt(
    config: ModelConfig, text: int, audio: int, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Text ids with one run of audio ids in the middle, and random codes, specials among them."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, 100, (text,), generator=generator)
    half = text // 2
    placeholders = torch.full((audio,), config.audio_out_id)
    ids = torch.cat((ids[:half], placeholders, ids[half:]))
    shape = (config.codebook_count, audio)
    return ids, torch.randint(0, config.rows_per_codebook, shape, generator=generator)
