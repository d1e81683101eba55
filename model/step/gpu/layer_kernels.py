"""The small parts of a decoder layer, one kernel each instead of many.

Their plain twins are the methods of `audio_layer.Workspace`. Sums are taken in float32 and rounded
once, where the twins round after every operation.
"""

# Triton reads the annotations of a kernel, and knows only its own.
# mypy: disable-error-code="no-untyped-def"

import triton
import triton.language as tl


@triton.jit
def begin_kernel(
    columns,
    positions,
    offsets,
    table,
    frequencies,
    hidden,
    cosines,
    sines,
    share,
    codebooks: tl.constexpr,
    size: tl.constexpr,
    half: tl.constexpr,
    block: tl.constexpr,
):
    """What a step begins with: the rows of a lane's codes added up, times `share`, to `hidden`
    `[lanes, size]`, and the angles of its position `[lanes, half]`."""
    lane, part = tl.program_id(0).to(tl.int64), tl.program_id(1)
    place = part * block + tl.arange(0, block)
    is_in = place < size
    total = tl.zeros([block], tl.float32)
    for codebook in range(codebooks):
        row = tl.load(columns + lane * codebooks + codebook) + tl.load(offsets + codebook)
        total += tl.load(table + row * size + place, mask=is_in, other=0.0).to(tl.float32)
    tl.store(hidden + lane * size + place, (total * share).to(hidden.dtype.element_ty), mask=is_in)
    if part == 0:
        pair = tl.arange(0, half)
        position = tl.load(positions + lane).to(tl.float32)
        angle = position * tl.load(frequencies + pair)
        tl.store(cosines + lane * half + pair, tl.cos(angle))
        tl.store(sines + lane * half + pair, tl.sin(angle))


@triton.jit
def norm_kernel(hidden, weight, out, eps, size: tl.constexpr, block: tl.constexpr):
    """The root mean square norm of one row; rounded before it is weighed, as in the network."""
    row = tl.program_id(0)
    place = tl.arange(0, block)
    is_in = place < size
    wide = tl.load(hidden + row * size + place, mask=is_in, other=0.0).to(tl.float32)
    scale = tl.rsqrt(tl.sum(wide * wide, axis=0) / size + eps)
    normed = (wide * scale).to(out.dtype.element_ty).to(tl.float32)
    weighed = normed * tl.load(weight + place, mask=is_in, other=0.0).to(tl.float32)
    tl.store(out + row * size + place, weighed.to(out.dtype.element_ty), mask=is_in)


@triton.jit(do_not_specialize=["width"])
def rotary_kernel(
    projected,
    cosines,
    sines,
    queries,
    keys,
    values,
    key_scales,
    value_scales,
    positions,
    prefix_lengths,
    head_rows,
    lane_rows,
    width,
    query_heads: tl.constexpr,
    kv_heads: tl.constexpr,
    half: tl.constexpr,
    row_size: tl.constexpr,
    largest: tl.constexpr,
    lane_block: tl.constexpr,
):
    """One head of some lanes: a query is rotated, a key is rotated and written to its place, a
    value is written. `projected` `[lanes, query heads + 2 kv heads, head dim]`; for rows of the
    cache see `attention_kernels.py`, and `largest` is what a quantized number can be, 0 if rows
    are not quantized."""
    lane, head = tl.program_id(0) * lane_block + tl.arange(0, lane_block), tl.program_id(1)
    heads: tl.constexpr = query_heads + 2 * kv_heads
    pair = tl.arange(0, half)[None, :]
    source = projected + (lane * heads + head)[:, None] * (2 * half) + pair
    is_in = (lane < width)[:, None]
    place_head(
        tl.load(source, mask=is_in, other=0.0).to(tl.float32),
        tl.load(source + half, mask=is_in, other=0.0).to(tl.float32),
        lane,
        lane < width,
        head,
        cosines,
        sines,
        queries,
        keys,
        values,
        key_scales,
        value_scales,
        positions,
        prefix_lengths,
        head_rows,
        lane_rows,
        query_heads,
        kv_heads,
        half,
        row_size,
        largest,
    )


