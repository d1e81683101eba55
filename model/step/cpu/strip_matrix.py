"""Arrange the weights of linear maps for the vector tiles, in one of three number formats.

A matrix `[outputs, inputs]` becomes strips of 32 output columns, each strip input by input, so that
a decode step reads memory once and in order. Outputs are padded to whole strips with zeros.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch

from model.step.cpu.vector_tiles import STRIP

BYTE_GROUP = 4
"""Inputs that share a word in the byte format."""
BYTE_ZERO = 128
"""Activations are stored as unsigned bytes around this value."""


class WeightFormat(StrEnum):
    """How weights are stored. Sums are float32 in the first two, integers in the third."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    """Half the memory traffic; without any loss where the checkpoint was stored in bfloat16."""
    INT8 = "int8"
    """A quarter; one scale per output, activations quantized per lane and step."""


@dataclass(frozen=True, eq=False)
class StripMatrix:
    """One linear map, ready for the tiles."""

    words: np.ndarray
    """Flat, seen as 32-bit words: float32, or int32 for the other two formats."""
    scales: np.ndarray
    """`[padded outputs]` float32; ones unless the format is int8."""
    shifts: np.ndarray
    """`[padded outputs]` int32: what the offset of the activations adds to each integer sum."""
    bias: np.ndarray
    """`[padded outputs]` float32."""
    input_count: int


def padded(size: int) -> int:
    """Outputs with their padding to whole strips."""
    return -(-size // STRIP) * STRIP


def is_lossless_in_bfloat16(weight: torch.Tensor) -> bool:
    """Whether every weight survives a trip through bfloat16."""
    return bool(torch.equal(weight.float(), weight.bfloat16().float()))


def strip_matrix(
    weight: torch.Tensor, bias: torch.Tensor | None, weight_format: WeightFormat
) -> StripMatrix:
    """`weight` is `[outputs, inputs]` in any float format."""
    matrix = weight.detach().float().cpu().numpy()
    outputs, inputs = matrix.shape
    full = np.zeros((padded(outputs), inputs), np.float32)
    full[:outputs] = matrix
    offsets = np.zeros(len(full), np.float32)
    if bias is not None:
        offsets[:outputs] = bias.detach().float().cpu().numpy()
    scales, shifts = np.ones(len(full), np.float32), np.zeros(len(full), np.int32)
    if weight_format is WeightFormat.INT8:
        quantized, scales = quantize_matrix(full)
        shifts = BYTE_ZERO * quantized.sum(axis=1, dtype=np.int32)
        words = _byte_strips(quantized)
    else:
        words = _float_strips(full)
        if weight_format is WeightFormat.BFLOAT16:
            words = _bfloat_words(words)
    return StripMatrix(words, scales, shifts, offsets, inputs)


def quantize_matrix(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`[rows, columns]` to int8 and one float32 scale per row; no row is zero-scaled."""
    peak = np.abs(matrix).max(axis=1)
    scales = np.where(peak > 0, peak / 127.0, 1.0).astype(np.float32)
    return np.rint(matrix / scales[:, None]).astype(np.int8), scales


def _float_strips(matrix: np.ndarray) -> np.ndarray:
    outputs, inputs = matrix.shape
    strips = matrix.reshape(outputs // STRIP, STRIP, inputs)
    return np.ascontiguousarray(strips.transpose(0, 2, 1)).ravel()


def _bfloat_words(strips: np.ndarray) -> np.ndarray:
    """Column j in the lower half of a word, column j + 16 in the upper one."""
    rounded = torch.from_numpy(strips).bfloat16().view(torch.int16).numpy().view(np.uint16)
    halves = rounded.reshape(-1, 2, STRIP // 2).astype(np.uint32)
    return (halves[:, 0] | halves[:, 1] << 16).astype(np.uint32).ravel().view(np.int32)


def _byte_strips(quantized: np.ndarray) -> np.ndarray:
    outputs, inputs = quantized.shape
    shape = (outputs // STRIP, STRIP, inputs // BYTE_GROUP, BYTE_GROUP)
    groups = quantized.reshape(shape).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(groups).ravel().view(np.int32)
