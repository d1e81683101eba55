"""Checkpoints and configurations in the original nested format, for a `ModelConfig` of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from model.config.config import ModelConfig

REAL = Path(__file__).parent.parent / "assets" / "model" / "lm.boson.config.json"


def boson_names(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors under the original names."""
    named = {}
    for name, one in weights.items():
        old = name.removeprefix("model.")
        if "embed_audio_tokens" in old:
            old = "audio_codebook_embeddings.weight"
        named[f"audio_decoder_proj.{old}" if "lm_head" in old else old] = one
    return named


def boson_config(config: ModelConfig) -> dict[str, Any]:
    """The real file with the numbers of `config`."""
    values: dict[str, Any] = json.loads(REAL.read_text())
    values["text_config"] |= _text_values(config)
    values["audio_encoder_config"] |= _tower_values(config)
    return values | {
        "hidden_size": config.hidden_size,
        "audio_num_codebooks": config.codebook_count,
        "audio_codebook_size": config.codebook_size,
        "audio_stream_bos_id": config.stream_bos_id,
        "audio_stream_eos_id": config.stream_eos_id,
        "audio_in_token_idx": config.audio_in_id,
        "audio_out_token_idx": config.audio_out_id,
        "audio_out_bos_token_id": config.audio_out_bos_id,
        "audio_eos_token_id": config.audio_eos_id,
        "audio_adapter_type": config.adapter.value,
        "audio_dual_ffn_layers": list(config.dual_ffn_layers),
        "audio_embed_avg": config.average_codebooks,
        "use_audio_out_embed_projector": config.embed_projector,
        "use_audio_out_self_attention": int(config.audio_self_attention),
        "skip_audio_tower": config.whisper is None,
        "encode_whisper_embed": config.whisper is not None,
        "encode_audio_in_tokens": config.encodes_audio_in,
        "pad_token_id": config.pad_id,
        "torch_dtype": config.stored_dtype,
    }


def _text_values(config: ModelConfig) -> dict[str, Any]:
    scaling = config.rope.scaling
    assert scaling is not None
    return {
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "num_hidden_layers": config.layer_count,
        "num_attention_heads": config.head_count,
        "num_key_value_heads": config.kv_head_count,
        "head_dim": config.head_dim,
        "rms_norm_eps": config.rms_norm_eps,
        "initializer_range": config.initializer_range,
        "attention_bias": config.attention_bias,
        "mlp_bias": config.mlp_bias,
        "rope_theta": config.rope.theta,
        "rope_scaling": {
            "rope_type": "llama3",
            "factor": scaling.factor,
            "low_freq_factor": scaling.low_frequency_factor,
            "high_freq_factor": scaling.high_frequency_factor,
            "original_max_position_embeddings": scaling.original_positions,
        },
        "bos_token_id": config.bos_id,
        "eos_token_id": list(config.eos_ids),
        "torch_dtype": None,
    }


def _tower_values(config: ModelConfig) -> dict[str, Any]:
    tower = config.whisper
    if tower is None:
        return {}
    return {
        "num_mel_bins": tower.mel_bins,
        "d_model": tower.width,
        "encoder_layers": tower.layer_count,
        "num_hidden_layers": tower.layer_count,
        "encoder_attention_heads": tower.head_count,
        "encoder_ffn_dim": tower.intermediate_size,
        "max_source_positions": tower.position_count,
        "scale_embedding": tower.scale_embedding,
    }
