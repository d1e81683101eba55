"""Which lanes read which prefix together, as a table that kernels find on the device.

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

from model.hardware.device import sent

TILE_COLUMNS = 5
"""Where the prefix begins in the pool, its length, the first of the lanes by prefix, their number,
the lowest of them."""


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

    def __init__(self, lane_count: int, tile_lanes: int, device: torch.device | str) -> None:
        self.tile_lanes = tile_lanes
        size = lane_count + TILE_COLUMNS * (lane_count + 1)
        self._memory = torch.zeros(size, dtype=torch.int64, device=device)
        self.lanes_by_prefix = self._memory[:lane_count]
        """All lanes; those without a prefix come first."""
        self.tiles = self._memory[lane_count:].view(-1, TILE_COLUMNS)
        """`[lanes + 1, columns]`; what is no tile has a lowest lane that there is not."""
        self.arrange([None] * lane_count)

    def arrange(self, region_of_lane: Sequence[Region | None]) -> None:
        order, tiles = arranged(region_of_lane, self.tile_lanes)
        lane_count = len(order)
        table = np.full(len(self._memory), lane_count, dtype=np.int64)
        table[:lane_count] = order
        if tiles:
            table[lane_count:][: TILE_COLUMNS * len(tiles)] = np.ravel(tiles)
        self._memory.copy_(sent(torch.from_numpy(table), self._memory.device))


def arranged(
    region_of_lane: Sequence[Region | None], tile_lanes: int
) -> tuple[list[int], list[tuple[int, ...]]]:
    """Lanes by prefix, and the tiles."""
    lane_count = len(region_of_lane)
    starts = [region.start if region and region.length else -1 for region in region_of_lane]
    order = sorted(range(lane_count), key=starts.__getitem__)
    tiles: list[tuple[int, ...]] = []
    first = starts.count(-1)
    while first < lane_count:
        region = region_of_lane[order[first]]
        assert region is not None
        end = first + 1
        while end < lane_count and end - first < tile_lanes and starts[order[end]] == region.start:
            end += 1
        tiles.append((region.start, region.length, first, end - first, order[first]))
        first = end
    tiles.sort(key=lambda tile: tile[-1])
    return order, tiles