@triton.jit
def place_head(
    first,
    second,
    lane,
    is_lane,
    head,
    cosines,
    sines,
    queries,
    keys,
    values,
    key_scales,
    value_scales,
    positions,
    prefix_lengths,
    head_rows,
    lane_rows,
    query_heads: tl.constexpr,
    kv_heads: tl.constexpr,
    half: tl.constexpr,
    row_size: tl.constexpr,
    largest: tl.constexpr,
):
    """One head of some lanes, in its two halves `[lanes, half]` float32: see `rotary_kernel`."""
    pair, is_in = tl.arange(0, half)[None, :], is_lane[:, None]
    if head < query_heads + kv_heads:
        angle = lane[:, None] * half + pair
        cosine = tl.load(cosines + angle, mask=is_in, other=0.0)
        sine = tl.load(sines + angle, mask=is_in, other=0.0)
        rotated = first * cosine - second * sine
        second = second * cosine + first * sine
        first = rotated
    if head < query_heads:
        target = queries + (lane * query_heads + head)[:, None] * (2 * half) + pair
        tl.store(target, first.to(queries.dtype.element_ty), mask=is_in)
        tl.store(target + half, second.to(queries.dtype.element_ty), mask=is_in)
    else:
        position = tl.load(positions + lane, mask=is_lane, other=0)
        place = position - tl.load(prefix_lengths + lane, mask=is_lane, other=0)
        at = lane.to(tl.int64) * lane_rows + tl.maximum(place, 0)
        if head < query_heads + kv_heads:
            at += (head - query_heads) * head_rows
            _write_rows(keys, key_scales, at, is_lane, first, second, half, row_size, largest)
        else:
            at += (head - query_heads - kv_heads) * head_rows
            _write_rows(values, value_scales, at, is_lane, first, second, half, row_size, largest)


@triton.jit
def _write_rows(
    rows,
    scales,
    at,
    is_lane,
    first,
    second,
    half: tl.constexpr,
    row_size: tl.constexpr,
    largest: tl.constexpr,
):
    """Both halves of keys or values; the plain twin of quantized ones is `quantize_rows`."""
    if largest > 0:
        top = tl.max(tl.maximum(tl.abs(first), tl.abs(second)), axis=1)
        row_scale = tl.where(top == 0.0, 1.0, top) / largest
        first, second = first / row_scale[:, None], second / row_scale[:, None]
        if rows.dtype.element_ty == tl.int8:
            first, second = tl.floor(first + 0.5), tl.floor(second + 0.5)
        tl.store(scales + at * (row_size // 4), row_scale, mask=is_lane)
    target = rows + at[:, None] * row_size + tl.arange(0, half)[None, :]
    tl.store(target, first.to(rows.dtype.element_ty), mask=is_lane[:, None])
    tl.store(target + half, second.to(rows.dtype.element_ty), mask=is_lane[:, None])


@triton.jit
def gate_kernel(gate_up, out, inner, block: tl.constexpr):
    """silu(gate) * up; `gate_up` `[lanes, gate and up side by side]`."""
    row = tl.program_id(0)
    place = tl.program_id(1) * block + tl.arange(0, block)
    is_in = place < inner
    gate = tl.load(gate_up + row * 2 * inner + place, mask=is_in, other=0.0).to(tl.float32)
    up = tl.load(gate_up + row * 2 * inner + inner + place, mask=is_in, other=0.0)
    tl.store(out + row * inner + place, opened(gate, up), mask=is_in)


@triton.jit
def opened(gate, up):
    """A gate in float32 and what it lets through; rounded before they meet, as in the network."""
    let_through = (gate / (1.0 + tl.exp(-gate))).to(up.dtype).to(tl.float32)
    return (let_through * up.to(tl.float32)).to(up.dtype)
