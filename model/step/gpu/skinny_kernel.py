"""Few rows times weights of two or four bytes, with what comes before and behind in the same kernel.

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

Plain twins: the methods of `audio_layer.Workspace` that `skinny_workspace.py` stands in for.
"""

# Triton reads the annotations of a kernel, and knows only its own.
# mypy: disable-error-code="no-untyped-def"

import triton
import triton.language as tl

from model.step.gpu.layer_kernels import opened


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
    """`rows` `[lanes, inputs]`, or with `gates` `[lanes, gate and up side by side]`, to `out`
    `[lanes, outputs]`; with `adds`, to what is there. `sums` `[splits, lanes, outputs]`, `squares`
    `[splits, tiles, lane block]`; `arrivals`, one per tile, are 0 before and after."""
    tile, split = tl.program_id(0), tl.program_id(1)
    lane = tl.arange(0, lane_block)
    output = tile * output_block + tl.arange(0, output_block)
    is_lane, is_output = lane < lane_count, output < outputs
    blocks = tl.cdiv(inputs, input_block)
    first, last = blocks * split // split_count, blocks * (split + 1) // split_count
    row_size = 2 * inputs if gates else inputs
    total = tl.zeros([lane_block, output_block], tl.float32)
    square = tl.zeros([lane_block], tl.float32)
    for block in range(first, last):
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
    where = lane[:, None] * outputs + output[None, :]
    is_in = is_lane[:, None] & is_output[None, :]
    is_last = split_count == 1
    if split_count > 1:
        size = lane_count * outputs
        of_tile = squares + tile * lane_block + lane
        tl.store(sums + split * size + where, total, mask=is_in)
        if norms:
            tl.store(of_tile + split * tl.num_programs(0) * lane_block, square)
        tl.debug_barrier()  # all threads have stored before one of them says so
        is_last = tl.atomic_add(arrivals + tile, 1, sem="acq_rel") == split_count - 1
        if is_last:
            total = tl.zeros([lane_block, output_block], tl.float32)
            square = tl.zeros([lane_block], tl.float32)
            for other in range(split_count):
                total += tl.load(sums + other * size + where, mask=is_in, cache_modifier=".cg")
                if norms:
                    at_other = of_tile + other * tl.num_programs(0) * lane_block
                    square += tl.load(at_other, cache_modifier=".cg")
            tl.store(arrivals + tile, 0)
    if is_last:
        if norms:
            total = total * tl.rsqrt(square / inputs + eps)[:, None]
        if adds:
            total += tl.load(out + where, mask=is_in, other=0.0).to(tl.float32)
        tl.store(out + where, total.to(out.dtype.element_ty), mask=is_in)
