"""Which kernels of triton a decoder is made with: those that are wanted, installed, and right on
the device they are for. What is left out is said, and its twin does the work."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec

import torch

from tokenizer.codec.fast.snake_layer import BiasedSnake, plain_biased_snake
from tokenizer.codec.fast.unit_layer import RunUnit, unit_by_layers


@dataclass(frozen=True)
class ChosenKernels:
    """By default none."""

    snake: BiasedSnake = plain_biased_snake
    fused_unit: RunUnit | None = None
    fused_widths: tuple[int, ...] = ()

    def unit(self, width: int) -> RunUnit:
        """What runs a residual unit of so many channels."""
        if self.fused_unit is not None and width in self.fused_widths:
            return self.fused_unit
        return unit_by_layers(self.snake)

    def __str__(self) -> str:
        if self.snake is plain_biased_snake:
            return "plain activations"
        widths = " and ".join(map(str, self.fused_widths))
        return f"activations by a kernel, units of {widths or 'no'} channels too"


def choose_kernels(
    device: torch.device, dtype: torch.dtype, widths: Iterable[int]
) -> ChosenKernels:
    """For activations of so many channels."""
    if find_spec("triton") is None:
        return ChosenKernels()
    from tokenizer.codec.fast import biased_snake, fused_unit

    widths = tuple(widths)
    if _is_wrong(biased_snake.disagreement(device, dtype, widths)):
        return ChosenKernels()
    # In float32 a matrix unit would shorten factors.
    few = [one for one in widths if one in fused_unit.WIDTHS and dtype != torch.float32]
    right = [one for one in few if not _is_wrong(fused_unit.disagreement(device, dtype, one))]
    return ChosenKernels(biased_snake.biased_snake, fused_unit.fused_unit, tuple(right))


def _is_wrong(problem: str | None) -> bool:
    if problem is not None:
        warnings.warn(
            f"the codec's fused kernel is left out: {problem}", RuntimeWarning, stacklevel=4
        )
    return problem is not None
