"""Weights that fit the data before the first step (LSUV), without which small codecs never start.

Layer after layer, in the order in which they run: orthogonal weights, zero bias, then scaled and
centred so that the layer's output on a real batch has unit variance. Branches that are added to
their input start small, and so does the last layer of all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor, nn

Layer: TypeAlias = nn.Conv1d | nn.ConvTranspose1d | nn.Linear

BRANCH_SCALE = 0.3
LAST_SCALE = 0.07


@torch.no_grad()
def start_from_data(part: nn.Module, batch: Tensor, last_scale: float = 1.0) -> None:
    """Set every convolution and linear layer of `part`, scaled by what `batch` makes of it."""
    layers = _in_order_of_use(part, batch)
    for index, (name, layer) in enumerate(layers):
        _orthogonal(layer)
        output = _output_of(part, layer, batch)
        scale = BRANCH_SCALE if name.endswith("conv2") and "res_unit" in name else 1.0
        if index == len(layers) - 1:
            scale *= last_scale
        factor = scale / output.std().clamp(min=1e-6)
        channels = [dim for dim in range(output.ndim) if dim != 1]
        layer.weight.mul_(factor)
        if layer.bias is not None:
            layer.bias.copy_(-output.mean(dim=channels) * factor)


def _in_order_of_use(part: nn.Module, batch: Tensor) -> list[tuple[str, Layer]]:
    names = {module: name for name, module in part.named_modules()}
    used: list[tuple[str, Layer]] = []

    def note(layer: nn.Module, _inputs: object, _output: object) -> None:
        if isinstance(layer, Layer):
            used.append((names[layer], layer))

    _run_with_hook(part, batch, [m for m in names if isinstance(m, Layer)], note)
    return used


def _output_of(part: nn.Module, layer: nn.Module, batch: Tensor) -> Tensor:
    caught: list[Tensor] = []

    def catch(_layer: nn.Module, _inputs: object, output: Tensor) -> None:
        caught.append(output)

    _run_with_hook(part, batch, [layer], catch)
    return caught[0]


def _run_with_hook(
    part: nn.Module, batch: Tensor, layers: list[nn.Module], hook: Callable[..., None]
) -> None:
    handles = [layer.register_forward_hook(hook) for layer in layers]
    try:
        part(batch)
    finally:
        for handle in handles:
            handle.remove()


def _orthogonal(layer: Layer) -> None:
    if isinstance(layer, nn.ConvTranspose1d):  # stored [in, out, taps]
        flat = torch.empty(layer.weight.shape[1], layer.weight.shape[0] * layer.weight.shape[2])
        nn.init.orthogonal_(flat)
        shape = (layer.weight.shape[1], layer.weight.shape[0], layer.weight.shape[2])
        layer.weight.copy_(flat.view(shape).transpose(0, 1))
    else:
        nn.init.orthogonal_(layer.weight.flatten(1) if layer.weight.ndim > 2 else layer.weight)
    if layer.bias is not None:
        layer.bias.zero_()
