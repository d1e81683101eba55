"""Prefixes kept once for all lanes that share them, and lanes that hold only what is their own.

```
pool    │ voice A ········│ voice B ····│        one region of positions per prefix
lane 0  A  │own 0│own 1│…                        the position of own i is len(A) + i
lane 1  A  │own 0│…
lane 2  B  │own 0│…                              `prefix_lengths` says so to a step
```

A step reads a prefix once for all its lanes (see `shared_attention.py`), which at many lanes is
most of what there is to read.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from model.cache.prefix_tiles import PrefixTiles, Region
from model.cache.static import LaneCache, StaticCache
from model.config.config import ModelConfig
from model.hardware.quantized_rows import QuantizedFormat

_FIRST_POSITIONS = 2048
_POOL_BLOCK = 512
"""The pool grows by whole blocks of positions: rarely, for a recorded step is lost each time, and
kernels made for one size serve every other."""
_TILE_ROWS = 32
"""Queries that read a prefix together: with more, fewer programs would fit on a processor, and it
is the lanes' own keys that take the time."""


@dataclass(frozen=True, eq=False)
class PrefixGroup:
    """Lanes that share one prefix."""

    region: Region
    lanes: tuple[int, ...]


class SharedPrefixCache(StaticCache):
    """A cache whose lanes begin behind their prefix."""

    def __init__(
        self,
        config: ModelConfig,
        lane_count: int,
        position_count: int,
        device: torch.device | str,
        dtype: torch.dtype,
        pool_positions: int = _FIRST_POSITIONS,
        quantized: QuantizedFormat | None = None,
    ) -> None:
        super().__init__(config, lane_count, position_count, device, dtype, quantized)
        shape = (config.kv_slot_count, config.kv_head_count, pool_positions, self.keys.shape[-1])
        self.pool_keys = torch.zeros(*shape, device=device, dtype=self.keys.dtype)
        self.pool_values = torch.zeros_like(self.pool_keys)
        self.prefix_starts = torch.zeros(lane_count, dtype=torch.int64, device=device)
        self.prefix_lengths = torch.zeros_like(self.prefix_starts)
        """`[lanes]`; 0 for a lane without a prefix."""
        self.tiles = PrefixTiles(lane_count, config, _TILE_ROWS, device)
        self._regions: WeakKeyDictionary[StaticCache, Region] = WeakKeyDictionary()
        self._of_lane: list[Region | None] = [None] * lane_count

    def begin_with_prefix(self, lane: int, prefix: StaticCache | None) -> None:
        self._assign_region(lane, None if prefix is None else self._region(prefix))

    def move(self, source: int, target: int, length: int) -> None:
        region = self._of_lane[source]
        super().move(source, target, length - (0 if region is None else region.length))
        self._assign_region(target, region)
        self._assign_region(source, None)

    def shared_prefix(self, lane: int) -> StaticCache | None:
        region = self._of_lane[lane]
        return None if region is None else _PrefixView(self, region)

    def lane(self, lane: int, length: int) -> LaneCache:
        return LaneBehindPrefix(self, lane, length, self.shared_prefix(lane))

    def groups(self, width: int) -> list[PrefixGroup]:
        """Which of the first `width` lanes share a prefix; lanes without one are in no group."""
        lanes: dict[Region, list[int]] = {}
        for lane, region in enumerate(self._of_lane[:width]):
            if region is not None:
                lanes.setdefault(region, []).append(lane)
        return [PrefixGroup(region, tuple(those)) for region, those in lanes.items()]

    def own_places(self, positions: Tensor) -> Tensor:
        """Where positions `[lanes]` of the first lanes lie in them; of resting lanes, somewhere."""
        return (positions - self.prefix_lengths[: len(positions)]).clamp_min(0)

    def _assign_region(self, lane: int, region: Region | None) -> None:
        self._of_lane[lane] = region
        self.prefix_starts[lane] = 0 if region is None else region.start
        self.prefix_lengths[lane] = 0 if region is None else region.length
        self.tiles.arrange(self._of_lane)

    def _region(self, prefix: StaticCache) -> Region:
        """Where a prefix lies; it is copied into the pool the first time."""
        region = self._regions.get(prefix)
        if region is None:
            length = prefix.position_count
            region = Region(self._room_for(length), length)
            self.pool_keys[:, :, region.start : region.end] = prefix.keys[:, 0]
            self.pool_values[:, :, region.start : region.end] = prefix.values[:, 0]
            self._regions[prefix] = region
        return region

    def _room_for(self, length: int) -> int:
        """The first gap of this length; prefixes that no lane uses and nobody keeps are gaps."""
        in_use = {region for region in self._of_lane if region is not None}
        start = 0
        for region in sorted(in_use | set(self._regions.values()), key=lambda one: one.start):
            if region.start - start >= length:
                return start
            start = max(start, region.end)
        self._grow_to(start + length)
        return start

    def _grow_to(self, positions: int) -> None:
        present = self.pool_keys.shape[2]
        if positions <= present:
            return
        wanted = -(-positions // _POOL_BLOCK) * _POOL_BLOCK
        more = max(wanted, 2 * present) - present
        self.pool_keys, self.pool_values = (
            torch.nn.functional.pad(pool, (0, 0, 0, more))
            for pool in (self.pool_keys, self.pool_values)
        )
        self.memory_version += 1


class _PrefixView(StaticCache):
    """A prefix of the pool as the cache of one lane, over the same memory."""

    def __init__(self, pool: SharedPrefixCache, region: Region) -> None:
        self.lane_count, self.position_count = 1, region.length
        self.dtype, self.quantized = pool.dtype, pool.quantized
        self.keys = pool.pool_keys[:, None, :, region.start : region.end]
        self.values = pool.pool_values[:, None, :, region.start : region.end]
        self.is_audio = None


class LaneBehindPrefix(LaneCache):
    """A lane for prefill: the keys of its prefix are put before its own."""

    def __init__(
        self, storage: StaticCache, lane: int, length: int, prefix: StaticCache | None
    ) -> None:
        super().__init__(storage, lane, length, 0 if prefix is None else prefix.position_count)
        self._prefix = prefix

    def extend(self, slot: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        own_keys, own_values = super().extend(slot, keys, values)
        if self._prefix is None:
            return own_keys, own_values
        prefix = self._prefix
        return (
            torch.cat((prefix.dequantize(prefix.keys[slot]), own_keys), dim=2),
            torch.cat((prefix.dequantize(prefix.values[slot]), own_values), dim=2),
        )
