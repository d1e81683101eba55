"""The parts of a decoder layer: norm, rotary embedding, grouped-query attention, gated MLP.

Shapes at the boundaries are `[lanes, positions, hidden]`; inside attention `[lanes, heads,
positions, head dim]`. Nothing here copies a value to the host.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.cache.lane_blocks import LaneBlocks
from model.cache.protocol import KeyValueCache
from model.config.config import Llama3Scaling, ModelConfig, RopeConfig

Rotation = tuple[Tensor, Tensor]
"""Cosines and sines of the new positions, each `[lanes, 1, positions, head dim]`."""


class RMSNorm(nn.Module):
    """Scale to unit mean square in float32, round, then weigh."""

    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, hidden: Tensor) -> Tensor:
        wide = hidden.float()
        scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)
        return self.weight * (wide * scale).to(hidden.dtype)


class Embedding(nn.Embedding):
    """An ordinary table that is built on `meta` at once.

    There, torch would load its symbolic mathematics, for seconds, to draw numbers nobody sees.
    """

    def reset_parameters(self) -> None:
        if not self.weight.is_meta:
            super().reset_parameters()


class GatedMLP(nn.Module):
    """down(silu(gate(x)) * up(x))."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        inner, outer, bias = config.intermediate_size, config.hidden_size, config.mlp_bias
        self.gate_proj = nn.Linear(outer, inner, bias=bias)
        self.up_proj = nn.Linear(outer, inner, bias=bias)
        self.down_proj = nn.Linear(inner, outer, bias=bias)

    def forward(self, hidden: Tensor) -> Tensor:
        return self.down_proj(functional.silu(self.gate_proj(hidden)) * self.up_proj(hidden))


class RotaryPositions(nn.Module):
    """The angles of the rotary embedding; frequencies stay float32 whatever the weights become."""

    inverse_frequencies: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        frequencies = inverse_frequencies(config.rope, config.head_dim)
        self.register_buffer("inverse_frequencies", frequencies, persistent=False)

    def forward(self, positions: Tensor, dtype: torch.dtype) -> Rotation:
        """Angles for `[lanes, positions]`, taken in float32 and rounded afterwards."""
        half = positions[..., None].float() * self.inverse_frequencies
        angles = torch.cat((half, half), dim=-1)[:, None]
        return angles.cos().to(dtype), angles.sin().to(dtype)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> RotaryPositions:
        # `model.bfloat16()` must move the frequencies but never round them.
        exact = self.inverse_frequencies
        super()._apply(fn, recurse)
        self.inverse_frequencies = exact.to(self.inverse_frequencies.device)
        return self


def inverse_frequencies(rope: RopeConfig, head_dim: int) -> Tensor:
    """One frequency per pair of a head, on the CPU even while a model is built on `meta`."""
    exponents = torch.arange(0, head_dim, 2, dtype=torch.int64, device="cpu").float() / head_dim
    frequencies = 1.0 / (rope.theta**exponents)
    return frequencies if rope.scaling is None else _stretch(frequencies, rope.scaling)


def _stretch(frequencies: Tensor, scaling: Llama3Scaling) -> Tensor:
    wavelengths = 2 * math.pi / frequencies
    longest_kept = scaling.original_positions / scaling.high_frequency_factor
    shortest_stretched = scaling.original_positions / scaling.low_frequency_factor
    spread = scaling.high_frequency_factor - scaling.low_frequency_factor
    share = (scaling.original_positions / wavelengths - scaling.low_frequency_factor) / spread
    stretched = frequencies / scaling.factor
    blended = (1 - share) * stretched + share * frequencies
    between = (wavelengths >= longest_kept) & (wavelengths <= shortest_stretched)
    outside = torch.where(wavelengths > shortest_stretched, stretched, frequencies)
    return torch.where(between, blended, outside)


def rotate(states: Tensor, rotation: Rotation) -> Tensor:
    """Rotate each pair (first half, second half) of a head by its angle."""
    cosines, sines = rotation
    first, second = states.chunk(2, dim=-1)
    return states * cosines + torch.cat((-second, first), dim=-1) * sines


class Attention(nn.Module):
    """Grouped-query attention that reads and extends one slot of a cache."""

    def __init__(self, config: ModelConfig, slot: int) -> None:
        super().__init__()
        self.slot = slot
        self.head_dim = config.head_dim
        bias = config.attention_bias
        query_size = config.head_count * config.head_dim
        key_size = config.kv_head_count * config.head_dim
        self.q_proj = nn.Linear(config.hidden_size, query_size, bias=bias)
        self.k_proj = nn.Linear(config.hidden_size, key_size, bias=bias)
        self.v_proj = nn.Linear(config.hidden_size, key_size, bias=bias)
        self.o_proj = nn.Linear(query_size, config.hidden_size, bias=bias)

    def forward(
        self,
        hidden: Tensor,
        rotation: Rotation,
        visible: Tensor | LaneBlocks | None,
        is_causal: bool,
        cache: KeyValueCache | None,
    ) -> Tensor:
        """`visible` is `[lanes or 1, 1, positions, keys]`, True where a position may look; or the
        counts of lanes that lie end to end."""
        queries = rotate(self._heads(self.q_proj(hidden)), rotation)
        keys = rotate(self._heads(self.k_proj(hidden)), rotation)
        values = self._heads(self.v_proj(hidden))
        if cache is not None:
            keys, values = cache.extend(self.slot, keys, values)
        mixed = attend(queries, keys, values, visible, is_causal)
        return self.o_proj(mixed.transpose(1, 2).flatten(2))

    def _heads(self, projected: Tensor) -> Tensor:
        return projected.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)


def attend(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    visible: Tensor | LaneBlocks | None,
    is_causal: bool,
) -> Tensor:
    """Scaled dot-product attention; query heads of one group share a key/value head."""
    if isinstance(visible, LaneBlocks):
        return visible.attend(queries, keys, values)
    group = queries.shape[1] // keys.shape[1]
    if group == 1:
        return functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=visible, is_causal=is_causal
        )
    if queries.shape[2] == 1:
        # One new position: a group's queries become rows over their key head, so that no key is
        # ever repeated in memory. [lanes, kv heads * group, 1, d] -> [lanes, kv heads, group, d]
        rows = queries.unflatten(1, (-1, group)).squeeze(3)
        mixed = functional.scaled_dot_product_attention(rows, keys, values, attn_mask=visible)
        return mixed.flatten(1, 2).unsqueeze(2)
    return functional.scaled_dot_product_attention(
        queries, keys, values, attn_mask=visible, is_causal=is_causal, enable_gqa=True
    )
