"""A decoder layer for one audio position per lane, on fused weights and standing buffers.

```
hidden ─► norm ─► qkv ─► rotate q and k ─► write k, v ─► attend ─► out (+ hidden)
       ─► norm ─► gate│up ─► silu(gate) * up ─► down (+ hidden)
```

A lane's arithmetic touches its own rows only, so at one width its bits do not depend on the
neighbours. On `key_count` they may (see `EXACT_KEY_BLOCK`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from model.cache.static import StaticCache
from model.config.config import ModelConfig
from model.network.backbone import HiggsModel
from model.network.dual_ffn import DecoderLayer
from model.network.layers import RotaryPositions
from model.placement.quantized_weights import QuantizedMatrix
from model.step.audio_weights import CodebookTable, FusedMap, fused_map


class Workspace:
    """Buffers of one width, and what all layers of a step share. Overwritten by every step.

    At one lane a view costs as much as the arithmetic on it, so every view is made here, once.
    """

    def __init__(self, config: ModelConfig, cache: StaticCache, width: int) -> None:
        dtype, device = cache.dtype, cache.keys.device
        queries, kv_heads = config.head_count, config.kv_head_count
        head_dim, half, inner = config.head_dim, config.head_dim // 2, config.intermediate_size

        def buffer(*shape: int, of: torch.dtype = dtype) -> Tensor:
            return torch.ones(*shape, dtype=of, device=device)

        self.width = width
        self._quantize, self._dequantize = cache.quantize, cache.dequantize
        self.logits = buffer(width, config.audio_row_count)
        self.projected = buffer(width, (queries + 2 * kv_heads) * head_dim)
        self._heads = self.projected.view(width, -1, head_dim).transpose(0, 1)
        rotating = self._heads[: queries + kv_heads]
        self._first, self._second = rotating[..., :half], rotating[..., half:]
        self.rotated = buffer(queries + 2 * kv_heads, width, head_dim)
        rotated = self.rotated[: queries + kv_heads]
        self._rotated_first, self._rotated_second = rotated[..., :half], rotated[..., half:]
        self._cosines = torch.ones_like(self.rotated)
        self._rotated_cosines = self._cosines[: queries + kv_heads]
        self.queries = self.rotated[:queries].transpose(0, 1).unflatten(1, (kv_heads, -1))
        self.new_keys = self.rotated[queries : queries + kv_heads].flatten(0, 1)
        self.new_values = self.rotated[queries + kv_heads :].flatten(0, 1)
        self.gate_up = buffer(width, 2 * inner)
        self.gate, self.up = self.gate_up[:, :inner], self.gate_up[:, inner:]
        self.gated = buffer(width, inner)
        self._half = half
        self._eps = buffer(1, 1, of=torch.float32) * config.rms_norm_eps
        self._key_order = torch.arange(cache.position_count, device=device)
        lanes = torch.arange(width, device=device) * kv_heads
        heads = torch.arange(kv_heads, device=device)[:, None]
        self._first_places = (lanes + heads) * cache.position_count
        self.aim_at(torch.zeros(width, dtype=torch.int64, device=device), 1)

    def aim(self, rotary: RotaryPositions, positions: Tensor, key_count: int) -> None:
        """Prepare for a step at `positions` `[lanes]`."""
        cosines, sines = rotary(positions[:, None], self.projected.dtype)
        self._rotated_cosines.copy_(cosines[:, 0].transpose(0, 1))
        self._sines = sines[:, 0, :, : self._half].transpose(0, 1)
        self.aim_at(positions, key_count)

    def aim_at(self, positions: Tensor, key_count: int) -> None:
        """Which places of the cache are written and which keys are visible."""
        is_beyond = self._key_order[:key_count] > positions[:, None]
        mask = self.projected.new_zeros(is_beyond.shape)
        self.mask = mask.masked_fill_(is_beyond, -torch.inf)[:, None, None]
        self.places = (self._first_places + positions).flatten()
        """Rows of the new keys, key head by key head, as in `new_keys`."""
        self.key_count = key_count

    def embed(self, columns: Tensor, table: CodebookTable) -> Tensor:
        """`[lanes, codebooks]` to `[lanes, hidden]`, which belongs to this step."""
        mode = "mean" if table.averages else "sum"
        return functional.embedding_bag(columns + table.offsets, table.rows, mode=mode)

    def multiply(self, rows: Tensor, weights: FusedMap, out: Tensor) -> None:
        """`[lanes, in]` to `out` `[lanes, out]`."""
        if isinstance(weights, QuantizedMatrix):
            out.copy_(weights.product(rows))
        else:
            torch.mm(rows, weights, out=out)

    def project(self, hidden: Tensor, layer: FusedLayer) -> None:
        """`hidden`, normed, to rotated queries, and to keys and values in their places."""
        self.multiply_normed(hidden, layer.attention_norm, layer.qkv, self.projected)
        self.rotate()
        self.write_keys(layer)

    def multiply_normed(
        self, hidden: Tensor, norm_weight: Tensor, weights: FusedMap, out: Tensor
    ) -> None:
        """`hidden`, normed, times the weights."""
        self.multiply(self.normed(hidden, norm_weight), weights, out)

    def add_gated(self, hidden: Tensor, weights: FusedMap) -> Tensor:
        """What the gates of `gate_up` let through, times the weights, added to `hidden`."""
        return self.add_product(hidden, self.open_gate(), weights)

    def add_product(self, hidden: Tensor, rows: Tensor, weights: FusedMap) -> Tensor:
        """The product added to `hidden` `[lanes, out]`, which may be overwritten by it."""
        if isinstance(weights, QuantizedMatrix):
            return (hidden + weights.product(rows)).to(hidden.dtype)
        return hidden.addmm_(rows, weights)

    def rotate(self) -> None:
        """Rotate queries and keys of `projected` by their position; values pass unchanged."""
        torch.mul(self._heads, self._cosines, out=self.rotated)
        self._rotated_first.addcmul_(self._second, self._sines, value=-1)
        self._rotated_second.addcmul_(self._first, self._sines)

    def write_keys(self, layer: FusedLayer) -> None:
        layer.key_rows.index_copy_(0, self.places, self._quantize(self.new_keys))
        layer.value_rows.index_copy_(0, self.places, self._quantize(self.new_values))

    def attend(self, layer: FusedLayer) -> Tensor:
        """`[lanes, query heads * head dim]`. A group's queries are rows over their key head, so
        that no key is ever repeated."""
        mixed = functional.scaled_dot_product_attention(
            self.queries,
            self._dequantize(layer.keys[: self.width, :, : self.key_count]),
            self._dequantize(layer.values[: self.width, :, : self.key_count]),
            attn_mask=self.mask,
        )
        return mixed.reshape(self.width, -1)

    def open_gate(self) -> Tensor:
        """silu(gate) * up, `[lanes, intermediate]`."""
        return torch.mul(functional.silu(self.gate, inplace=True), self.up, out=self.gated)

    def normed(self, hidden: Tensor, weight: Tensor) -> Tensor:
        """The root mean square norm: divide by the length, in float32, round, then weigh."""
        length = torch.linalg.vector_norm(hidden, dim=-1, keepdim=True, dtype=torch.float32)
        scale = torch.addcmul(self._eps, length, length, value=1 / hidden.shape[-1]).rsqrt_()
        return (hidden * scale).to(hidden.dtype).mul_(weight)


@dataclass(frozen=True, eq=False)
class FusedLayer:
    """Weights, and the layer's part of the cache in two shapes of one memory."""

    attention_norm: Tensor
    qkv: FusedMap
    out: FusedMap
    feed_forward_norm: Tensor
    gate_up: FusedMap
    down: FusedMap
    keys: Tensor
    """`[lanes, kv heads, positions, row of the cache]`."""
    values: Tensor
    key_rows: Tensor
    """`[lanes * kv heads * positions, row of the cache]`."""
    value_rows: Tensor
    slot: int
    """Of the cache."""

    def forward(self, hidden: Tensor, space: Workspace) -> Tensor:
        """`[lanes, hidden]` to the same."""
        space.project(hidden, self)
        hidden = space.add_product(hidden, space.attend(self), self.out)
        space.multiply_normed(hidden, self.feed_forward_norm, self.gate_up, space.gate_up)
        return space.add_gated(hidden, self.down)


