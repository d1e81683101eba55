"""Attention of many lanes that lie end to end: each position looks at the keys of its own lane
alone.

```
queries   │ lane a: 3 new │ lane b: 2 new │          the last keys of a lane are those of its
keys      │ a: 5 old, 3 new │ b: 4 old, 2 new │      new positions, and causality counts from there
```

On CUDA one flash kernel does all lanes; elsewhere its plain twin takes them one after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor
from torch.nn import functional

from model.hardware.device import sent

_WIDEST_FLASH_HEAD = 256
_FLASH_CAPABILITY = (8, 0)
_FLASH_FORMATS = (torch.float16, torch.bfloat16)


@dataclass(frozen=True, eq=False)
class LaneBlocks:
    """How many new positions and how many keys each lane has."""

    query_counts: tuple[int, ...]
    key_counts: tuple[int, ...]
    query_starts: Tensor
    """`[lanes + 1]` int32 on the device: where each lane begins, and the end of the last."""
    key_starts: Tensor

    @staticmethod
    def of(
        query_counts: Sequence[int], key_counts: Sequence[int], device: torch.device
    ) -> LaneBlocks:
        starts = torch.tensor([_starts(query_counts), _starts(key_counts)], dtype=torch.int32)
        queries, keys = sent(starts, device)
        return LaneBlocks(tuple(query_counts), tuple(key_counts), queries, keys)

    def attend(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """`[1, heads, positions, head dim]` over `[1, kv heads, keys, head dim]`."""
        if has_flash(queries):
            return self._attend_by_flash(queries, keys, values)
        return self.attend_plainly(queries, keys, values)

    def attend_plainly(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """The twin: lane by lane."""
        mixed = []
        parts = zip(
            queries.split(self.query_counts, dim=2),
            keys.split(self.key_counts, dim=2),
            values.split(self.key_counts, dim=2),
            strict=True,
        )
        for some, own_keys, own_values in parts:
            new, held = some.shape[2], own_keys.shape[2]
            visible = torch.ones(new, held, dtype=torch.bool, device=some.device)
            visible = visible.tril_(held - new)
            mixed.append(
                functional.scaled_dot_product_attention(
                    some, own_keys, own_values, attn_mask=visible, enable_gqa=True
                )
            )
        return torch.cat(mixed, dim=2)

    def _attend_by_flash(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        # The operator under `torch.nn.attention.varlen`, whose own face changes between versions;
        # fewer key heads than query heads and keys before the queries are its kernel's to handle.
        mixed = torch.ops.aten._flash_attention_forward(
            *(rows[0].transpose(0, 1) for rows in (queries, keys, values)),
            self.query_starts,
            self.key_starts,
            max(self.query_counts),
            max(self.key_counts),
            0.0,  # dropout
            True,  # causal
            False,  # no mask to look at afterwards
        )[0]
        return mixed.transpose(0, 1)[None]


def has_flash(queries: Tensor) -> bool:
    """Whether the flash kernel takes queries of this kind on this device."""
    if not queries.is_cuda or queries.dtype not in _FLASH_FORMATS:
        return False
    head_dim = queries.shape[-1]
    fits = head_dim % 8 == 0 and head_dim <= _WIDEST_FLASH_HEAD
    return fits and torch.cuda.get_device_capability(queries.device) >= _FLASH_CAPABILITY


def _starts(counts: Sequence[int]) -> list[int]:
    return [0, *accumulate(counts)]
