"""Weights of the layers in one byte each: int8 or fp8, with one scale per output.

    y = (x · valuesᵗ) · scales + bias          values [out, in] in 8 bits, scales [out] in float32

Only what is kept is narrow: a weight is widened to the input's format as it is used, which loses
nothing, and the scale comes behind the product. Tables, heads and norms stay as they are: what
rounding takes from them is heard as another voice. For GPUs of little memory; nothing here is
faster by itself, and steps that pack weights refuse such a network: it takes `StepKind.PLAIN`.
"""

from __future__ import annotations

from enum import Enum

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.backbone import HiggsModel


class NarrowFormat(Enum):
    """Of the values; the largest of an output's weights becomes the largest there is."""

    INT8 = torch.int8
    FP8 = torch.float8_e4m3fn

    @property
    def largest(self) -> float:
        return 127.0 if self is NarrowFormat.INT8 else float(torch.finfo(self.value).max)


class QuantizedLinear(nn.Module):
    """In the place of an `nn.Linear`."""

    values: Tensor
    scales: Tensor
    bias: Tensor | None

    def __init__(self, linear: nn.Linear, narrow: NarrowFormat) -> None:
        super().__init__()
        values, scales = quantized(linear.weight.detach(), narrow)
        self.register_buffer("values", values)
        self.register_buffer("scales", scales)
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach())

    def forward(self, hidden: Tensor) -> Tensor:
        """`[..., in]` to `[..., out]`, in the input's number format."""
        product = functional.linear(hidden, self.values.to(hidden.dtype)).float() * self.scales
        if self.bias is not None:
            product = product + self.bias
        return product.to(hidden.dtype)


def quantized(weight: Tensor, narrow: NarrowFormat) -> tuple[Tensor, Tensor]:
    """`[out, in]` to values of the same shape and scales `[out]`; an output of zeros stays one."""
    wide = weight.float()
    largest = wide.abs().amax(dim=1)
    scales = torch.where(largest > 0, largest, 1.0) / narrow.largest
    spread = wide / scales[:, None]
    if narrow is NarrowFormat.INT8:
        spread = spread.round()
    return spread.clamp(-narrow.largest, narrow.largest).to(narrow.value), scales


def widened(values: Tensor, scales: Tensor) -> Tensor:
    """The weights as they are meant, in float32."""
    return values.float() * scales[:, None]


def quantize_layers(network: HiggsModel, narrow: NarrowFormat) -> None:
    """Every linear map of every layer, one after the other, so that memory never grows."""
    for module in list(network.model.layers.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Linear):
                setattr(module, name, QuantizedLinear(child, narrow))
