"""Draw a code for every lane and codebook in one kernel; the plain twins are `sampling.py`,
`noise.py` and `stopping.masked_logits`, by our closing rule alone.

Rows are ranked as there, logit above and row below, so equal logits fall in the order of rows.
Nothing is sorted: whatever is asked for is the highest rank down to which something adds up to so
much, and that is found bit by bit.

```
rank        logit, as a whole number that grows with it │ rows from the last to the first
top-k       down to which rank are there k rows?
top-p       down to which rank do the weights of those add up to p of them all?
the draw    down to which rank do the weights of those add up to more than the noise?
```

Weights are whole numbers as well: their sums are the same in any order, and their halves never
round. The twin's sums are rounded: a draw within such a rounding of two codes may differ.
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
_WHOLE = tl.constexpr(float(1 << 40))
"""The weight of the highest row; all rows of a codebook add up exactly even in float64."""


@triton.jit
def draw_kernel(
    logits,
    drawn,
    is_sound,
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
    alignment: tl.constexpr,
    row_bits: tl.constexpr,
    history_rows: tl.constexpr,
    history_block: tl.constexpr,
    stream_bos_id: tl.constexpr,
    stream_eos_id: tl.constexpr,
):
    """`logits` `[lanes, codebooks, rows]` to `drawn` `[lanes, codebooks]` int64, and whether they
    were finite. A codebook begins anywhere, but is read from a place on that is a multiple of
    `alignment`, so that it is read 16 bytes at a time."""
    lane, codebook = tl.program_id(0).to(tl.int64), tl.program_id(1)
    place = codebook * rows // alignment * alignment + tl.arange(0, 1 << row_bits)
    stored = tl.load(
        logits + lane * (codebooks * rows) + place, mask=place < codebooks * rows, other=0.0
    )
    row = place - codebook * rows
    is_row = (row >= 0) & (row < rows)
    wide = stored.to(tl.float32)
    is_number = tl.abs(wide) < float("inf")
    strays = tl.sum((is_row & ~is_number).to(tl.int32), axis=0)
    index = tl.load(column_index + lane)
    is_early = index <= tl.load(minimum_frames + lane)
    is_shut = (row == stream_bos_id) | ((row == stream_eos_id) & ((codebook > 0) | is_early))
    is_open = is_row & is_number & ~is_shut
    wide = tl.where(is_open, wide, float("-inf"))
    ranks = _ranks(wide.to(stored.dtype), row, row_bits)
    bits: tl.constexpr = stored.dtype.primitive_bitwidth + row_bits
    key = tl.load(noise_keys + lane)
    draws = codebook.to(tl.int64) * _PURPOSES + 1
    noise = _uniform(key, index, draws + _DRAW)
    weights = tl.exp(tl.div_rn(wide - tl.max(wide, axis=0), tl.load(temperatures + lane)))
    top_k = tl.where(tl.load(is_greedy + lane) != 0, 1, tl.load(top_ks + lane))
    last = _reach(ranks, is_row.to(tl.int32), top_k, bits)
    weights = tl.where(ranks >= last, _whole(weights), 0)
    share = _at_least(tl.load(top_ps + lane), tl.sum(weights, axis=0))
    weights = tl.where(ranks >= _reach(ranks, weights, share, bits), weights, 0)
    chosen = _reach(ranks, weights, _above(noise, tl.sum(weights, axis=0)), bits)
    code = _row_of(chosen, row_bits)
    at = tl.arange(0, history_block)
    of_lane: tl.constexpr = history_rows * codebooks
    earlier = tl.load(history + lane * of_lane + at, mask=at < of_lane, other=-1)
    repeats = tl.sum(((earlier == code) & (at % codebooks == codebook)).to(tl.int64), axis=0)
    if repeats >= tl.load(repeat_limit + lane):
        again = _uniform(key, index, draws + _REDRAW)
        weights = _whole(tl.exp(wide - tl.max(wide, axis=0)))
        places = (1 << row_bits) - 1 - tl.maximum(row, 0)
        wanted = _above(again, tl.sum(weights, axis=0))
        code = _row_of(_reach(places, weights, wanted, row_bits), row_bits)
    # Of logits that are no numbers no row need be left; what is drawn is fed to the next step.
    code = tl.minimum(tl.maximum(code, 0), rows - 1)
    tl.store(drawn + lane * codebooks + codebook, code.to(tl.int64))
    tl.store(is_sound + lane * codebooks + codebook, strays == 0)


@triton.jit
def _ranks(logits, row, row_bits: tl.constexpr):
    """Whole numbers of which no two are equal: logit above, row below. Half the bits suffice for
    logits of half the size. Places that are no row rank as low as a shut row does."""
    bits: tl.constexpr = logits.dtype.primitive_bitwidth
    whole: tl.constexpr = tl.int16 if bits == 16 else tl.int32
    wider: tl.constexpr = tl.int32 if bits + row_bits < 32 else tl.int64
    signed = logits.to(whole, bitcast=True).to(wider)
    order = (signed ^ ((signed >> bits) & ((1 << (bits - 1)) - 1))) + (1 << (bits - 1))
    return (order << row_bits) | ((1 << row_bits) - 1 - tl.maximum(row, 0))


@triton.jit
def _row_of(rank, row_bits: tl.constexpr):
    return ((1 << row_bits) - 1 - (rank & ((1 << row_bits) - 1))).to(tl.int32)


@triton.jit
def _reach(ranks, measures, wanted, bits: tl.constexpr):
    """The highest rank such that the measures of it and of all ranks above come to `wanted`."""
    unit = tl.full([], 1, ranks.dtype)
    found = tl.full([], 0, ranks.dtype)
    for step in range(bits):
        tried = found | (unit << (bits - 1 - step))
        reached = tl.sum(tl.where(ranks >= tried, measures, 0), axis=0)
        found = tl.where(reached >= wanted, tried, found)
    return found


@triton.jit
def _whole(weights):
    """Weights of at most 1 as whole numbers; what is no number weighs nothing."""
    return (tl.where(weights == weights, weights, 0.0) * _WHOLE).to(tl.int64)


@triton.jit
def _at_least(share, total):
    """`share` of the total, rounded up."""
    wanted = share.to(tl.float64) * total.to(tl.float64)
    down = wanted.to(tl.int64)
    return tl.maximum(down + (down.to(tl.float64) < wanted).to(tl.int64), 1)


@triton.jit
def _above(noise, total):
    """The least sum above `noise` of the total, and never above the total."""
    return tl.minimum((noise.to(tl.float64) * total.to(tl.float64)).to(tl.int64) + 1, total)


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


@triton.jit
def advance_kernel(
    drawn,
    is_sound,
    columns,
    is_closed,
    is_finite,
    positions,
    is_speaking,
    column_index,
    countdown,
    column_limit,
    repeat_window,
    history,
    codebooks: tl.constexpr,
    codebook_block: tl.constexpr,
    codebook_size: tl.constexpr,
    history_rows: tl.constexpr,
    stream_bos_id: tl.constexpr,
    stream_eos_id: tl.constexpr,
    open_countdown: tl.constexpr,
):
    """Close, remember and advance one lane, given what was `drawn` `[lanes, codebooks]`; the plain
    twins are `stopping.close_stream` and `LaneState`."""
    lane = tl.program_id(0).to(tl.int64)
    codebook = tl.arange(0, codebook_block)
    is_codebook = codebook < codebooks
    at = lane * codebooks + codebook
    code = tl.load(drawn + at, mask=is_codebook, other=0)
    sound = tl.load(is_sound + at, mask=is_codebook, other=1).to(tl.int32)
    is_whole = tl.min(sound, axis=0) != 0
    index, ended_at = tl.load(column_index + lane), tl.load(countdown + lane)
    speaks = tl.load(is_speaking + lane) != 0
    column = tl.where(codebook >= index, stream_bos_id, code)
    says_end = tl.sum(((codebook == 0) & (column == stream_eos_id)).to(tl.int32), axis=0) > 0
    ended_at = tl.where((ended_at == open_countdown) & says_end, index, ended_at)
    column = tl.where(index >= ended_at + codebook, stream_eos_id, column)
    closes = index >= ended_at + codebooks - 1
    place = index % tl.load(repeat_window + lane)
    kept = tl.where(column >= codebook_size, -1, column)
    remembered = (lane * history_rows + place) * codebooks + codebook
    tl.store(history + remembered, kept, mask=is_codebook)
    tl.store(is_finite + lane, is_whole)
    tl.store(is_closed + lane, closes)
    tl.store(columns + at, column, mask=codebook < tl.where(speaks, codebooks, 0))
    tl.store(countdown + lane, ended_at, mask=speaks)
    tl.store(positions + lane, tl.load(positions + lane) + 1, mask=speaks)
    tl.store(column_index + lane, index + 1, mask=speaks)
    has_ended = closes | ~is_whole | (index >= tl.load(column_limit + lane))
    tl.store(is_speaking + lane, speaks & ~has_ended)
