"""The two inner loops of attention as vector code: a query times keys, and weights times values.

For heads whose size is a multiple of sixteen. Keys and values of one head lie position by position
in memory; what is not yet written is not read. A product's bits do not depend on how many there
are.
"""

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from model.step.cpu.vector_code import (
    FLOATS,
    INDEX,
    VECTOR,
    WORD,
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

_KEY_WIDTHS = (8, 1)
"""Keys multiplied at once."""
_VALUE_WIDTHS = (8, 4, 2, 1)
"""Vectors of a head mixed at once."""


@intrinsic
def key_products(
    context: Any, query: Any, keys: Any, count: Any, vectors: Any, products: Any
) -> Any:
    """products[position] = query · keys[position], for `count` positions of `vectors` vectors."""
    signature = types.void(query, keys, types.int64, types.int64, products)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> LlvmValue:
        query_data, key_data, product_data = (
            memory(context, builder, signature.args[i], arguments[i]) for i in (0, 1, 4)
        )
        _, _, count, vectors, _ = arguments
        row_length = builder.mul(vectors, INDEX(VECTOR))

        def emit(width: int, first: LlvmValue) -> None:
            rows = [builder.mul(builder.add(first, INDEX(n)), row_length) for n in range(width)]

            def body(step: LlvmValue, totals: Sequence[LlvmValue]) -> list[LlvmValue]:
                column = builder.mul(step, INDEX(VECTOR))
                part = load(builder, query_data, column, FLOATS)
                parts = [load(builder, key_data, builder.add(r, column), FLOATS) for r in rows]
                pairs = zip(parts, totals, strict=True)
                return [multiply_add(builder, part, key, total) for key, total in pairs]

            totals = accumulate(builder, vectors, FLOATS, width, body)
            _store_sums(builder, list(totals), product_data, first)

        each_tile(builder, count, _KEY_WIDTHS, emit)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def mix_values(
    context: Any, weights: Any, values: Any, count: Any, vectors: Any, mixed: Any
) -> Any:
    """mixed = sum of weights[position] * values[position], over `count` positions in order."""
    signature = types.void(weights, values, types.int64, types.int64, mixed)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> LlvmValue:
        weight_data, value_data, mixed_data = (
            memory(context, builder, signature.args[i], arguments[i]) for i in (0, 1, 4)
        )
        _, _, count, vectors, _ = arguments
        row_length = builder.mul(vectors, INDEX(VECTOR))

        def emit(width: int, first: LlvmValue) -> None:
            columns = [
                builder.mul(builder.add(first, INDEX(n)), INDEX(VECTOR)) for n in range(width)
            ]

            def body(step: LlvmValue, totals: Sequence[LlvmValue]) -> list[LlvmValue]:
                weight = builder.bitcast(spread(builder, weight_data, step), FLOATS)
                start = builder.mul(step, row_length)
                parts = [load(builder, value_data, builder.add(start, c), FLOATS) for c in columns]
                pairs = zip(parts, totals, strict=True)
                return [multiply_add(builder, weight, value, total) for value, total in pairs]

            totals = accumulate(builder, count, FLOATS, width, body)
            for column, total in zip(columns, totals, strict=True):
                store(builder, mixed_data, column, total)

        each_tile(builder, vectors, _VALUE_WIDTHS, emit)
        return context.get_dummy_value()

    return signature, generate


def _store_sums(builder: Any, vectors: list[LlvmValue], data: LlvmValue, at: LlvmValue) -> None:
    """The sum of each vector, side by side. Neighbours are added pair by pair, in four rounds."""
    count, rounds = len(vectors), VECTOR.bit_length() - 1
    for _ in range(rounds):
        if len(vectors) == 1:
            vectors.append(undefined(FLOATS))
        vectors = [
            _add_neighbours(builder, left, right)
            for left, right in zip(vectors[::2], vectors[1::2], strict=True)
        ]
    places = ir.Constant(ir.VectorType(WORD, count), list(range(count)))
    store(builder, data, at, builder.shuffle_vector(vectors[0], undefined(FLOATS), places))


def _add_neighbours(builder: Any, left: LlvmValue, right: LlvmValue) -> LlvmValue:
    """Sums of pairs: those of `left` in the lower half, those of `right` in the upper one."""
    evens, odds = (
        builder.shuffle_vector(
            left, right, ir.Constant(ir.VectorType(WORD, VECTOR), list(range(first, 2 * VECTOR, 2)))
        )
        for first in (0, 1)
    )
    return builder.fadd(evens, odds)
