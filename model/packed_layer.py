"""A decoder layer for one audio position per lane, on packed weights and standing buffers.

```
hidden ─► norm ─► qkv ─► turn q and k ─► write k, v ─► attend ─► out (+ hidden)
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

from model.backbone import HiggsModel
from model.config import ModelConfig
from model.dual_ffn import DecoderLayer
from model.kv_cache_static import StaticCache
from model.layers import RotaryPositions
from model.packed_weights import packed


class Workspace:
    """Buffers of one width, and what all layers of a step share. Overwritten by every step."""

    def __init__(self, config: ModelConfig, cache: StaticCache, width: int) -> None:
        dtype, device = cache.keys.dtype, cache.keys.device
        heads = config.head_count + 2 * config.kv_head_count

        def buffer(*shape: int) -> Tensor:
            return torch.empty(width, *shape, dtype=dtype, device=device)

        self.width = width
        self.eps = config.rms_norm_eps
        self.projected = buffer(heads, config.head_dim)
        self.turned = buffer(heads, config.head_dim)
        self.cosines = torch.ones_like(self.projected)
        self.sines = buffer(1, config.head_dim // 2)
        self.gate_up = buffer(2 * config.intermediate_size)
        self.gated = buffer(config.intermediate_size)
        self.logits = buffer(config.audio_row_count)
        self.key_count = 0
        self.mask = buffer(1, 1, 0)
        self.places = torch.zeros(width, dtype=torch.int64, device=device)
        self._turned_heads = config.head_count + config.kv_head_count
        self._half = config.head_dim // 2
        self._key_order = torch.arange(cache.position_count, device=device)
        lanes = torch.arange(width, device=device)[:, None] * config.kv_head_count
        self._first_places = (
            lanes + torch.arange(config.kv_head_count, device=device)
        ) * cache.position_count

    def aim(self, rotary: RotaryPositions, positions: Tensor, key_count: int) -> None:
        """Prepare for a step at `positions` `[lanes]`."""
        cosines, sines = rotary(positions[:, None], self.projected.dtype)
        self.cosines[:, : self._turned_heads] = cosines[:, 0]
        self.sines.copy_(sines[:, 0, :, : self._half])
        is_beyond = self._key_order[:key_count] > positions[:, None]
        zeros = torch.zeros(is_beyond.shape, dtype=self.projected.dtype, device=positions.device)
        self.mask = zeros.masked_fill_(is_beyond, -torch.inf)[:, None, None]
        self.places = (self._first_places + positions[:, None]).flatten()
        self.key_count = key_count

    def turn(self) -> Tensor:
        """Rotate queries and keys of `projected` by their position; values pass unchanged."""
        first, second = self.projected.split(self._half, dim=-1)
        turned = torch.mul(self.projected, self.cosines, out=self.turned)
        end, half = self._turned_heads, self._half
        turned[:, :end, :half].addcmul_(second[:, :end], self.sines, value=-1)
        turned[:, :end, half:].addcmul_(first[:, :end], self.sines)
        return turned

    def normed(self, hidden: Tensor, weight: Tensor) -> Tensor:
        wide = hidden.float()
        scale = wide.square().mean(-1, keepdim=True).add_(self.eps).rsqrt_()
        return (wide * scale).to(hidden.dtype).mul_(weight)


@dataclass(frozen=True, eq=False)
class PackedLayer:
    """Weights `[in, out]`, and the layer's part of the cache in two shapes of one memory."""

    attention_norm: Tensor
    qkv: Tensor
    out: Tensor
    feed_forward_norm: Tensor
    gate_up: Tensor
    down: Tensor
    keys: Tensor
    """`[lanes, kv heads, positions, head dim]`."""
    values: Tensor
    key_rows: Tensor
    """`[lanes * kv heads * positions, head dim]`."""
    value_rows: Tensor
    head_count: int
    kv_head_count: int

    def forward(self, hidden: Tensor, space: Workspace) -> Tensor:
        """`[lanes, hidden]` to the same."""
        normed = space.normed(hidden, self.attention_norm)
        torch.mm(normed, self.qkv, out=space.projected.flatten(1))
        mixed = self._attend(space.turn(), space)
        hidden = torch.addmm(hidden, mixed, self.out)
        normed = space.normed(hidden, self.feed_forward_norm)
        gate, up = torch.mm(normed, self.gate_up, out=space.gate_up).chunk(2, dim=-1)
        gated = torch.mul(functional.silu(gate), up, out=space.gated)
        return torch.addmm(hidden, gated, self.down)

    def _attend(self, turned: Tensor, space: Workspace) -> Tensor:
        """A group's queries are rows over their key head, so that no key is ever repeated."""
        width, first_value = space.width, self.head_count + self.kv_head_count
        head_dim = turned.shape[-1]
        new_keys = turned[:, self.head_count : first_value].reshape(-1, head_dim)
        self.key_rows.index_copy_(0, space.places, new_keys)
        self.value_rows.index_copy_(0, space.places, turned[:, first_value:].reshape(-1, head_dim))
        queries = turned[:, : self.head_count].unflatten(1, (self.kv_head_count, -1))
        mixed = functional.scaled_dot_product_attention(
            queries,
            self.keys[:width, :, : space.key_count],
            self.values[:width, :, : space.key_count],
            attn_mask=space.mask,
        )
        return mixed.reshape(width, -1)


def pack_layers(network: HiggsModel, config: ModelConfig, cache: StaticCache) -> list[PackedLayer]:
    """The layers audio passes through, in order."""
    layers = enumerate(network.model.layers)
    return [_pack(layer, cache, config) for n, layer in layers if not config.skips_audio(n)]


def _pack(layer: DecoderLayer, cache: StaticCache, config: ModelConfig) -> PackedLayer:
    attention, dual = layer.self_attn, layer.is_dual
    feed_forward = layer.audio_mlp if dual else layer.mlp
    before = layer.audio_input_layernorm if dual else layer.input_layernorm
    between = layer.audio_post_attention_layernorm if dual else layer.post_attention_layernorm
    keys, values = cache.keys[attention.slot], cache.values[attention.slot]
    return PackedLayer(
        attention_norm=before.weight.detach(),
        qkv=packed([attention.q_proj, attention.k_proj, attention.v_proj]),
        out=packed([attention.o_proj]),
        feed_forward_norm=between.weight.detach(),
        gate_up=packed([feed_forward.gate_proj, feed_forward.up_proj]),
        down=packed([feed_forward.down_proj]),
        keys=keys,
        values=values,
        key_rows=keys.view(-1, config.head_dim),
        value_rows=values.view(-1, config.head_dim),
        head_count=config.head_count,
        kv_head_count=config.kv_head_count,
    )
