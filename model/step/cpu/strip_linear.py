"""Linear maps on a few lanes, compiled: strips of weights times the lanes' rows.

All maps of a model lie in three flat arrays; a row of numbers says where one map is found.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from model.step.cpu.lane_math import inner, part, round_to_bytes
from model.step.cpu.strip_matrix import BYTE_GROUP, StripMatrix, WeightFormat
from model.step.cpu.vector_tiles import STRIP, bfloat_strip, byte_strip, float_strip

_FORMATS = (WeightFormat.FLOAT32, WeightFormat.BFLOAT16, WeightFormat.INT8)
_FLOAT, _BFLOAT, _BYTE = range(3)
_FORMAT, _INPUTS, _OUTPUTS, _WORDS_AT, _VECTORS_AT = range(5)


class LinearMaps(NamedTuple):
    """Every linear map of a model."""

    places: np.ndarray
    """`[maps, 5]` int64: format, inputs, padded outputs, first word, first place in the others."""
    words: np.ndarray
    """All weights, as 32-bit words."""
    bias: np.ndarray
    scales: np.ndarray
    shifts: np.ndarray


class LinearScratch(NamedTuple):
    """What a map in the byte format needs besides its input and output."""

    rounded: np.ndarray
    """`[lanes, inputs]` uint8."""
    row_scales: np.ndarray
    """`[lanes]` float32."""
    integers: np.ndarray
    """`[lanes, outputs]` int32."""


def join_maps(matrices: Sequence[tuple[StripMatrix, WeightFormat]]) -> LinearMaps:
    """Put maps one after another; they keep their order as their numbers."""
    places, word_at, vector_at = [], 0, 0
    for matrix, weight_format in matrices:
        outputs = len(matrix.bias)
        code = _FORMATS.index(weight_format)
        places.append((code, matrix.input_count, outputs, word_at, vector_at))
        word_at, vector_at = word_at + len(matrix.words), vector_at + outputs
    each = [matrix for matrix, _ in matrices]
    return LinearMaps(
        places=np.array(places, np.int64),
        words=np.concatenate([one.words.view(np.int32) for one in each]),
        bias=np.concatenate([one.bias for one in each]),
        scales=np.concatenate([one.scales for one in each]),
        shifts=np.concatenate([one.shifts for one in each]),
    )


def linear_scratch(maps: LinearMaps, lane_count: int) -> LinearScratch:
    inputs, outputs = int(maps.places[:, _INPUTS].max()), int(maps.places[:, _OUTPUTS].max())
    return LinearScratch(
        rounded=np.zeros((lane_count, -(-inputs // BYTE_GROUP) * BYTE_GROUP), np.uint8),
        row_scales=np.zeros(lane_count, np.float32),
        integers=np.zeros((lane_count, outputs), np.int32),
    )


@inner()
def apply_map(
    maps: Any, number: int, x: np.ndarray, lanes: int, scratch: Any, out: np.ndarray
) -> None:
    """out[lane, :outputs] = weights @ x[lane, :inputs] + bias, for the first `lanes` rows."""
    place = maps.places[number]
    inputs, outputs, at = place[_INPUTS], place[_OUTPUTS], place[_VECTORS_AT]
    if place[_FORMAT] == _BYTE:
        for lane in range(lanes):
            peak = round_to_bytes(x[lane, :inputs], scratch.rounded[lane])
            scratch.row_scales[lane] = peak
        _byte_strips(maps.words, place, scratch.rounded, lanes, scratch.integers)
        for lane in range(lanes):
            _dequantize(
                maps, at, outputs, scratch.integers[lane], scratch.row_scales[lane], out[lane]
            )
        return
    _float_strips(maps.words, place, x, lanes, out)
    for lane in range(lanes):
        for i in range(outputs):
            out[lane, i] += maps.bias[at + i]


@part()
def _float_strips(w: np.ndarray, place: Any, x: np.ndarray, lanes: int, out: np.ndarray) -> None:
    steps, x_row, out_row = place[_INPUTS], x.shape[1], out.shape[1]
    strips = place[_OUTPUTS] // STRIP
    if place[_FORMAT] == _BFLOAT:
        for n in range(strips):
            at = place[_WORDS_AT] + n * steps * (STRIP // 2)
            bfloat_strip(x, 0, x_row, lanes, w, at, steps, out, n * STRIP, out_row)
    else:
        for n in range(strips):
            at = place[_WORDS_AT] + n * steps * STRIP
            float_strip(x, 0, x_row, lanes, w, at, steps, out, n * STRIP, out_row)


@part()
def _byte_strips(
    w: np.ndarray, place: Any, rounded: np.ndarray, lanes: int, integers: np.ndarray
) -> None:
    steps, x_row = place[_INPUTS] // BYTE_GROUP, rounded.shape[1] // BYTE_GROUP
    for n in range(place[_OUTPUTS] // STRIP):
        at = place[_WORDS_AT] + n * steps * STRIP
        byte_strip(rounded, 0, x_row, lanes, w, at, steps, integers, n * STRIP, integers.shape[1])


@part()
def _dequantize(
    maps: Any, at: int, outputs: int, integers: np.ndarray, row_scale: Any, target: np.ndarray
) -> None:
    for i in range(outputs):
        exact = np.float32(integers[i] - maps.shifts[at + i])
        target[i] = exact * (row_scale * maps.scales[at + i]) + maps.bias[at + i]