def fuse_layers(network: HiggsModel, config: ModelConfig, cache: StaticCache) -> list[FusedLayer]:
    """The layers audio passes through, in order."""
    layers = enumerate(network.model.layers)
    return [_fuse(layer, cache, config) for n, layer in layers if not config.skips_audio(n)]


def _fuse(layer: DecoderLayer, cache: StaticCache, config: ModelConfig) -> FusedLayer:
    attention, dual = layer.self_attn, layer.is_dual
    feed_forward = layer.audio_mlp if dual else layer.mlp
    before = layer.audio_input_layernorm if dual else layer.input_layernorm
    between = layer.audio_post_attention_layernorm if dual else layer.post_attention_layernorm
    keys, values = cache.keys[attention.slot], cache.values[attention.slot]
    return FusedLayer(
        attention_norm=before.weight.detach(),
        qkv=fused_map([attention.q_proj, attention.k_proj, attention.v_proj]),
        out=fused_map([attention.o_proj]),
        feed_forward_norm=between.weight.detach(),
        gate_up=fused_map([feed_forward.gate_proj, feed_forward.up_proj]),
        down=fused_map([feed_forward.down_proj]),
        keys=keys,
        values=values,
        key_rows=keys.view(-1, keys.shape[-1]),
        value_rows=values.view(-1, values.shape[-1]),
        slot=attention.slot,
    )
