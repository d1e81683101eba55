"""Small matrix products as vector code: a few lanes times one strip of 32 output columns.

Written in LLVM's own terms because only there can a strip's sums stay in registers while the
weights stream by once.

Contract: column by column, the sum over the input runs in order from the first to the last,
whatever the number of lanes in the tile. So a lane's result has the same bits alone and in company,
which is what lets exact mode decode any number of lanes.

```
weights of a strip     input 0: 32 columns │ input 1: 32 columns │ …     read once, in order
tile                   1, 2, 4, 8 or 12 lanes x 32 sums in registers
```
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from model.step.cpu.vector_code import (
    FLOATS,
    INDEX,
    VECTOR,
    WORDS,
    LlvmValue,
    accumulate,
    each_tile,
    load,
    memory,
    multiply_add,
    spread,
    store,
    undefined,
)

STRIP = 2 * VECTOR
"""Output columns of a strip: two vectors."""
_LANE_WIDTHS = (12, 8, 4, 2, 1)
"""Lanes a tile may take at once; 12 lanes of two vectors leave room for the weights."""
_BYTES = ir.VectorType(ir.IntType(8), 4 * VECTOR)


def has_byte_dot_product() -> bool:
    """Whether this processor multiplies and adds four bytes at a time (AVX-512 VNNI)."""
    return bool(binding.get_host_cpu_features().get("avx512vnni", False))


class _Format(NamedTuple):
    """How a strip's weights are read and multiplied."""

    sum_type: Any
    load_strip: Callable[[Any, LlvmValue, LlvmValue, LlvmValue], tuple[LlvmValue, LlvmValue]]
    product: Callable[[Any, LlvmValue, LlvmValue, LlvmValue], LlvmValue]


class _Rows(NamedTuple):
    data: LlvmValue
    start: LlvmValue
    row_length: LlvmValue

    def at(self, builder: Any, row: LlvmValue) -> LlvmValue:
        return builder.add(self.start, builder.mul(self.row_length, row))


def _strip_intrinsic(weights: _Format) -> Callable[..., None]:
    """sums[lane, column] of one strip for `lanes` rows of x, in tiles as wide as they fit."""

    def strip_product(
        context: Any, x: Any, x_at: Any, x_row: Any, lanes: Any, w: Any, w_at: Any, steps: Any,
        sums: Any, sums_at: Any, sums_row: Any,
    ) -> Any:  # fmt: skip
        at = types.int64
        signature = types.void(x, at, at, at, w, at, at, sums, at, at)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> LlvmValue:
            x_data, w_data, sums_data = (
                memory(context, builder, signature.args[i], arguments[i]) for i in (0, 4, 7)
            )
            _, x_at, x_row, lanes, _, w_at, steps, _, sums_at, sums_row = arguments
            x_rows, sums_rows = _Rows(x_data, x_at, x_row), _Rows(sums_data, sums_at, sums_row)

            def emit(width: int, first: LlvmValue) -> None:
                rows = [builder.add(first, INDEX(lane)) for lane in range(width)]
                starts = [x_rows.at(builder, row) for row in rows]
                totals = _tile(builder, weights, w_data, w_at, steps, x_data, starts)
                _store_tile(builder, totals, sums_rows, rows)

            each_tile(builder, lanes, _LANE_WIDTHS, emit)
            return context.get_dummy_value()

        return signature, generate

    return intrinsic(strip_product)


def _tile(
    builder: Any,
    weights: _Format,
    w_data: LlvmValue,
    w_at: LlvmValue,
    steps: LlvmValue,
    x_data: LlvmValue,
    starts: Sequence[LlvmValue],
) -> Sequence[LlvmValue]:
    """Two vectors of sums for each row that starts at one of `starts`."""

    def body(step: LlvmValue, totals: Sequence[LlvmValue]) -> Sequence[LlvmValue]:
        halves = weights.load_strip(builder, w_data, w_at, step)
        new = []
        for lane, start in enumerate(starts):
            x = spread(builder, x_data, builder.add(start, step))
            for half in (0, 1):
                new.append(weights.product(builder, x, halves[half], totals[2 * lane + half]))
        return new

    return accumulate(builder, steps, weights.sum_type, 2 * len(starts), body)


