"""Attention of an audio step over a shared prefix and a lane's own keys, put together exactly.

Softmax over two sets of keys is the mix of the softmax over each, weighed by the two sums of
exponentials. So the prefix may be read once, by all lanes that share it:

```
queries of all lanes of a voice  ──►  one product per key head over the prefix   ─► (mixed, weight)
queries of each lane             ──►  over the lane's own keys                   ─► (mixed, weight)
                                                       joined: the heavier part counts for more
```
"""

from __future__ import annotations

import torch
from torch import Tensor

from model.cache.shared_prefix import SharedPrefixCache
from model.config.config import ModelConfig
from model.step.audio_layer import FusedLayer, Workspace

PartialAttention = tuple[Tensor, Tensor]
"""Mixed values `[lanes, kv heads, group, head dim]`, and the logarithm of the sum of exponentials
`[lanes, kv heads, group]`, both float32."""


class SharedWorkspace(Workspace):
    """A workspace for lanes behind shared prefixes. The plain twin of the kernels."""

    def __init__(self, config: ModelConfig, cache: SharedPrefixCache, width: int) -> None:
        self._cache = cache
        self._scale = config.head_dim**-0.5
        super().__init__(config, cache, width)

    def aim_at(self, positions: Tensor, key_count: int) -> None:
        """`key_count` counts the prefix too, so it is at least what any lane holds."""
        super().aim_at(self._cache.own_places(positions), key_count)

    def attend(self, layer: FusedLayer) -> Tensor:
        queries = self.queries.float() * self._scale
        mixed, weight = attend_part(
            queries,
            self._dequantize(layer.keys[: self.width, :, : self.key_count]),
            self._dequantize(layer.values[: self.width, :, : self.key_count]),
            self.mask,
        )
        for group in self._cache.groups(self.width):
            lanes = torch.tensor(group.lanes, device=queries.device)
            where = slice(group.region.start, group.region.end)
            keys = self._dequantize(self._cache.pool_keys[layer.slot, :, where])
            values = self._dequantize(self._cache.pool_values[layer.slot, :, where])
            of_prefix = attend_together(queries[lanes], keys, values)
            mixed[lanes] = joined((mixed[lanes], weight[lanes]), of_prefix)[0]
        return mixed.to(self.projected.dtype).reshape(self.width, -1)


def attend_part(
    queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
) -> PartialAttention:
    """Scaled float32 queries `[lanes, kv heads, group, head dim]` over keys `[lanes, kv heads,
    keys, head dim]`; `mask` is added."""
    scores = queries @ keys.float().transpose(-1, -2)
    if mask is not None:
        scores = scores + mask
    highest = scores.amax(dim=-1, keepdim=True)
    shares = torch.exp(scores - highest)
    total = shares.sum(dim=-1, keepdim=True)
    return (shares @ values.float()) / total, (highest + total.log())[..., 0]


def attend_together(queries: Tensor, keys: Tensor, values: Tensor) -> PartialAttention:
    """The same over one set of keys `[kv heads, keys, head dim]` for all lanes: one product per
    key head, which reads each key once."""
    lanes = len(queries)
    rows = queries.transpose(0, 1).flatten(1, 2)[None]  # [1, kv heads, lanes * group, head dim]
    mixed, weight = attend_part(rows, keys[None], values[None])
    mixed = mixed[0].unflatten(1, (lanes, -1)).transpose(0, 1)
    return mixed, weight[0].unflatten(1, (lanes, -1)).transpose(0, 1)


def joined(one: PartialAttention, other: PartialAttention) -> PartialAttention:
    """Attention over the keys of both."""
    share = torch.sigmoid(other[1] - one[1])[..., None]
    return torch.lerp(one[0], other[0], share), torch.logaddexp(one[1], other[1])
