"""The table of which lanes read which prefix together."""

from __future__ import annotations

import random

import torch

from model.cache.prefix_tiles import PrefixTiles, Region, Tile, arranged
from tests.model.tiny import tiny

ANN, BOB = Region(0, 7), Region(7, 4)


def test_lanes_of_one_prefix_stand_side_by_side_in_tiles_of_a_few() -> None:
    order, tiles = arranged([ANN, BOB, ANN, None, ANN, BOB], tile_lanes=2)
    assert order == [3, 0, 2, 4, 1, 5]
    assert tiles == [Tile(ANN, 1, 2), Tile(BOB, 4, 2), Tile(ANN, 3, 1)]


def test_every_lane_with_a_prefix_is_in_one_tile_of_it() -> None:
    chance = random.Random(4)
    for _ in range(50):
        regions = [chance.choice([None, ANN, BOB, Region(11, 0)]) for _ in range(24)]
        order, tiles = arranged(regions, tile_lanes=chance.choice([1, 3, 10]))
        assert sorted(order) == list(range(24))
        lowest = [order[tile.first] for tile in tiles]
        assert lowest == sorted(lowest)
        found = [
            (lane, tile.region)
            for tile in tiles
            for lane in order[tile.first : tile.first + tile.lane_count]
        ]
        held = [(lane, one) for lane, one in enumerate(regions) if one is not None and one.length]
        assert sorted(found, key=lambda pair: pair[0]) == held


def test_a_kernel_finds_queries_in_the_table_and_no_tile_behind_the_last() -> None:
    config = tiny()  # six heads, three of each key head
    table = PrefixTiles(4, config, 32, "cpu")
    assert table.tile_lanes == 10 and (table.tiles[:, -1] == 4).all()
    table.arrange([BOB, ANN, None, BOB])
    assert table.queries.tolist() == [12, 13, 14, 6, 7, 8, 0, 1, 2, 18, 19, 20]
    assert table.tiles[:2].tolist() == [[7, 4, 6, 6, 0], [0, 7, 3, 3, 1]]
    assert (table.tiles[2:, -1] == 4).all()
    memory = table.tiles.data_ptr()
    table.arrange([None] * 4)
    assert (table.tiles[:, -1] == 4).all() and table.tiles.data_ptr() == memory
    assert torch.equal(table.queries.sort().values, table.queries)
