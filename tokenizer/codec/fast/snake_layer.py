"""The snake activation where channels are innermost: it adds what bias is owed, and writes zeros
behind a window's end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from tokenizer.codec.acoustic import Snake


@dataclass(frozen=True, eq=False)
class SnakeLayer:
    """What one activation knows of its channels; float32 `[channels]` each."""

    bias: Tensor
    """Owed by the layers before it."""
    alpha: Tensor
    inverse: Tensor
    """Of α."""
    steps_per_frame: int

    @classmethod
    def of(cls, snake: Snake, owed: Tensor, steps_per_frame: int) -> SnakeLayer:
        alpha = snake.alpha.detach().float().flatten()
        return cls(owed, alpha, (alpha + 1e-9).reciprocal(), steps_per_frame)


BiasedSnake = Callable[[Tensor, SnakeLayer, Tensor], Tensor]
"""Raw `[batch, steps, channels]` and how many frames there are of each window, `[batch]` -> what is
activated, contiguous, in the same format."""


def plain_biased_snake(raw: Tensor, layer: SnakeLayer, counts: Tensor) -> Tensor:
    """snake(raw + bias) in float32 whatever the format, with zeros behind the frames there are."""
    value = raw.float() + layer.bias
    wave = (value * layer.alpha).sin_().square_()
    activated = torch.addcmul(value, wave, layer.inverse)
    steps = torch.arange(raw.shape[1], device=raw.device)
    beyond = steps >= (counts * layer.steps_per_frame)[:, None]
    return activated.masked_fill_(beyond[..., None], 0.0).to(raw.dtype).contiguous()
