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

from model.step.gpu.key_blocks import attend_keys, join_splits, leave_split


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
    lanes_by_prefix,
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
):
    """`queries` and `out` `[width, kv heads * group, head dim]`; `keys` and `values` of one slot,
    in which a lane and a head begin so many rows after the one before, and those of the pool;
    `mixed` `[width, kv heads * group, all splits, head dim]`; `arrivals`, one per query, are 0
    before and after. Splits of own keys are at least `least_blocks` long."""
    head, item = tl.program_id(0), tl.program_id(1)
    dim = tl.arange(0, head_dim)
    if item < tile_programs * tile_splits:
        split = item % tile_splits
        tile = item // tile_splits
        column = tiles + tile * tile_columns
        row = tl.arange(0, tile_rows)
        while tl.load(column + 4) < width:
            start, length = tl.load(column), tl.load(column + 1)
            share = _share(length, tile_splits, 1, block)
            first = split * share
            if first < length:
                is_row = row < tl.load(column + 3) * group
                lane = tl.load(
                    lanes_by_prefix + tl.load(column + 2) + row // group, mask=is_row, other=0
                )
                is_row = is_row & (lane < width)
                query_row = (lane * kv_heads + head) * group + row % group
                highest, total, attended = attend_keys(
                    tl.load(
                        queries + query_row[:, None] * head_dim + dim[None, :], is_row[:, None], 0.0
                    ),
                    pool_keys,
                    pool_values,
                    pool_key_scales,
                    pool_value_scales,
                    head * pool_head_rows + start,
                    first,
                    tl.minimum(first + share, length),
                    scale,
                    tile_rows,
                    head_dim,
                    row_size,
                    is_quantized,
                    block,
                )
                held = tl.load(positions + lane, mask=is_row, other=0) - length + 1
                held = tl.maximum(held, 1)
                own_parts = tl.cdiv(held, _share(held, own_splits, least_blocks, block))
                parts = own_parts + tl.cdiv(length, share)
                leave_split(
                    mixed,
                    weights,
                    query_row * all_splits + own_parts + split,
                    is_row,
                    highest,
                    total,
                    attended,
                    head_dim,
                )
                join_splits(
                    mixed,
                    weights,
                    arrivals,
                    out,
                    query_row,
                    is_row,
                    parts,
                    all_splits,
                    tile_rows,
                    head_dim,
                )
            tile = tl.minimum(tile + tile_programs, lane_count)
            column = tiles + tile * tile_columns
    else:
        item -= tile_programs * tile_splits
        lane, split = (item // own_splits).to(tl.int64), item % own_splits
        length = tl.load(prefix_lengths + lane)
        held = tl.maximum(tl.load(positions + lane) - length + 1, 1)
        share = _share(held, own_splits, least_blocks, block)
        first = split * share
        if first < held:
            row = tl.arange(0, own_rows)
            is_row = row < group
            query_row = (lane * kv_heads + head) * group + row
            highest, total, attended = attend_keys(
                tl.load(
                    queries + query_row[:, None] * head_dim + dim[None, :], is_row[:, None], 0.0
                ),
                keys,
                values,
                key_scales,
                value_scales,
                lane * lane_rows + head * head_rows,
                first,
                tl.minimum(first + share, held),
                scale,
                own_rows,
                head_dim,
                row_size,
                is_quantized,
                block,
            )
            parts = tl.cdiv(held, share) + tl.cdiv(length, _share(length, tile_splits, 1, block))
            if parts == 1:
                where = query_row[:, None] * head_dim + dim[None, :]
                said = (attended / total[:, None]).to(out.dtype.element_ty)
                tl.store(out + where, said, mask=is_row[:, None])
            else:
                leave_split(
                    mixed,
                    weights,
                    query_row * all_splits + split,
                    is_row,
                    highest,
                    total,
                    attended,
                    head_dim,
                )
                join_splits(
                    mixed,
                    weights,
                    arrivals,
                    out,
                    query_row,
                    is_row,
                    parts,
                    all_splits,
                    own_rows,
                    head_dim,
                )


@triton.jit
def _share(count, splits, least_blocks, block: tl.constexpr):
    """How many of `count` keys a split takes, in whole blocks; the last splits may have none."""
    return tl.maximum(tl.cdiv(tl.cdiv(count, block), splits), least_blocks) * block
