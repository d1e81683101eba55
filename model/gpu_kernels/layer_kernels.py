"""The small parts of a decoder layer, one kernel each instead of many.

Their plain twins are the methods of `packed_layer.Workspace`. Sums are taken in float32 and rounded
once, where the twins round after every operation.
"""

# Triton reads the annotations of a kernel, and knows only its own.
# mypy: disable-error-code="no-untyped-def"

import triton
import triton.language as tl


@triton.jit
def norm_kernel(hidden, weight, out, eps, size: tl.constexpr, block: tl.constexpr):
    """The root mean square norm of one row; rounded before it is weighed, as in the network."""
    row = tl.program_id(0)
    place = tl.arange(0, block)
    is_in = place < size
    wide = tl.load(hidden + row * size + place, mask=is_in, other=0.0).to(tl.float32)
    scale = tl.rsqrt(tl.sum(wide * wide, axis=0) / size + eps)
    normed = (wide * scale).to(out.dtype.element_ty)
    weighed = normed * tl.load(weight + place, mask=is_in, other=0.0)
    tl.store(out + row * size + place, weighed.to(out.dtype.element_ty), mask=is_in)


@triton.jit
def turn_kernel(
    projected,
    cosines,
    sines,
    queries,
    keys,
    values,
    positions,
    prefix_lengths,
    position_stride,
    head_stride,
    lane_stride,
    query_heads: tl.constexpr,
    kv_heads: tl.constexpr,
    head_dim: tl.constexpr,
    half: tl.constexpr,
):
    """One head of one lane: a query is turned, a key is turned and written to its place, a value
    is written. `projected` `[lanes, query heads + 2 kv heads, head dim]`."""
    lane, head = tl.program_id(0).to(tl.int64), tl.program_id(1)
    pair = tl.arange(0, half)
    source = projected + (lane * (query_heads + 2 * kv_heads) + head) * head_dim
    first = tl.load(source + pair).to(tl.float32)
    second = tl.load(source + half + pair).to(tl.float32)
    if head < query_heads + kv_heads:
        cosine = tl.load(cosines + lane * half + pair)
        sine = tl.load(sines + lane * half + pair)
        turned = first * cosine - second * sine
        second = second * cosine + first * sine
        first = turned
    if head < query_heads:
        target = queries + (lane * query_heads + head) * head_dim
        tl.store(target + pair, first.to(queries.dtype.element_ty))
        tl.store(target + half + pair, second.to(queries.dtype.element_ty))
    else:
        place = tl.load(positions + lane) - tl.load(prefix_lengths + lane)
        offset = lane * lane_stride + tl.maximum(place, 0) * position_stride
        if head < query_heads + kv_heads:
            target = keys + offset + (head - query_heads) * head_stride
            tl.store(target + pair, first.to(keys.dtype.element_ty))
            tl.store(target + half + pair, second.to(keys.dtype.element_ty))
        else:
            target = values + offset + (head - query_heads - kv_heads) * head_stride
            tl.store(target + pair, first.to(values.dtype.element_ty))
            tl.store(target + half + pair, second.to(values.dtype.element_ty))


@triton.jit
def gate_kernel(gate_up, out, inner, block: tl.constexpr):
    """silu(gate) * up; `gate_up` `[lanes, gate and up side by side]`."""
    row = tl.program_id(0)
    place = tl.program_id(1) * block + tl.arange(0, block)
    is_in = place < inner
    gate = tl.load(gate_up + row * 2 * inner + place, mask=is_in, other=0.0).to(tl.float32)
    up = tl.load(gate_up + row * 2 * inner + inner + place, mask=is_in, other=0.0)
    opened = (gate / (1.0 + tl.exp(-gate))).to(up.dtype)
    tl.store(out + row * inner + place, opened * up, mask=is_in)
