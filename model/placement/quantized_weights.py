"""Weights of the layers in one byte each: int8 or fp8, with one scale per output.

    y = (x · valuesᵗ) · scales + bias          values [out, in] in 8 bits, scales [out] in float32

Only what is kept is quantized: a weight is cast to the input's format as it is used, which loses
nothing, and the scale comes behind the product. Tables, heads and norms stay as they are: rounding
them changes the voice. What is multiplied here is cast in memory first, which pays for the many
rows of a prefill; the few rows of a decode step are multiplied by `step/gpu/fused_product.py`,
which reads each byte once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.hardware.quantized_rows import QuantizedFormat, quantize
from model.network.backbone import HiggsModel


@dataclass(frozen=True, eq=False)
class QuantizedMatrix:
    """A linear map without bias, or several of one input side by side."""

    values: Tensor
    """`[out, in]` in 8 bits."""
    scales: Tensor
    """`[out]` float32."""

    def product(self, rows: Tensor) -> Tensor:
        """`[..., in]` to `[..., out]` in float32."""
        return functional.linear(rows, self.values.to(rows.dtype)).float() * self.scales


class QuantizedLinear(nn.Module):
    """In the place of an `nn.Linear`."""

    values: Tensor
    scales: Tensor
    bias: Tensor | None

    def __init__(self, linear: nn.Linear, number_format: QuantizedFormat) -> None:
        super().__init__()
        values, scales = quantize(linear.weight.detach(), number_format)
        self.register_buffer("values", values)
        self.register_buffer("scales", scales)
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach())

    def forward(self, hidden: Tensor) -> Tensor:
        """`[..., in]` to `[..., out]`, in the input's number format."""
        product = QuantizedMatrix(self.values, self.scales).product(hidden)
        if self.bias is not None:
            product = product + self.bias
        return product.to(hidden.dtype)


def quantize_layers(network: HiggsModel, number_format: QuantizedFormat) -> None:
    """Every linear map of every layer, one after the other, so that memory never grows."""
    for module in list(network.model.layers.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear):
                setattr(module, name, QuantizedLinear(child, number_format))


def quantized_format(network: HiggsModel) -> QuantizedFormat | None:
    """What the layers were quantized to; None if they were not."""
    for module in network.model.layers.modules():
        if isinstance(module, QuantizedLinear):
            return QuantizedFormat(module.values.dtype)
    return None


def side_by_side(projections: Sequence[QuantizedLinear]) -> QuantizedMatrix:
    """Projections of one input as one map; they share its memory after."""
    if len(projections) == 1:
        return QuantizedMatrix(projections[0].values, projections[0].scales)
    matrix = QuantizedMatrix(
        torch.cat([one.values for one in projections]),
        torch.cat([one.scales for one in projections]),
    )
    counts = [len(one.scales) for one in projections]
    parts = zip(projections, matrix.values.split(counts), matrix.scales.split(counts), strict=True)
    for one, values, scales in parts:
        one.values, one.scales = values, scales
    return matrix
