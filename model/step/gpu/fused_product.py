"""Multiply the few rows of a decode step by quantized weights, reading each byte once.

The plain twin is `QuantizedMatrix.product`, which casts all weights in memory first. Sums of a
split product lie in a buffer that stands between steps, so a launch can be recorded and replayed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import triton
from torch import Tensor

from model.config.config import ModelConfig
from model.placement.quantized_weights import QuantizedMatrix
from model.step.gpu.quantized_kernel import quantized_product_kernel

_OUTPUT_BLOCK = 64
_MOST_SPLITS = 16
_PROGRAMS_WANTED = 2
"""Per processor of the GPU, to keep enough bytes on their way."""
_GOOD_USE = 0.85
_SUM_BYTES = 8
"""Of one sum of a split, written and read again."""


@dataclass(frozen=True)
class ProductTile:
    """What one program works on; bounded by the memory that a program shares, 99 KB on the
    smallest devices."""

    lanes: int
    inputs: int
    stages: int
    """Tiles of weights on their way at the same time."""


PRODUCT_TILES = (
    ProductTile(16, 128, 4),
    ProductTile(32, 128, 4),
    ProductTile(64, 128, 3),
    ProductTile(128, 64, 3),
)


class FusedProduct:
    """Launches of one width. Later products overwrite the sums of earlier ones."""

    def __init__(
        self,
        width: int,
        shapes: Iterable[tuple[int, int]],
        device: torch.device,
        processor_count: int,
    ) -> None:
        """`shapes`: inputs and outputs of every product there will be."""
        self._width = width
        self._processors = processor_count
        self._tile = next((one for one in PRODUCT_TILES if one.lanes >= width), PRODUCT_TILES[-1])
        self._lane_tiles = triton.cdiv(width, self._tile.lanes)
        sums, tiles = 1, 1
        for inputs, outputs in shapes:
            splits = self._splits(inputs, outputs)
            sums = max(sums, splits * width * outputs if splits > 1 else 1)
            tiles = max(tiles, self._lane_tiles * triton.cdiv(outputs, _OUTPUT_BLOCK))
        self._sums = torch.empty(sums, device=device)
        self._arrivals = torch.zeros(tiles, dtype=torch.int32, device=device)

    def multiply(
        self, rows: Tensor, weights: QuantizedMatrix, out: Tensor, added: Tensor | None = None
    ) -> None:
        """`[lanes, in]`, contiguous, to `out` `[lanes, out]`, which may be `added` itself."""
        outputs, inputs = weights.values.shape
        tile, splits = self._tile, self._splits(inputs, outputs)
        quantized_product_kernel[(self._lane_tiles, triton.cdiv(outputs, _OUTPUT_BLOCK), splits)](
            rows,
            weights.values,
            weights.scales,
            out if added is None else added,
            out,
            self._sums,
            self._arrivals,
            self._width,
            inputs,
            outputs,
            splits,
            adds=added is not None,
            lane_block=tile.lanes,
            output_block=_OUTPUT_BLOCK,
            input_block=tile.inputs,
            num_warps=4,
            num_stages=tile.stages,
        )

    def _splits(self, inputs: int, outputs: int) -> int:
        tiles = self._lane_tiles * triton.cdiv(outputs, _OUTPUT_BLOCK)
        most = min(_MOST_SPLITS, triton.cdiv(inputs, self._tile.inputs))
        cost = _SUM_BYTES * self._width / inputs
        return split_count(tiles, most, cost, self._processors)


def product_shapes(config: ModelConfig) -> list[tuple[int, int]]:
    """Inputs and outputs of the four products of a layer."""
    hidden, inner = config.hidden_size, config.intermediate_size
    heads = config.head_count * config.head_dim
    keys = config.kv_head_count * config.head_dim
    return [(hidden, heads + 2 * keys), (heads, hidden), (hidden, 2 * inner), (inner, hidden)]


def split_count(tiles: int, most: int, cost: float, processors: int) -> int:
    """Into how many parts the inputs of a product are split: the fewest with which every processor
    has some programs, and all of them about as many. `cost`: the bytes that one more part moves
    for its sums, as a share of the bytes of the weights."""

    def use(splits: int) -> float:
        programs = tiles * splits
        rounds = -(-programs // processors)
        enough = min(1.0, programs / (_PROGRAMS_WANTED * processors))
        sums = cost * splits if splits > 1 else 0.0
        return enough * programs / (rounds * processors) / (1 + sums)

    possible = range(1, most + 1)
    return next((one for one in possible if use(one) >= _GOOD_USE), max(possible, key=use))


def processor_count(device: torch.device) -> int:
    """Of a GPU; one where kernels are interpreted."""
    if device.type != "cuda":
        return 1
    return int(torch.cuda.get_device_properties(device).multi_processor_count)
