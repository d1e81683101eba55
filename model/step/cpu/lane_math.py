"""Row by row arithmetic of a decode step, compiled: exponential, norm, rotation, gating, rounding.

Every function works on one lane's row, so that a lane's bits never depend on its neighbours.
Rows are parts of larger buffers `[lanes, columns]`.
"""

from functools import partial
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

compiled = partial(njit, nogil=True, error_model="numpy", _nrt=False)
"""Compile without the interpreter's lock; a division by zero is infinite, as elsewhere in numerics
(a check for it would keep loops from becoming vector code). Nothing is allocated, so views need no
counts of who holds them, which cost a sixth of the time to compile."""
part = partial(compiled, inline="always")
"""For what is called from few places: compiled with its callers and not before as well. LLVM would
optimise it again at each level of callers, which is most of the time of the first compile."""
inner = partial(compiled, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""For what is called by compiled code alone: Python's way in is left out."""
REASSOCIATE = {"reassoc", "contract", "nsz"}
"""Sums over a row may be taken in vector order; infinities and NaN keep their meaning."""

_LOG2_E = np.float32(1.4426950408889634)
_LN2_HIGH = np.float32(0.693359375)
_LN2_LOW = np.float32(-2.12194440e-4)
_LOWEST = np.float32(-87.0)
_HIGHEST = np.float32(88.0)
_TERMS = tuple(
    np.float32(term)
    for term in (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2,
                 1.6666665459e-1, 5.0000001201e-1)
)  # fmt: skip


@intrinsic
def float_of_bits(context: Any, bits: Any) -> Any:
    """The float32 that an int32 would be."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@intrinsic
def bits_of_float(context: Any, number: Any) -> Any:
    """The int32 that a float32 would be."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), generate


@part()
def exponential(x: Any) -> Any:
    """e to the x in float32, good to two units in the last place; below -87 it is zero.

    Polynomial and powers of two alone, so that a loop over it becomes vector code.
    """
    clipped = min(max(x, _LOWEST), _HIGHEST)
    power = np.float32(np.floor(clipped * _LOG2_E + np.float32(0.5)))
    rest = clipped - power * _LN2_HIGH
    rest = rest - power * _LN2_LOW
    value = _TERMS[0]
    for term in _TERMS[1:]:
        value = value * rest + term
    value = value * rest * rest + rest + np.float32(1.0)
    scale = float_of_bits(np.int32((np.int32(power) + np.int32(127)) << np.int32(23)))
    result = value * scale
    return np.float32(0.0) if x < _LOWEST else result


@inner(fastmath=REASSOCIATE)
def normalise(source: np.ndarray, weight: np.ndarray, eps: float, target: np.ndarray) -> None:
    """Scale a row to unit mean square and weigh it; all three `[columns]`."""
    total = np.float32(0.0)
    for i in range(len(source)):
        total += source[i] * source[i]
    scale = np.float32(1.0) / np.sqrt(total / np.float32(len(source)) + np.float32(eps))
    for i in range(len(source)):
        target[i] = source[i] * scale * weight[i]


@inner(fastmath=REASSOCIATE)
def rotate(row: np.ndarray, head_dim: int, cosines: np.ndarray, sines: np.ndarray) -> None:
    """Rotate every head of a row `[heads * head dim]` in place; tables are `[head dim / 2]`."""
    half = head_dim // 2
    for start in range(0, len(row), head_dim):
        firsts, seconds = row[start : start + half], row[start + half : start + head_dim]
        for i in range(half):
            first, second = firsts[i], seconds[i]
            firsts[i] = first * cosines[i] - second * sines[i]
            seconds[i] = second * cosines[i] + first * sines[i]


@inner(fastmath=REASSOCIATE)
def gate(row: np.ndarray, size: int, target: np.ndarray) -> None:
    """silu(first `size` columns) * (the next `size` columns)."""
    gates, others = row[:size], row[size : 2 * size]
    for i in range(size):
        x = gates[i]
        target[i] = x / (np.float32(1.0) + exponential(-x)) * others[i]


@inner()
def round_to_bytes(row: np.ndarray, target: np.ndarray) -> Any:
    """A row as unsigned bytes around 128; returns the scale, not finite if the row is not.

    Its own peak alone decides: a loud neighbour costs a lane no precision. The peak is found among
    the bits, where NaN and infinity stand above every number.
    """
    bits = row.view(np.int32)
    peak = np.int32(0)
    for i in range(len(bits)):
        peak = max(peak, bits[i] & np.int32(0x7FFFFFFF))
    scale = float_of_bits(peak) / np.float32(127.0)
    inverse = np.float32(1.0) / scale if scale > 0 else np.float32(0.0)
    for i in range(len(row)):
        # Adding 1.5 * 2**23 leaves the rounded number in the lowest bits.
        shifted = bits_of_float(row[i] * inverse + np.float32(12582912.0))
        target[i] = np.uint8((shifted & np.int32(0xFF)) ^ np.int32(0x80))
    return scale
