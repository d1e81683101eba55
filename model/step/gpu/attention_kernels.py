"""Attention of one audio step in three kernels: own keys, shared prefixes, and both together.

```
own keys    one program per lane, key head and split: reads what the lane has written, no more
prefixes    one program per tile of neighbouring lanes, key head and split: reads each prefix that
            the tile's lanes attend to once for all of them
together    one program per lane and query head: joins all splits by their weights
```

Each program leaves mixed values and the logarithm of its sum of exponentials; a split without a
single key leaves minus infinity, which counts for nothing. Numbers that differ between widths are
no constants of a kernel, so that it is compiled once for all. Plain twin: `shared_attention.py`.

A row of a cache is a key or a value of `head_dim` numbers, in `row_size` of the cache's own units.
Quantized rows have their scale behind them (see `quantized_rows.py`): `key_scales` and
`value_scales` see the same memory as float32, a fourth of a row apart, beginning with the scale of
the first row.
"""


# Triton reads the annotations of a kernel, and knows only its own.
# mypy: disable-error-code="no-untyped-def"

import triton
import triton.language as tl


@triton.jit(do_not_specialize=["split_count", "all_splits"])
def own_keys_kernel(
    queries,
    keys,
    values,
    key_scales,
    value_scales,
    mixed,
    weights,
    positions,
    prefix_lengths,
    scale,
    head_rows,
    lane_rows,
    split_count,
    all_splits,
    kv_heads: tl.constexpr,
    group: tl.constexpr,
    head_dim: tl.constexpr,
    row_size: tl.constexpr,
    is_quantized: tl.constexpr,
    rows: tl.constexpr,
    block: tl.constexpr,
):
    """`queries` `[lanes, kv heads * group, head dim]`; `keys` and `values` of one slot, in which a
    lane and a head begin so many rows after the one before."""
    lane, head, split = tl.program_id(0).to(tl.int64), tl.program_id(1), tl.program_id(2)
    row = tl.arange(0, rows)
    dim = tl.arange(0, head_dim)
    is_row = row < group
    query_row = (lane * kv_heads + head) * group + row
    query = tl.load(
        queries + query_row[:, None] * head_dim + dim[None, :], mask=is_row[:, None], other=0.0
    )
    held = tl.load(positions + lane) - tl.load(prefix_lengths + lane) + 1
    held = tl.maximum(held, 1)
    blocks = (held + block - 1) // block
    share = (blocks + split_count - 1) // split_count * block
    first = split * share
    last = tl.minimum(first + share, held)
    base = lane * lane_rows + head * head_rows
    highest = tl.full([rows], float("-inf"), tl.float32)
    total = tl.zeros([rows], tl.float32)
    attended = tl.zeros([rows, head_dim], tl.float32)
    for start in range(first, last, block):
        place = start + tl.arange(0, block)
        highest, total, attended = _attend_block(
            query,
            keys,
            values,
            key_scales,
            value_scales,
            base + place,
            place < last,
            is_row,
            scale,
            highest,
            total,
            attended,
            head_dim,
            row_size,
            is_quantized,
        )
    _leave(
        mixed, weights, query_row * all_splits + split, is_row, highest, total, attended, head_dim
    )


