"""Draw a code for every lane and codebook in one kernel; the plain twins are `sampling.py`,
`noise.py` and `stopping.masked_logits`, by our closing rule alone.

Rows are ranked as there, logit above and row below, so equal logits fall in the order of rows. Sums
are taken in another order than torch takes them: a draw within a rounding of two codes may differ.
"""

# Triton reads the annotations of a kernel, and knows only its own.
# mypy: disable-error-code="no-untyped-def"

import triton
import triton.language as tl

from model.codes.noise import (
    DRAW_STRIDE,
    FIRST_FACTOR,
    FRAME_STRIDE,
    SECOND_FACTOR,
    Purpose,
)

_FRAME_STRIDE = tl.constexpr(FRAME_STRIDE)
_DRAW_STRIDE = tl.constexpr(DRAW_STRIDE)
_FIRST_FACTOR = tl.constexpr(FIRST_FACTOR)
_SECOND_FACTOR = tl.constexpr(SECOND_FACTOR)
_PURPOSES = tl.constexpr(len(Purpose))
_DRAW = tl.constexpr(int(Purpose.DRAW))
_REDRAW = tl.constexpr(int(Purpose.REDRAW))


@triton.jit
def draw_kernel(
    logits,
    drawn,
    noise_keys,
    column_index,
    minimum_frames,
    history,
    temperatures,
    is_greedy,
    top_ks,
    top_ps,
    repeat_limit,
    codebooks: tl.constexpr,
    rows: tl.constexpr,
    block: tl.constexpr,
    history_rows: tl.constexpr,
    stream_bos_id: tl.constexpr,
    stream_eos_id: tl.constexpr,
):
    """`logits` `[lanes, codebooks, rows]` float32 to `drawn` `[lanes, codebooks]` int64."""
    lane, codebook = tl.program_id(0).to(tl.int64), tl.program_id(1).to(tl.int64)
    row = tl.arange(0, block)
    index = tl.load(column_index + lane)
    is_early = index <= tl.load(minimum_frames + lane)
    is_shut = (row == stream_bos_id) | ((row == stream_eos_id) & ((codebook > 0) | is_early))
    own = tl.load(
        logits + (lane * codebooks + codebook) * rows + row, mask=row < rows, other=float("-inf")
    )
    own = tl.where(is_shut, float("-inf"), own)
    key = tl.load(noise_keys + lane)
    noise = _uniform(key, index, codebook * _PURPOSES + _DRAW + 1)
    top_k = tl.where(tl.load(is_greedy + lane) != 0, 1, tl.load(top_ks + lane))
    code = _draw(own, row, tl.load(temperatures + lane), top_k, tl.load(top_ps + lane), noise)
    place = tl.arange(0, history_rows)
    earlier = tl.load(history + (lane * history_rows + place) * codebooks + codebook)
    repeats = tl.sum((earlier == code).to(tl.int64), axis=0)
    if repeats >= tl.load(repeat_limit + lane):
        again = _uniform(key, index, codebook * _PURPOSES + _REDRAW + 1)
        weights = tl.exp(own - tl.max(own, axis=0))
        code = _position(weights, row, 2.0, again).to(tl.int64)
    tl.store(drawn + lane * codebooks + codebook, code)


@triton.jit
def _draw(logits, row, temperature, top_k, top_p, noise):
    """From the `top_k` highest and of those the share `top_p`."""
    bits = logits.to(tl.int32, bitcast=True)
    order = (bits ^ ((bits >> 31) & 0x7FFFFFFF)).to(tl.int64)
    ranked = tl.sort((order << 32) | (0xFFFFFFFF - row.to(tl.int64)), descending=True)
    order = (ranked >> 32).to(tl.int32)
    values = (order ^ ((order >> 31) & 0x7FFFFFFF)).to(tl.float32, bitcast=True)
    weights = tl.exp((values - tl.max(values, axis=0)) / temperature)
    weights = tl.where(row < top_k, weights, 0.0)
    chosen = _position(weights, row, top_p, noise)
    rows_ranked = 0xFFFFFFFF - (ranked & 0xFFFFFFFF)
    return tl.sum(tl.where(row == chosen, rows_ranked, 0), axis=0)


@triton.jit
def _position(weights, place, share, noise):
    """Where the running sum first exceeds `noise` of the weights kept: the first ones up to `share`
    of all. Never a place without weight, whatever the sums round to."""
    running = tl.cumsum(weights, axis=0)
    limit = share * tl.max(running, axis=0)
    is_kept = ((running - weights) < limit) & (weights > 0)
    total = tl.max(tl.where(is_kept, running, 0.0), axis=0)
    below = (total.to(tl.int32, bitcast=True) - 1).to(tl.float32, bitcast=True)
    target = tl.minimum(noise * total, below)
    reached = tl.min(tl.where(is_kept & (running > target), place, 0x7FFFFFFF), axis=0)
    return tl.minimum(reached, tl.max(tl.where(is_kept, place, 0), axis=0))


@triton.jit
def _uniform(key, frame, draw):
    """The very bits of `noise.uniforms`."""
    word = _mix(_mix(key + frame * _FRAME_STRIDE) + draw * _DRAW_STRIDE)
    return ((word >> 40) & 0xFFFFFF).to(tl.float32) * 5.9604644775390625e-08


@triton.jit
def _mix(word):
    word = (word ^ ((word >> 30) & 0x3FFFFFFFF)) * _FIRST_FACTOR
    word = (word ^ ((word >> 27) & 0x1FFFFFFFFF)) * _SECOND_FACTOR
    return word ^ ((word >> 31) & 0x1FFFFFFFF)