def _store_tile(
    builder: Any, totals: Sequence[LlvmValue], target: _Rows, rows: Sequence[LlvmValue]
) -> None:
    for number, total in enumerate(totals):
        start = target.at(builder, rows[number // 2])
        store(builder, target.data, builder.add(start, INDEX(number % 2 * VECTOR)), total)


def _load_floats(
    builder: Any, data: LlvmValue, start: LlvmValue, step: LlvmValue
) -> tuple[LlvmValue, LlvmValue]:
    at = builder.add(start, builder.mul(step, INDEX(STRIP)))
    low = load(builder, data, at, FLOATS)
    return low, load(builder, data, builder.add(at, INDEX(VECTOR)), FLOATS)


def _load_bfloats(
    builder: Any, data: LlvmValue, start: LlvmValue, step: LlvmValue
) -> tuple[LlvmValue, LlvmValue]:
    at = builder.add(start, builder.mul(step, INDEX(VECTOR)))
    words = load(builder, data, at, WORDS)
    low = builder.shl(words, ir.Constant(WORDS, [16] * VECTOR))
    high = builder.and_(words, ir.Constant(WORDS, [-65536] * VECTOR))
    return builder.bitcast(low, FLOATS), builder.bitcast(high, FLOATS)


def _load_bytes(
    builder: Any, data: LlvmValue, start: LlvmValue, step: LlvmValue
) -> tuple[LlvmValue, LlvmValue]:
    at = builder.add(start, builder.mul(step, INDEX(STRIP)))
    low = load(builder, data, at, WORDS)
    return low, load(builder, data, builder.add(at, INDEX(VECTOR)), WORDS)


def _float_product(builder: Any, x: LlvmValue, weights: LlvmValue, total: LlvmValue) -> LlvmValue:
    return multiply_add(builder, builder.bitcast(x, FLOATS), weights, total)


def _dot_product(builder: Any, x: LlvmValue, weights: LlvmValue, total: LlvmValue) -> LlvmValue:
    signature = ir.FunctionType(WORDS, [WORDS] * 3)
    name = f"llvm.x86.avx512.vpdpbusd.{32 * VECTOR}"
    function = cgutils.get_or_insert_function(builder.module, signature, name)
    return builder.call(function, [total, x, weights])


def _byte_product(builder: Any, x: LlvmValue, weights: LlvmValue, total: LlvmValue) -> LlvmValue:
    """The same integers without the instruction: byte by byte of each word."""
    for byte in range(4):
        places = ir.Constant(WORDS, [4 * word + byte for word in range(VECTOR)])
        left, right = (
            builder.shuffle_vector(builder.bitcast(one, _BYTES), undefined(_BYTES), places)
            for one in (x, weights)
        )
        product = builder.mul(builder.zext(left, WORDS), builder.sext(right, WORDS))
        total = builder.add(total, product)
    return total


float_strip = _strip_intrinsic(_Format(FLOATS, _load_floats, _float_product))
"""Weights are float32: 32 columns of one input, then of the next."""
bfloat_strip = _strip_intrinsic(_Format(FLOATS, _load_bfloats, _float_product))
"""Weights are bfloat16, cast to float32 without loss: a word holds column j below and j + 16
above."""
plain_byte_strip = _strip_intrinsic(_Format(WORDS, _load_bytes, _byte_product))
"""Integer sums of unsigned bytes times signed bytes, four inputs to a word; a step is a word."""
byte_strip = (
    _strip_intrinsic(_Format(WORDS, _load_bytes, _dot_product))
    if has_byte_dot_product()
    else plain_byte_strip
)
"""The same with the instruction for it, where there is one."""
