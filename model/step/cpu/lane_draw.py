"""One draw from one row of logits, compiled: the twin of `codes/sampling.py` and `codes/noise.py`.

Running sums are taken in float64 and rounded to float32 number by number, as torch takes them, so
that the two agree up to the last bit of the exponential.
"""

from typing import Any, NamedTuple

import numpy as np

from model.codes.noise import DRAW_STRIDE, FIRST_FACTOR, FRAME_STRIDE, SECOND_FACTOR, Purpose
from model.step.cpu.lane_math import (
    REASSOCIATE,
    bits_of_float,
    exponential,
    float_of_bits,
    inner,
    part,
)

PURPOSE_COUNT = len(Purpose)
DRAW, REDRAW = int(Purpose.DRAW), int(Purpose.REDRAW)

_WORD_MASK = (1 << 64) - 1
_FRAME_STRIDE = np.uint64(FRAME_STRIDE & _WORD_MASK)
_DRAW_STRIDE = np.uint64(DRAW_STRIDE & _WORD_MASK)
_FIRST_FACTOR = np.uint64(FIRST_FACTOR & _WORD_MASK)
_SECOND_FACTOR = np.uint64(SECOND_FACTOR & _WORD_MASK)
_SHORT_LIST = 96
"""Up to here a plain insertion sort is the quickest."""
_GAPS = (701, 301, 132, 57, 23, 10, 4, 1)
"""Ciura's; numba's own sort takes seconds to compile."""


class DrawScratch(NamedTuple):
    """Buffers of one draw."""

    ranks: np.ndarray
    """`[rows]` uint32: the logits as integers of the same order."""
    candidates: np.ndarray
    """`[rows]` uint64: rank above, complement of the row below."""
    weights: np.ndarray
    """`[rows]` float32."""
    running: np.ndarray
    """`[rows]` float32: sums of the weights so far."""


def draw_scratch(row_count: int) -> DrawScratch:
    return DrawScratch(
        ranks=np.zeros(row_count, np.uint32),
        candidates=np.zeros(row_count, np.uint64),
        weights=np.zeros(row_count, np.float32),
        running=np.zeros(row_count, np.float32),
    )


@inner()
def uniform(key: Any, frame: int, codebook: int, purpose: int) -> Any:
    """A number in [0, 1), the very bits of `noise.uniforms`; `key` is unsigned."""
    draw = np.uint64(codebook * PURPOSE_COUNT + purpose + 1)
    word = _mix(_mix(key + np.uint64(frame) * _FRAME_STRIDE) + draw * _DRAW_STRIDE)
    return np.float32(word >> np.uint64(40)) * np.float32(2.0**-24)


@part()
def _mix(word: Any) -> Any:
    word = (word ^ (word >> np.uint64(30))) * _FIRST_FACTOR
    word = (word ^ (word >> np.uint64(27))) * _SECOND_FACTOR
    return word ^ (word >> np.uint64(31))


@part()
def draw_row(
    logits: np.ndarray, temperature: float, top_k: int, top_p: float, noise: float, scratch: Any
) -> int:
    """A row of `logits` `[rows]`, from the `top_k` highest and of those the share `top_p`."""
    count = _sort_candidates(logits, top_k, scratch)
    candidates, running = scratch.candidates, scratch.running
    highest, weights = _logit(candidates[0]), scratch.weights
    total = 0.0
    for i in range(count):
        weights[i] = exponential((_logit(candidates[i]) - highest) / np.float32(temperature))
        total += np.float64(weights[i])
        running[i] = np.float32(total)
    limit, kept = np.float32(top_p) * running[count - 1], 1
    for i in range(1, count):
        if running[i] - weights[i] < limit:
            kept = i + 1
    return _row(candidates[_position(running, kept, noise)])


@part()
def redraw_row(logits: np.ndarray, noise: float, scratch: Any) -> int:
    """A row of `logits` `[rows]` as they are: all rows, no temperature."""
    running = scratch.running
    highest = logits[highest_row(logits)]
    total = 0.0
    for i in range(len(logits)):
        total += np.float64(exponential(logits[i] - highest))
        running[i] = np.float32(total)
    return _position(running, len(logits), noise)


@part()
def highest_row(logits: np.ndarray) -> int:
    """The first of the highest."""
    best = np.int64(0)
    for row in range(1, len(logits)):
        if logits[row] > logits[best]:
            best = np.int64(row)
    return best


@part()
def _position(running: np.ndarray, count: int, noise: float) -> int:
    """Where the running sum first exceeds `noise` of its last."""
    total = running[count - 1]
    below = float_of_bits(bits_of_float(total) - np.int32(1))
    target = min(np.float32(noise) * total, below)
    position = 0
    while position < count - 1 and running[position] <= target:
        position += 1
    return position


@inner()
def _sort_candidates(logits: np.ndarray, top_k: int, scratch: Any) -> int:
    """The `top_k` highest rows, highest first, equal ones in the order of rows."""
    _rank(logits, scratch.ranks)
    lowest = _lowest_rank(scratch.ranks, top_k)
    candidates, count = scratch.candidates, 0
    for row in range(len(logits)):
        rank = scratch.ranks[row]
        candidates[count] = (np.uint64(rank) << np.uint64(32)) | np.uint64(0xFFFFFFFF - row)
        count += 1 if rank >= lowest else 0
        if count == len(candidates):
            break
    _sort(candidates, count)
    return min(count, top_k)


@part()
def _rank(logits: np.ndarray, ranks: np.ndarray) -> None:
    """Floats as unsigned integers of the same order."""
    bits = logits.view(np.int32)
    for i in range(len(bits)):
        flipped = bits[i] ^ ((bits[i] >> np.int32(31)) | np.int32(-0x80000000))
        ranks[i] = np.uint32(flipped)


@part()
def _lowest_rank(ranks: np.ndarray, wanted: int) -> Any:
    """The highest rank that at least `wanted` rows reach, found by halving."""
    low, high = np.int64(0), np.int64(0xFFFFFFFF)
    while low < high:
        middle = (low + high + 1) >> 1
        reached = _count_from(ranks, np.uint32(middle))
        if reached == wanted:
            return np.uint32(middle)
        if reached > wanted:
            low = middle
        else:
            high = middle - 1
    return np.uint32(low)


@inner(fastmath=REASSOCIATE)
def _count_from(ranks: np.ndarray, lowest: Any) -> int:
    count = np.int32(0)
    for i in range(len(ranks)):
        count += np.int32(1) if ranks[i] >= lowest else np.int32(0)
    return count


@part()
def _sort(candidates: np.ndarray, count: int) -> None:
    """Highest first, by insertion at ever smaller distances: a short list at the smallest alone."""
    for gap in _GAPS:
        if gap > 1 and count <= _SHORT_LIST:
            continue
        for i in range(gap, count):
            one, place = candidates[i], i
            while place >= gap and candidates[place - gap] < one:
                candidates[place] = candidates[place - gap]
                place -= gap
            candidates[place] = one


@part()
def _logit(candidate: Any) -> Any:
    rank = np.int32(np.uint32(candidate >> np.uint64(32)))
    sign = rank >> np.int32(31)
    return float_of_bits(rank ^ (~sign | np.int32(-0x80000000)))


@part()
def _row(candidate: Any) -> int:
    return np.int64(0xFFFFFFFF) - np.int64(candidate & np.uint64(0xFFFFFFFF))
