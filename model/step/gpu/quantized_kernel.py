"""Few rows times weights of one byte each: the products of a decode step on quantized weights.

```
values [outputs, inputs]      one program per tile of outputs and split of inputs: it reads its
  │ split 0 │ split 1 │       bytes once, for all lanes, and leaves float32 sums
tile 0  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒       the last program of a tile to arrive puts the splits together, in
tile 1  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒       their order, scales them, adds what is to be added, and rounds once
```

Weights stand on the left of the product: there a matrix unit takes them from
registers, where they are cast. Plain twin: `QuantizedMatrix.product`.
"""

# Triton reads the annotations of a kernel, and knows only its own.
# mypy: disable-error-code="no-untyped-def"

import triton
import triton.language as tl

from model.step.gpu.split_sums import joined_splits


@triton.jit(do_not_specialize=["lane_count", "split_count"])
def quantized_product_kernel(
    rows,
    values,
    scales,
    added,
    out,
    sums,
    arrivals,
    lane_count,
    inputs,
    outputs,
    split_count,
    adds: tl.constexpr,
    lane_block: tl.constexpr,
    output_block: tl.constexpr,
    input_block: tl.constexpr,
):
    """`rows` `[lanes, inputs]` to `out` `[lanes, outputs]`, which may be `added` itself; `sums`
    `[splits, lanes, outputs]`; `arrivals`, one per tile, are 0 before and after."""
    lane_tile, tile, split = tl.program_id(0), tl.program_id(1), tl.program_id(2)
    lane = lane_tile * lane_block + tl.arange(0, lane_block)
    output = tile * output_block + tl.arange(0, output_block)
    is_lane, is_output = lane < lane_count, output < outputs
    blocks = tl.cdiv(inputs, input_block)
    first, last = blocks * split // split_count, blocks * (split + 1) // split_count
    total = tl.zeros([output_block, lane_block], tl.float32)
    for block in range(first, last):
        place = block * input_block + tl.arange(0, input_block)
        is_input = place < inputs
        weight = tl.load(
            values + output[:, None] * inputs + place[None, :],
            mask=is_output[:, None] & is_input[None, :],
            other=0.0,
        )
        row = tl.load(
            rows + lane[None, :] * inputs + place[:, None],
            mask=is_input[:, None] & is_lane[None, :],
            other=0.0,
        )
        total = tl.dot(weight.to(tl.float32).to(row.dtype), row, total, input_precision="ieee")
    where = lane[None, :] * outputs + output[:, None]
    is_in = is_output[:, None] & is_lane[None, :]
    arrival = arrivals + tile * tl.num_programs(0) + lane_tile
    total, is_last = joined_splits(
        total, where, is_in, sums, lane_count * outputs, split, split_count, arrival
    )
    if is_last:
        said = total * tl.load(scales + output, mask=is_output, other=0.0)[:, None]
        if adds:
            said += tl.load(added + where, mask=is_in, other=0.0).to(tl.float32)
        tl.store(out + where, said.to(out.dtype.element_ty), mask=is_in)
