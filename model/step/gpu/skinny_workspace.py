"""A workspace of few lanes, whose products take norms, gates and sums along.

Up to as many lanes as a matrix unit takes at once, a step waits for weights and for its own nodes.
So each product of a layer is one node here, with all that is between it and the ones beside it.
Whether that is faster than the library's products is measured where it runs: see `StepGraph`.
"""

from __future__ import annotations

import torch
import triton
from torch import Tensor

from model.cache.shared_prefix import SharedPrefixCache
from model.config.config import ModelConfig
from model.step.audio_layer import FusedLayer
from model.step.audio_weights import FusedMap
from model.step.gpu.fused_product import processor_count, product_shapes, split_count
from model.step.gpu.fused_workspace import FusedWorkspace
from model.step.gpu.skinny_kernel import skinny_heads_kernel, skinny_product_kernel
from model.step.torch_step import MOST_SKINNY_LANES

_OUTPUT_BLOCK = 128
_INPUT_BLOCK = 64
_STAGES = 4
"""Tiles of weights on their way at the same time."""
_MOST_SPLITS = 16
_SUM_BYTES = 8
"""Of one sum of a split, written and read again."""


class SkinnyWorkspace(FusedWorkspace):
    """Buffers and launches of one width, at most `MOST_SKINNY_LANES`, for weights that are not
    quantized."""

    def __init__(self, config: ModelConfig, cache: SharedPrefixCache, width: int) -> None:
        super().__init__(config, cache, width)
        device = cache.keys.device
        self._processors = processor_count(device)
        self._bytes = cache.dtype.itemsize
        tile = min(_OUTPUT_BLOCK, config.head_dim)
        most = max(config.audio_row_count, *(outputs for _, outputs in product_shapes(config)))
        tiles = triton.cdiv(most, tile)
        self._sums = torch.empty(_MOST_SPLITS, width, most, device=device)
        self._squares = torch.empty(_MOST_SPLITS, tiles, MOST_SKINNY_LANES, device=device)
        self._product_arrivals = torch.zeros(tiles, dtype=torch.int32, device=device)

    def project(self, hidden: Tensor, layer: FusedLayer) -> None:
        config, weights = self._config, layer.qkv
        assert isinstance(weights, Tensor), "quantized weights have a kernel of their own"
        inputs, outputs = weights.shape
        heads = config.head_count + 2 * config.kv_head_count
        splits = self._splits(inputs, heads)
        skinny_heads_kernel[(heads, splits)](
            hidden,
            weights,
            layer.attention_norm,
            self._sums,
            self._squares,
            self._product_arrivals,
            config.rms_norm_eps,
            *self._places(layer),
            self.width,
            splits,
            inputs,
            outputs,
            **self._head_constants(layer),
            lane_block=MOST_SKINNY_LANES,
            input_block=_INPUT_BLOCK,
            num_warps=4,
            num_stages=_STAGES,
        )

    def multiply_normed(
        self, hidden: Tensor, weight: Tensor, weights: FusedMap, out: Tensor
    ) -> None:
        self._launch(hidden, weights, out, norm_weight=weight)

    def add_product(self, hidden: Tensor, rows: Tensor, weights: FusedMap) -> Tensor:
        self._launch(rows, weights, hidden, adds=True)
        return hidden

    def add_gated(self, hidden: Tensor, weights: FusedMap) -> Tensor:
        self._launch(self.gate_up, weights, hidden, gates=True, adds=True)
        return hidden

    def _launch(
        self,
        rows: Tensor,
        weights: FusedMap,
        out: Tensor,
        norm_weight: Tensor | None = None,
        gates: bool = False,
        adds: bool = False,
    ) -> None:
        assert isinstance(weights, Tensor), "quantized weights have a kernel of their own"
        inputs, outputs = weights.shape
        tiles = triton.cdiv(outputs, _OUTPUT_BLOCK)
        splits = self._splits(inputs, tiles)
        skinny_product_kernel[(tiles, splits)](
            rows,
            weights,
            rows if norm_weight is None else norm_weight,
            out,
            self._sums,
            self._squares,
            self._product_arrivals,
            self._config.rms_norm_eps,
            self.width,
            splits,
            inputs,
            outputs,
            norms=norm_weight is not None,
            gates=gates,
            adds=adds,
            lane_block=MOST_SKINNY_LANES,
            output_block=_OUTPUT_BLOCK,
            input_block=_INPUT_BLOCK,
            num_warps=4,
            num_stages=_STAGES,
        )

    def _splits(self, inputs: int, tiles: int) -> int:
        most = min(_MOST_SPLITS, triton.cdiv(inputs, _INPUT_BLOCK))
        cost = _SUM_BYTES * self.width / (inputs * self._bytes)
        return split_count(tiles, most, cost, self._processors)
