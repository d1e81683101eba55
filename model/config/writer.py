"""Write a configuration in the flat format, which transformers opens."""

from __future__ import annotations

from typing import Any

from model.config import field_names as fields
from model.config.config import Adapter, ModelConfig, RopeConfig
from model.errors import ConfigError

_PUBLIC_DELAY_ID = 128014
_PUBLIC_NEIGHBOURS = (128013, 128015)
_PUBLIC_POSITIONS = 2048


def flat_config(config: ModelConfig, dtype: str) -> dict[str, Any]:
    """The values of a `config.json`; what that format cannot say is refused by name."""
    refuse_variants(config)
    values = {theirs: getattr(config, ours) for ours, theirs in fields.FLAT_NAMES.items()}
    values["audio_delay_token_id"] = _delay_id(config)
    return values | {
        "architectures": ["HiggsAudioV2ForConditionalGeneration"],
        "model_type": "higgs_audio_v2",
        "dtype": dtype,
        "hidden_act": "silu",
        "rope_parameters": _rope_values(config.rope),
        "max_position_embeddings": _position_count(config.rope),
        "tie_word_embeddings": False,
        "pad_token_id": config.pad_id,
        "bos_token_id": config.bos_id,
        "eos_token_id": _one_or_list(config.eos_ids),
        "use_cache": True,
    }


def _delay_id(config: ModelConfig) -> int:
    """transformers marks columns past a stream's first end with an id of their own.

    It must not be `audio_out_id`, or transformers ends every stream as it begins. The public
    vocabulary has one for it; elsewhere `<|AUDIO|>` serves, which stands for a column as well.
    """
    if config.audio_delay_id is not None:
        return config.audio_delay_id
    if (config.audio_out_bos_id, config.audio_in_id) == _PUBLIC_NEIGHBOURS:
        return _PUBLIC_DELAY_ID
    return config.audio_out_id if config.audio_in_id is None else config.audio_in_id


def refuse_variants(config: ModelConfig) -> None:
    """The flat format has dual layers throughout, sums codebooks, and has no tower."""
    layers = f"audio_dual_ffn_layers {list(config.dual_ffn_layers)}"
    partly = config.dual_ffn_layers != tuple(range(config.layer_count))
    is_stack = config.adapter is Adapter.STACK
    variants = {
        f"audio_adapter_type '{Adapter.STACK}'": is_stack,
        f"audio_adapter_type '{config.adapter}' with {layers}": partly and not is_stack,
        "audio_embed_avg true": config.average_codebooks,
        "use_audio_out_embed_projector true": config.embed_projector,
        "use_audio_out_self_attention true": config.audio_self_attention,
        "use_delay_pattern false": not config.uses_delay_pattern,
        "encode_audio_in_tokens false": not config.encodes_audio_in,
        "a Whisper audio tower (skip_audio_tower false)": config.whisper is not None,
    }
    for name, present in variants.items():
        if present:
            raise ConfigError(f"the transformers layout cannot hold this variant: {name}")


def _position_count(rope: RopeConfig) -> int:
    """Nothing depends on it, but transformers warns of a stretch that it leaves no room for."""
    if rope.scaling is None or rope.scaling.original_positions < _PUBLIC_POSITIONS:
        return _PUBLIC_POSITIONS
    original = rope.scaling.original_positions
    return max(original + 1, int(original * rope.scaling.factor))


def _rope_values(rope: RopeConfig) -> dict[str, Any]:
    if rope.scaling is None:
        return {"rope_type": "default", "rope_theta": rope.theta}
    names = fields.SCALING_NAMES
    scaling = {theirs: getattr(rope.scaling, ours) for ours, theirs in names.items()}
    return {"rope_type": "llama3", "rope_theta": rope.theta} | scaling


def _one_or_list(ids: tuple[int, ...]) -> int | list[int] | None:
    if len(ids) == 1:
        return ids[0]
    return list(ids) or None
