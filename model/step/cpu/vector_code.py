"""Helpers for writing vector code in LLVM's terms: sixteen 32-bit numbers at a time.

On processors with shorter vectors LLVM splits them. Arrays are seen as flat memory of 32-bit words,
and every offset counts words.
"""

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils

VECTOR = 16
WORD = ir.IntType(32)
INDEX = ir.IntType(64)
FLOATS = ir.VectorType(ir.FloatType(), VECTOR)
WORDS = ir.VectorType(WORD, VECTOR)

LlvmValue = Any
"""A value of LLVM's; llvmlite has no types for the type checker."""


def memory(context: Any, builder: Any, array_type: Any, array: LlvmValue) -> LlvmValue:
    """The first word of an array."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(data, WORD.as_pointer())


def load(builder: Any, data: LlvmValue, at: LlvmValue, vector_type: Any) -> LlvmValue:
    where = builder.bitcast(builder.gep(data, [at]), vector_type.as_pointer())
    return builder.load(where, align=4)


def store(builder: Any, data: LlvmValue, at: LlvmValue, vector: LlvmValue) -> None:
    where = builder.bitcast(builder.gep(data, [at]), vector.type.as_pointer())
    builder.store(vector, where, align=4)


def spread(builder: Any, data: LlvmValue, at: LlvmValue) -> LlvmValue:
    """One word, sixteen times."""
    word = builder.load(builder.gep(data, [at]))
    single = builder.insert_element(undefined(WORDS), word, ir.Constant(WORD, 0))
    return builder.shuffle_vector(single, undefined(WORDS), ir.Constant(WORDS, None))


def multiply_add(builder: Any, left: LlvmValue, right: LlvmValue, total: LlvmValue) -> LlvmValue:
    """left * right + total, rounded once; vectors of floats."""
    signature = ir.FunctionType(FLOATS, [FLOATS] * 3)
    fused = cgutils.get_or_insert_function(builder.module, signature, f"llvm.fma.v{VECTOR}f32")
    return builder.call(fused, [left, right, total])


def undefined(vector_type: Any) -> LlvmValue:
    return ir.Constant(vector_type, ir.Undefined)


def each_tile(
    builder: Any, count: LlvmValue, widths: Sequence[int], emit: Callable[[int, LlvmValue], None]
) -> None:
    """Cover `count` rows, widest tiles first: `emit(width, first row)`; the last width is 1."""
    done = INDEX(0)
    for width in widths:
        tiles = builder.sdiv(builder.sub(count, done), INDEX(width))
        with cgutils.for_range(builder, tiles) as tile:
            emit(width, builder.add(done, builder.mul(tile.index, INDEX(width))))
        done = builder.add(done, builder.mul(tiles, INDEX(width)))


def accumulate(
    builder: Any,
    steps: LlvmValue,
    sum_type: Any,
    count: int,
    body: Callable[[LlvmValue, Sequence[LlvmValue]], Sequence[LlvmValue]],
) -> Sequence[LlvmValue]:
    """Run `body(step, sums)` for every step, at least once, with `count` sums in registers."""
    before = builder.block
    looping, after = (builder.append_basic_block(name) for name in ("steps", "summed"))
    builder.branch(looping)
    builder.position_at_end(looping)
    step = builder.phi(INDEX)
    sums = [builder.phi(sum_type) for _ in range(count)]
    updated = body(step, sums)
    following = builder.add(step, INDEX(1))
    step.add_incoming(INDEX(0), before)
    step.add_incoming(following, builder.block)
    for total, new in zip(sums, updated, strict=True):
        total.add_incoming(ir.Constant(sum_type, None), before)
        total.add_incoming(new, builder.block)
    builder.cbranch(builder.icmp_signed("<", following, steps), looping, after)
    builder.position_at_end(after)
    return updated
