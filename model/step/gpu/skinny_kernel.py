"""Few rows times weights of two or four bytes, with what comes before and behind in one kernel.

```
weights [inputs, outputs]     one program per tile of outputs and split of inputs: it reads its
  tile 0   tile 1   …         weights once, for all lanes, and leaves float32 sums
  ┌──────┬──────┬───          the last program of a tile to arrive puts the splits together, in
  │split 0      │             their order, and does what comes behind
  ├──────┼──────┼───
  │split 1      │
```

A norm comes before as what it is, a weight for every input and one number for the whole row: inputs
are weighed as they are read, and the number, known only when all splits are together, comes behind
the product. A gate is opened by every program for itself. Nothing of this is written to memory,
and a layer has a few nodes less, each of which would be waited for.

`sums` are `[splits, lanes, outputs]` and `squares` `[splits, tiles, lane block]`; `arrivals`, one
per tile, are 0 before and after. Plain twins: the methods of `audio_layer.Workspace` in whose place
`skinny_workspace.py` launches these.
"""

# Triton reads the annotations of a kernel, and knows only its own.
# mypy: disable-error-code="no-untyped-def"

import triton
import triton.language as tl

from model.step.gpu.layer_kernels import opened, place_head
from model.step.gpu.split_sums import joined_splits


@triton.jit(do_not_specialize=["lane_count", "split_count"])
def skinny_product_kernel(
    rows,
    weights,
    norm_weight,
    out,
    sums,
    squares,
    arrivals,
    eps,
    lane_count,
    split_count,
    inputs,
    outputs,
    norms: tl.constexpr,
    gates: tl.constexpr,
    adds: tl.constexpr,
    lane_block: tl.constexpr,
    output_block: tl.constexpr,
    input_block: tl.constexpr,
):
    """`rows` `[lanes, inputs]`, normed before with `norms`, or with `gates` `[lanes, gate and up
    side by side]`, to `out` `[lanes, outputs]`; with `adds`, to what is there."""
    lane = tl.arange(0, lane_block)
    output = tl.program_id(0) * output_block + tl.arange(0, output_block)
    total, square = _split_product(
        rows,
        weights,
        norm_weight,
        lane,
        lane < lane_count,
        output,
        split_count,
        inputs,
        outputs,
        norms,
        gates,
        input_block,
    )
    total, is_last = _joined(
        total, square, sums, squares, arrivals, eps, lane, lane_count, output, split_count, inputs,
        outputs, norms,
    )  # fmt: skip
    if is_last:
        where = out + lane[:, None] * outputs + output[None, :]
        is_in = (lane < lane_count)[:, None] & (output < outputs)[None, :]
        if adds:
            total += tl.load(where, mask=is_in, other=0.0).to(tl.float32)
        tl.store(where, total.to(out.dtype.element_ty), mask=is_in)


@triton.jit(do_not_specialize=["lane_count", "split_count"])
def skinny_heads_kernel(
    rows,
    weights,
    norm_weight,
    sums,
    squares,
    arrivals,
    eps,
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
    lane_count,
    split_count,
    inputs,
    outputs,
    query_heads: tl.constexpr,
    kv_heads: tl.constexpr,
    half: tl.constexpr,
    row_size: tl.constexpr,
    largest: tl.constexpr,
    lane_block: tl.constexpr,
    input_block: tl.constexpr,
):
    """`rows` `[lanes, inputs]`, normed before, to queries, keys and values, each in its place: a
    tile of outputs is a head. See `layer_kernels.rotary_kernel`."""
    lane, head = tl.arange(0, lane_block), tl.program_id(0)
    output = head * (2 * half) + tl.arange(0, 2 * half)
    total, square = _split_product(
        rows,
        weights,
        norm_weight,
        lane,
        lane < lane_count,
        output,
        split_count,
        inputs,
        outputs,
        True,
        False,
        input_block,
    )
    total, is_last = _joined(
        total, square, sums, squares, arrivals, eps, lane, lane_count, output, split_count, inputs,
        outputs, True,
    )  # fmt: skip
    if is_last:
        halves = tl.permute(tl.reshape(total, [lane_block, 2, half]), (0, 2, 1))
        first, second = tl.split(halves)
        place_head(
            first,
            second,
            lane,
            lane < lane_count,
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
def _split_product(
    rows,
    weights,
    norm_weight,
    lane,
    is_lane,
    output,
    split_count,
    inputs,
    outputs,
    norms: tl.constexpr,
    gates: tl.constexpr,
    input_block: tl.constexpr,
):
    """The part of one split: its product `[lanes, outputs]`, and the sum of squares of its
    inputs."""
    split = tl.program_id(1)
    blocks = tl.cdiv(inputs, input_block)
    row_size = 2 * inputs if gates else inputs
    total = tl.zeros([lane.shape[0], output.shape[0]], tl.float32)
    square = tl.zeros([lane.shape[0]], tl.float32)
    is_output = output < outputs
    for block in range(blocks * split // split_count, blocks * (split + 1) // split_count):
        place = block * input_block + tl.arange(0, input_block)
        is_input = place < inputs
        weight = tl.load(
            weights + place[:, None] * outputs + output[None, :],
            mask=is_input[:, None] & is_output[None, :],
            other=0.0,
        )
        at = rows + lane[:, None] * row_size + place[None, :]
        is_in = is_lane[:, None] & is_input[None, :]
        row = tl.load(at, mask=is_in, other=0.0)
        if gates:
            row = opened(row.to(tl.float32), tl.load(at + inputs, mask=is_in, other=0.0))
        if norms:
            wide = row.to(tl.float32)
            square += tl.sum(wide * wide, axis=1)
            weighed = wide * tl.load(norm_weight + place, mask=is_input, other=0.0).to(tl.float32)
            row = weighed.to(row.dtype)
        total = tl.dot(row, weight, total, input_precision="ieee")
    return total, square


@triton.jit
def _joined(
    total,
    square,
    sums,
    squares,
    arrivals,
    eps,
    lane,
    lane_count,
    output,
    split_count,
    inputs,
    outputs,
    norms: tl.constexpr,
):
    """All splits of a tile together, and whether this program is the one that has them."""
    tile, split = tl.program_id(0), tl.program_id(1)
    is_in = (lane < lane_count)[:, None] & (output < outputs)[None, :]
    where = lane[:, None] * outputs + output[None, :]
    at_tile = squares + tile * lane.shape[0] + lane
    of_split = tl.num_programs(0) * lane.shape[0]
    if norms:
        tl.store(at_tile + split * of_split, square)
    total, is_last = joined_splits(
        total, where, is_in, sums, lane_count * outputs, split, split_count, arrivals + tile
    )
    if norms:
        if is_last & (split_count > 1):
            square = tl.zeros_like(square)
            for other in range(split_count):
                square += tl.load(at_tile + other * of_split, cache_modifier=".cg")
        total = total * tl.rsqrt(square / inputs + eps)[:, None]
    return total, is_last
