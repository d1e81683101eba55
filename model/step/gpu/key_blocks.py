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
    queries,
    query_row,
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
    """Keys `first` to `last` behind the row `base` of a cache, for the queries `query_row`
    `[rows]`, of which -1 is none: the highest score, the sum of exponentials and the mixed values,
    both relative to the highest."""
    highest = tl.full([rows], float("-inf"), tl.float32)
    total = tl.zeros([rows], tl.float32)
    attended = tl.zeros([rows, head_dim], tl.float32)
    dim = tl.arange(0, head_dim)
    of_query = query_row[:, None] * head_dim + dim[None, :]
    query = tl.load(queries + of_query, mask=(query_row >= 0)[:, None], other=0.0)
    words: tl.constexpr = row_size // 4
    keys, values = keys + base * row_size, values + base * row_size
    key_scales, value_scales = key_scales + base * words, value_scales + base * words
    for start in range(first, last, block):
        place = start + tl.arange(0, block)
        is_key = place < last
        where = place[:, None] * row_size + dim[None, :]
        key = tl.load(keys + where, mask=is_key[:, None], other=0.0)
        value = tl.load(values + where, mask=is_key[:, None], other=0.0)
        if is_quantized:
            # Cast without their scales: those of the keys come behind the product.
            key, value = key.to(tl.float32).to(query.dtype), value.to(tl.float32).to(query.dtype)
        scores = tl.dot(query, tl.trans(key), input_precision="ieee") * scale
        if is_quantized:
            key_scale = tl.load(key_scales + place * words, mask=is_key, other=0.0)
            scores = scores * key_scale[None, :]
        scores = tl.where(is_key[None, :], scores, float("-inf"))
        above = tl.maximum(highest, tl.max(scores, axis=1))
        shrink = tl.exp(highest - above)
        part = tl.exp(scores - above[:, None])
        total = total * shrink + tl.sum(part, axis=1)
        if is_quantized:
            value_scale = tl.load(value_scales + place * words, mask=is_key, other=0.0)
            part = part * value_scale[None, :]
        added = tl.dot(part.to(value.dtype), value, input_precision="ieee")
        highest, attended = above, attended * shrink[:, None] + added
    return highest, total, attended


@triton.jit
def leave_alone(out, query_row, total, attended, head_dim: tl.constexpr):
    """Store what is the only split of its queries."""
    where = query_row[:, None] * head_dim + tl.arange(0, head_dim)[None, :]
    said = (attended / total[:, None]).to(out.dtype.element_ty)
    tl.store(out + where, said, mask=(query_row >= 0)[:, None])


@triton.jit
def leave_split(mixed, weights, place, query_row, highest, total, attended, head_dim: tl.constexpr):
    """Store the result of one split at its `place` `[rows]` among all splits of all queries."""
    where = place[:, None] * head_dim + tl.arange(0, head_dim)[None, :]
    tl.store(mixed + where, attended / total[:, None], mask=(query_row >= 0)[:, None])
    tl.store(weights + place, highest + tl.log(total), mask=query_row >= 0)


@triton.jit
def join_splits(
    mixed,
    weights,
    arrivals,
    out,
    query_row,
    parts,
    all_splits,
    rows: tl.constexpr,
    head_dim: tl.constexpr,
    splits_at_once: tl.constexpr,
):
    """Say that this program has left its split, and join the `parts` of each query whose last one
    it was. A few queries and `splits_at_once` at a time: a wait for memory each."""
    tl.debug_barrier()  # all threads have stored before one of them says so
    arrived = tl.atomic_add(arrivals + query_row, 1, mask=query_row >= 0, sem="acq_rel") + 1
    parts = tl.where((query_row >= 0) & (arrived == parts), parts, 0)
    if tl.max(parts, axis=0) > 0:
        tl.debug_barrier()  # what others have left is read only when it is known to be there
        tl.store(arrivals + query_row, 0, mask=parts > 0)
        at_once: tl.constexpr = 4  # queries, as many as a group has or more
        row, dim = tl.arange(0, rows), tl.arange(0, head_dim)
        for first in range(0, rows, at_once):
            is_chosen = row[None, :] == (first + tl.arange(0, at_once))[:, None]
            count = tl.max(tl.where(is_chosen, parts[None, :], 0), axis=1)
            chosen = tl.max(tl.where(is_chosen, query_row[None, :], 0), axis=1)
            highest = tl.full([at_once], float("-inf"), tl.float32)
            total = tl.zeros([at_once], tl.float32)
            joined = tl.zeros([at_once, head_dim], tl.float32)
            for start in range(0, tl.max(count, axis=0), splits_at_once):
                split = start + tl.arange(0, splits_at_once)
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