@triton.jit(do_not_specialize=["lane_count", "width", "split_count", "first_split", "all_splits"])
def prefix_kernel(
    queries,
    keys,
    values,
    key_scales,
    value_scales,
    mixed,
    weights,
    lane_order,
    prefix_starts,
    prefix_lengths,
    scale,
    head_rows,
    lane_count,
    width,
    split_count,
    first_split,
    all_splits,
    kv_heads: tl.constexpr,
    group: tl.constexpr,
    head_dim: tl.constexpr,
    row_size: tl.constexpr,
    is_quantized: tl.constexpr,
    rows: tl.constexpr,
    tile_lanes: tl.constexpr,
    block: tl.constexpr,
):
    """`keys` and `values` are the pool's. `lane_order` has lanes of one prefix side by side; a tile
    is `tile_lanes` of them. Rows of lanes with another prefix, or none, wait while one is
    read."""
    tile, head, split = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    row = tl.arange(0, rows)
    dim = tl.arange(0, head_dim)
    in_order = tile * tile_lanes + row // group
    is_row = (row < tile_lanes * group) & (in_order < lane_count)
    lane = tl.load(lane_order + in_order, mask=is_row, other=0)
    is_row = is_row & (lane < width)
    query_row = (lane * kv_heads + head) * group + row % group
    query = tl.load(
        queries + query_row[:, None] * head_dim + dim[None, :], mask=is_row[:, None], other=0.0
    )
    own_start = tl.load(prefix_starts + lane, mask=is_row, other=-1)
    own_length = tl.load(prefix_lengths + lane, mask=is_row, other=0)
    highest = tl.full([rows], float("-inf"), tl.float32)
    total = tl.zeros([rows], tl.float32)
    attended = tl.zeros([rows, head_dim], tl.float32)
    read_before = tl.full([], -1, tl.int64)
    for member in range(tile_lanes):
        # A prefix begins where its length is not 0 and the member before has another one.
        is_member = is_row & (row // group == member) & (own_length > 0)
        start = tl.max(tl.where(is_member, own_start, -1), axis=0)
        length = tl.max(tl.where(is_member, own_length, 0), axis=0)
        is_new = (start >= 0) & (start != read_before)
        blocks = (length + block - 1) // block
        share = (blocks + split_count - 1) // split_count * block
        first = split * share
        last = tl.where(is_new, tl.minimum(first + share, length), first)
        listens = is_row & (own_start == start) & (own_length > 0)
        for at in range(first, last, block):
            place = at + tl.arange(0, block)
            highest, total, attended = _attend_block(
                query,
                keys,
                values,
                key_scales,
                value_scales,
                head * head_rows + start + place,
                place < last,
                listens,
                scale,
                highest,
                total,
                attended,
                head_dim,
                row_size,
                is_quantized,
            )
        read_before = tl.where(start >= 0, start, read_before)
    place_out = query_row * all_splits + first_split + split
    _leave(mixed, weights, place_out, is_row, highest, total, attended, head_dim)


@triton.jit(do_not_specialize=["all_splits"])
def join_kernel(mixed, weights, out, all_splits, head_dim: tl.constexpr, split_block: tl.constexpr):
    """All splits of one query row to `out` `[lanes * heads, head dim]`."""
    row = tl.program_id(0)
    split = tl.arange(0, split_block)
    dim = tl.arange(0, head_dim)
    is_split = split < all_splits
    weight = tl.load(weights + row * all_splits + split, mask=is_split, other=float("-inf"))
    share = tl.exp(weight - tl.max(weight, axis=0))
    where = (row * all_splits + split)[:, None] * head_dim + dim[None, :]
    parts = tl.load(mixed + where, mask=is_split[:, None], other=0.0)
    joined = tl.sum(parts * share[:, None], axis=0) / tl.sum(share, axis=0)
    tl.store(out + row * head_dim + dim, joined.to(out.dtype.element_ty))


@triton.jit
def _attend_block(
    query,
    keys,
    values,
    key_scales,
    value_scales,
    cache_rows,
    is_key,
    listens,
    scale,
    highest,
    total,
    attended,
    head_dim: tl.constexpr,
    row_size: tl.constexpr,
    is_quantized: tl.constexpr,
):
    """Take a block of keys along, for the rows that listen: the running maximum of the scores, the
    sum of exponentials and the mixed values, both relative to the maximum."""
    where = cache_rows[:, None] * row_size + tl.arange(0, head_dim)[None, :]
    key = tl.load(keys + where, mask=is_key[:, None], other=0.0)
    value = tl.load(values + where, mask=is_key[:, None], other=0.0)
    if is_quantized:
        # Cast without their scales: those of the keys come behind the product.
        key, value = key.to(tl.float32).to(query.dtype), value.to(tl.float32).to(query.dtype)
    scores = tl.dot(query, tl.trans(key), input_precision="ieee")
    words: tl.constexpr = row_size // 4
    if is_quantized:
        key_scale = tl.load(key_scales + cache_rows * words, mask=is_key, other=0.0)
        scores = scores * key_scale[None, :]
    scores = tl.where(listens[:, None] & is_key[None, :], scores * scale, float("-inf"))
    above = tl.maximum(highest, tl.max(scores, axis=1))
    safe = tl.where(above == float("-inf"), 0.0, above)
    shrink = tl.exp(highest - safe)
    part = tl.exp(scores - safe[:, None])
    total = total * shrink + tl.sum(part, axis=1)
    if is_quantized:
        value_scale = tl.load(value_scales + cache_rows * words, mask=is_key, other=0.0)
        part = part * value_scale[None, :]
    mixed = tl.dot(part.to(value.dtype), value, input_precision="ieee")
    return above, total, attended * shrink[:, None] + mixed


@triton.jit
def _leave(mixed, weights, place, is_row, highest, total, attended, head_dim: tl.constexpr):
    """Store the result of one split; minus infinity for rows that had no key."""
    has_keys = total > 0
    safe = tl.where(has_keys, total, 1.0)
    weight = tl.where(has_keys, highest + tl.log(safe), float("-inf"))
    where = place[:, None] * head_dim + tl.arange(0, head_dim)[None, :]
    tl.store(mixed + where, attended / safe[:, None], mask=is_row[:, None])
    tl.store(weights + place, weight, mask=is_row)
