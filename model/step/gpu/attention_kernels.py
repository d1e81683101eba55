"""Attention of one audio step in one kernel: own keys and shared prefixes side by side.

```
tiles     one program per key head, tile (a prefix and some lanes that attend to it, see
          `cache/prefix_tiles.py`) and split of the prefix: it reads its keys once for all of them
own keys  one program per key head, lane and split of what the lane has written
together  the last program to arrive at a query joins all its splits by their weights
```

A program that is not the last leaves mixed values and the logarithm of its sum of exponentials.
Splits are joined in one order, whoever comes last, so that nothing depends on who does. Which
splits a query has follows from its lane's lengths; all that a launch knows is the most there can
be, so a recorded step stays right while lanes come, grow and go. Plain twin:
`shared_attention.py`.

A row of a cache is a key or a value of `head_dim` numbers, in `row_size` of the cache's own units.
Quantized rows have their scale behind them (see `quantized_rows.py`): `key_scales` and
`value_scales` see the same memory as float32, a fourth of a row apart, beginning with the scale of
the first row.
"""


# Triton reads the annotations of a kernel, and knows only its own.
# mypy: disable-error-code="no-untyped-def"

import triton
import triton.language as tl

from model.step.gpu.key_blocks import attend_keys, join_splits, leave_alone, leave_split


@triton.jit(
    do_not_specialize=[
        "width",
        "lane_count",
        "own_splits",
        "least_blocks",
        "tile_programs",
        "tile_splits",
        "all_splits",
    ]
)
def attention_kernel(
    queries,
    keys,
    values,
    key_scales,
    value_scales,
    pool_keys,
    pool_values,
    pool_key_scales,
    pool_value_scales,
    mixed,
    weights,
    arrivals,
    out,
    positions,
    prefix_lengths,
    tiled_queries,
    tiles,
    scale,
    head_rows,
    lane_rows,
    pool_head_rows,
    width,
    lane_count,
    own_splits,
    least_blocks,
    tile_programs,
    tile_splits,
    all_splits,
    kv_heads: tl.constexpr,
    group: tl.constexpr,
    head_dim: tl.constexpr,
    row_size: tl.constexpr,
    is_quantized: tl.constexpr,
    own_rows: tl.constexpr,
    tile_rows: tl.constexpr,
    tile_columns: tl.constexpr,
    block: tl.constexpr,
    splits_at_once: tl.constexpr,
):
    """`queries` and `out` `[width, kv heads * group, head dim]`; `keys` and `values` of one slot,
    in which a lane and a head begin so many rows after the one before, and those of the pool;
    `mixed` `[width, kv heads * group, all splits, head dim]`; `arrivals`, one per query, are 0
    before and after. Splits of own keys are at least `least_blocks` long."""
    head, item = tl.program_id(0), tl.program_id(1)
    if item < tile_programs * tile_splits:
        tile, split = item // tile_splits, item % tile_splits
        while tl.load(tiles + tile * tile_columns + 4) < width:
            columns = tiles + tile * tile_columns
            start, length = tl.load(columns), tl.load(columns + 1).to(tl.int32)
            row = tl.arange(0, tile_rows)
            is_row = row < tl.load(columns + 3).to(tl.int32)
            query_row = tl.load(tiled_queries + tl.load(columns + 2) + row, is_row, -1).to(tl.int32)
            is_row = (query_row >= 0) & (query_row < width * kv_heads * group)
            query_row = tl.where(is_row, query_row + head * group, -1)
            share = _share(length, tile_splits, 1, block)
            if split * share < length:
                highest, total, attended = attend_keys(
                    queries,
                    query_row,
                    pool_keys,
                    pool_values,
                    pool_key_scales,
                    pool_value_scales,
                    head * pool_head_rows + start,
                    split * share,
                    tl.minimum(split * share + share, length),
                    scale,
                    tile_rows,
                    head_dim,
                    row_size,
                    is_quantized,
                    block,
                )
                lane = tl.maximum(query_row, 0) // (kv_heads * group)
                held = tl.maximum(tl.load(positions + lane).to(tl.int32) - length + 1, 1)
                before = tl.cdiv(held, _share(held, own_splits, least_blocks, block))
                place = query_row * all_splits + before + split
                leave_split(mixed, weights, place, query_row, highest, total, attended, head_dim)
                parts = before + tl.cdiv(length, share)
                join_splits(
                    mixed,
                    weights,
                    arrivals,
                    out,
                    query_row,
                    parts,
                    all_splits,
                    tile_rows,
                    head_dim,
                    splits_at_once,
                )
            tile = tl.minimum(tile + tile_programs, lane_count)
    else:
        item -= tile_programs * tile_splits
        lane, split = item // own_splits, item % own_splits
        length = tl.load(prefix_lengths + lane).to(tl.int32)
        held = tl.maximum(tl.load(positions + lane).to(tl.int32) - length + 1, 1)
        share = _share(held, own_splits, least_blocks, block)
        if split * share < held:
            row = tl.arange(0, own_rows)
            query_row = tl.where(row < group, (lane * kv_heads + head) * group + row, -1)
            highest, total, attended = attend_keys(
                queries,
                query_row,
                keys,
                values,
                key_scales,
                value_scales,
                lane.to(tl.int64) * lane_rows + head * head_rows,
                split * share,
                tl.minimum(split * share + share, held),
                scale,
                own_rows,
                head_dim,
                row_size,
                is_quantized,
                block,
            )
            parts = tl.cdiv(held, share) + tl.cdiv(length, _share(length, tile_splits, 1, block))
            if parts == 1:
                leave_alone(out, query_row, total, attended, head_dim)
            else:
                place = query_row * all_splits + split
                leave_split(mixed, weights, place, query_row, highest, total, attended, head_dim)
                join_splits(
                    mixed,
                    weights,
                    arrivals,
                    out,
                    query_row,
                    parts,
                    all_splits,
                    own_rows,
                    head_dim,
                    splits_at_once,
                )


@triton.jit
def _share(count, splits, least_blocks, block: tl.constexpr):
    """How many of `count` keys a split takes, in whole blocks; the last splits may have none."""
    return tl.maximum(tl.cdiv(tl.cdiv(count, block), splits), least_blocks) * block
