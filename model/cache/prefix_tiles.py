"""Which queries of a step read which prefix together, as a table that kernels find on the device.

```
lanes by prefix   │ 3 │ 0  2  4 │ 1  5 │           lanes of one prefix side by side
tiles                  ╰ ann, 3 lanes   ╰ bob, 2 lanes
```

A tile is one prefix and some lanes that attend to it, as many as a program takes at once. Tiles are
in the order of their lowest lane: a step of few lanes is done with the first tile that has none of
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from model.config.config import ModelConfig
from model.hardware.device import sent

TILE_COLUMNS = 5
"""Where the prefix begins in the pool, its length, the first of its queries, their number, the
lowest of its lanes."""


@dataclass(frozen=True, eq=False)
class Region:
    """Where one prefix lies in the pool."""

    start: int
    length: int

    @property
    def end(self) -> int:
        return self.start + self.length


class PrefixTiles:
    """The table for all lanes of a cache; kept in one place, since recorded steps read it there."""

    def __init__(
        self, lane_count: int, config: ModelConfig, rows: int, device: torch.device | str
    ) -> None:
        """`rows`: the queries of a key head that a program takes at once."""
        self._heads = config.head_count
        self._group = config.head_count // config.kv_head_count
        self._lane_count = lane_count
        self.tile_lanes = max(1, rows // self._group)
        queries = lane_count * self._group
        size = queries + TILE_COLUMNS * (lane_count + 1)
        self._memory = torch.zeros(size, dtype=torch.int64, device=device)
        self.queries = self._memory[:queries]
        """Of the first key head, those of one prefix side by side; lane by lane, a row of
        `[lanes * heads]` each."""
        self.tiles = self._memory[queries:].view(-1, TILE_COLUMNS)
        """`[lanes + 1, columns]`; what is no tile has a lowest lane that there is not."""
        self.arrange([None] * lane_count)

    def arrange(self, region_of_lane: Sequence[Region | None]) -> None:
        order, tiles = arranged(region_of_lane, self.tile_lanes)
        queries = np.array(order)[:, None] * self._heads + np.arange(self._group)
        table = np.full(len(self._memory), self._lane_count, dtype=np.int64)
        table[: queries.size] = queries.ravel()
        for number, tile in enumerate(tiles):
            first, count, group = tile.first, tile.lane_count, self._group
            place = queries.size + number * TILE_COLUMNS
            table[place : place + TILE_COLUMNS] = (
                tile.region.start,
                tile.region.length,
                first * group,
                count * group,
                order[first],
            )
        self._memory.copy_(sent(torch.from_numpy(table), self._memory.device))


@dataclass(frozen=True)
class Tile:
    """Lanes of one prefix: so many from `first` on, counted in their order by prefix."""

    region: Region
    first: int
    lane_count: int


def arranged(
    region_of_lane: Sequence[Region | None], tile_lanes: int
) -> tuple[list[int], list[Tile]]:
    """Lanes by prefix, those without one first, and the tiles."""
    lane_count = len(region_of_lane)
    starts = [region.start if region and region.length else -1 for region in region_of_lane]
    order = sorted(range(lane_count), key=starts.__getitem__)
    tiles: list[Tile] = []
    first = starts.count(-1)
    while first < lane_count:
        region = region_of_lane[order[first]]
        assert region is not None
        end = first + 1
        while end < lane_count and end - first < tile_lanes and starts[order[end]] == region.start:
            end += 1
        tiles.append(Tile(region, first, end - first))
        first = end
    return order, sorted(tiles, key=lambda tile: order[tile.first])
