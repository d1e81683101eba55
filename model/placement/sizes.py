"""How many bytes a model's weights, a lane's cache, and the work on them take. No tensors."""

from __future__ import annotations

from enum import StrEnum

from model.config.config import ModelConfig

_PACKED_POSITIONS = 16_384
"""Prompts of waiting lanes are prefilled together, up to here."""
_POSITIONS_OF_LANE = 512
_PREFIX_POSITIONS = 2048
"""Kept of the latest prefixes, all together."""
_FIXED_WORK_BYTES = 500_000_000
"""The codec at its widest and what libraries take for themselves (estimated)."""


class Precision(StrEnum):
    """Number formats of the weights. As part of a take's key it decides what a take may serve."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    INT8 = "int8"
    """Small models on a CPU: decode steps in int8, prefill in float32 (both copies are held)."""
    INT8_WEIGHTS = "int8-weights"
    """On a GPU: the layers' weights alone, one scale per output; arithmetic in bfloat16."""
    FP8_WEIGHTS = "fp8-weights"

    @property
    def bits(self) -> int:
        """Of a weight of the layers, all copies together."""
        return {"float32": 32, "bfloat16": 16, "float16": 16, "int8": 40}.get(self.value, 8)

    @property
    def value_bytes(self) -> int:
        """Of a number of the cache, and of tables, heads and norms."""
        return 4 if self in (Precision.FLOAT32, Precision.INT8) else 2

    @property
    def is_for_gpus(self) -> bool:
        return self in (Precision.INT8_WEIGHTS, Precision.FP8_WEIGHTS)


def text_head_bytes(config: ModelConfig, precision: Precision) -> int:
    """Of what words are drawn with; a render draws none."""
    return config.hidden_size * config.vocab_size * precision.value_bytes


def weight_bytes(config: ModelConfig, precision: Precision, *, text_on_device: bool) -> int:
    """Of all the weights a render needs: no text head.

    Without the text path's feed-forward the device holds two of its layers at a time, as they are
    fetched.
    """
    of_layers = layer_weights(config)
    dual = text_feed_forward_weights(config)
    if not text_on_device:
        of_layers -= dual - 2 * dual // config.layer_count
    tables = config.hidden_size * (config.vocab_size + 2 * config.audio_row_count)
    return of_layers * precision.bits // 8 + tables * precision.value_bytes


def layer_weights(config: ModelConfig) -> int:
    """Of the linear maps of all layers, both paths."""
    heads = 2 * config.head_count + 2 * config.kv_head_count
    shared = heads * config.head_dim + 3 * config.intermediate_size
    return config.hidden_size * config.layer_count * shared + text_feed_forward_weights(config)


def text_feed_forward_weights(config: ModelConfig) -> int:
    """Of the layers that have a feed-forward of their own for audio: the other one's."""
    dual = sum(config.has_audio_weights(layer) for layer in range(config.layer_count))
    return dual * 3 * config.hidden_size * config.intermediate_size


def lane_bytes(
    config: ModelConfig, position_count: int, value_bytes: int, *, quantized_keys: bool = False
) -> int:
    """Keys and values of one lane; quantized ones take a byte for each number, and what stands
    behind a row (see `quantized_rows.py`)."""
    row_bytes = config.head_dim + 16 if quantized_keys else config.head_dim * value_bytes
    return 2 * config.kv_slot_count * config.kv_head_count * position_count * row_bytes


def work_bytes(
    config: ModelConfig, precision: Precision, lane_count: int, *, quantized_keys: bool = False
) -> int:
    """A prefill of what the lanes wait for, the prefixes that are kept, and the codec's work."""
    together = min(_PACKED_POSITIONS, lane_count * _POSITIONS_OF_LANE)
    wide = 4 * config.hidden_size + 3 * config.intermediate_size
    value_bytes = precision.value_bytes
    prefixes = lane_bytes(config, _PREFIX_POSITIONS, value_bytes, quantized_keys=quantized_keys)
    small = min(_FIXED_WORK_BYTES, 4 * layer_weights(config))
    return small + prefixes + together * wide * value_bytes
