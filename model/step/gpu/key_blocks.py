"""What a program of attention does with its keys: take them along block by block, leave what came
of it, and join what all have left.

The parts of `attention_kernel`. Sums are float32.
"""

# Triton reads the annotations of a kernel, and knows only its own.
# mypy: disable-error-code="no-untyped-def"

import triton
import triton.language as tl


@triton.jit
def attend_keys(
    query,
    keys,
    values,
    key_scales,
    value_scales,
    base,
    first,
    last,
    scale,
    rows: tl.constexpr,
    head_dim: tl.constexpr,
    row_size: tl.constexpr,
    is_quantized: tl.constexpr,
    block: tl.constexpr,
):
    """Keys `first` to `last` behind the row `base` of a cache, for all rows of `query`: the highest
    score, the sum of exponentials and the mixed values, both relative to the highest."""
    highest = tl.full([rows], float("-inf"), tl.float32)
    total = tl.zeros([rows], tl.float32)
    attended = tl.zeros([rows, head_dim], tl.float32)
    dim = tl.arange(0, head_dim)
    words: tl.constexpr = row_size // 4
    for start in range(first, last, block):
        place = start + tl.arange(0, block)
        is_key = place < last
        cache_rows = base + place
        where = cache_rows[:, None] * row_size + dim[None, :]
        key = tl.load(keys + where, mask=is_key[:, None], other=0.0)
        value = tl.load(values + where, mask=is_key[:, None], other=0.0)
        if is_quantized:
            # Cast without their scales: those of the keys come behind the product.
            key, value = key.to(tl.float32).to(query.dtype), value.to(tl.float32).to(query.dtype)
        scores = tl.dot(query, tl.trans(key), input_precision="ieee") * scale
        if is_quantized:
            key_scale = tl.load(key_scales + cache_rows * words, mask=is_key, other=0.0)
            scores = scores * key_scale[None, :]
        scores = tl.where(is_key[None, :], scores, float("-inf"))
        above = tl.maximum(highest, tl.max(scores, axis=1))
        shrink = tl.exp(highest - above)
        part = tl.exp(scores - above[:, None])
        total = total * shrink + tl.sum(part, axis=1)
        if is_quantized:
            value_scale = tl.load(value_scales + cache_rows * words, mask=is_key, other=0.0)
            part = part * value_scale[None, :]
        added = tl.dot(part.to(value.dtype), value, input_precision="ieee")
        highest, attended = above, attended * shrink[:, None] + added
    return highest, total, attended


@triton.jit
def leave_split(mixed, weights, place, is_row, highest, total, attended, head_dim: tl.constexpr):
    """Store the result of one split at its `place` `[rows]` among all splits of all queries."""
    where = place[:, None] * head_dim + tl.arange(0, head_dim)[None, :]
    tl.store(mixed + where, attended / total[:, None], mask=is_row[:, None])
    tl.store(weights + place, highest + tl.log(total), mask=is_row)


@triton.jit
def join_splits(
    mixed,
    weights,
    arrivals,
    out,
    query_row,
    is_row,
    parts,
    all_splits,
    rows: tl.constexpr,
    head_dim: tl.constexpr,
):
    """Say that this program has left its split, and join the `parts` of each query whose last one
    it was. Joins some queries and some splits at a time: a wait for memory each."""
    tl.debug_barrier()  # all threads have stored before one of them says so
    arrived = tl.atomic_add(arrivals + query_row, 1, mask=is_row, sem="acq_rel") + 1
    parts = tl.where(is_row & (arrived == parts), parts, 0).to(tl.int32)
    if tl.max(parts, axis=0) > 0:
        tl.debug_barrier()  # what others have left is read only when it is known to be there
        tl.store(arrivals + query_row, 0, mask=parts > 0)
        at_once: tl.constexpr = 8
        row, dim = tl.arange(0, rows), tl.arange(0, head_dim)
        for first in range(0, rows, at_once):
            is_chosen = row[None, :] == (first + tl.arange(0, at_once))[:, None]
            count = tl.max(tl.where(is_chosen, parts[None, :], 0), axis=1)
            chosen = tl.max(tl.where(is_chosen, query_row[None, :], 0), axis=1)
            highest = tl.full([at_once], float("-inf"), tl.float32)
            total = tl.zeros([at_once], tl.float32)
            joined = tl.zeros([at_once, head_dim], tl.float32)
            for start in range(0, tl.max(count, axis=0), at_once):
                split = start + tl.arange(0, at_once)
                is_part = split[None, :] < count[:, None]
                place = chosen[:, None] * all_splits + split[None, :]
                weight = tl.load(weights + place, is_part, float("-inf"), cache_modifier=".cg")
                where = place[:, :, None] * head_dim + dim[None, None, :]
                mix = tl.load(mixed + where, is_part[:, :, None], 0.0, cache_modifier=".cg")
                above = tl.maximum(highest, tl.max(weight, axis=1))
                safe = tl.where(above == float("-inf"), 0.0, above)  # a query that is not joined
                shrink, share = tl.exp(highest - safe), tl.exp(weight - safe[:, None])
                total = total * shrink + tl.sum(share, axis=1)
                joined = joined * shrink[:, None] + tl.sum(mix * share[:, :, None], axis=1)
                highest = above
            said = joined / tl.where(total > 0, total, 1.0)[:, None]
            where = chosen[:, None] * head_dim + dim[None, :]
            tl.store(out + where, said.to(out.dtype.element_ty), mask=(count > 0)[:, None])
