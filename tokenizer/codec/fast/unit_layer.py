"""A residual unit where channels are innermost: from what it has seen to what the next layer sees.

```
seen ─► conv ─► snake ─► product ─► added to the stream ─► the next layer's snake ─► seen
```

The stream is changed where it lies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from tokenizer.codec.acoustic import ResidualUnit
from tokenizer.codec.fast.snake_layer import BiasedSnake, SnakeLayer


@dataclass(frozen=True, eq=False)
class UnitLayer:
    """The weights of one unit, in the format it is worked out in."""

    around: Tensor
    """Of a picture of one line: `[out, in, 1, taps]`, `in` innermost."""
    mix: Tensor
    """`[in, out]`."""
    dilation: int
    inner: SnakeLayer
    """Between the two."""
    following: SnakeLayer
    """Of the layer that comes next; it adds what this unit owes."""
    is_last: bool
    """Nobody reads the stream any more."""

    @classmethod
    def of(
        cls, unit: ResidualUnit, following: SnakeLayer, is_last: bool, dtype: torch.dtype
    ) -> UnitLayer:
        rate = following.steps_per_frame
        return cls(
            picture_weight(unit.conv1.weight, dtype),
            unit.conv2.weight.detach()[..., 0].T.to(dtype).contiguous(),
            int(unit.conv1.dilation[0]),
            SnakeLayer.of(unit.snake2, bias_of(unit.conv1), rate),
            following,
            is_last,
        )

    @property
    def width(self) -> int:
        return len(self.mix)


RunUnit = Callable[[Tensor, Tensor, UnitLayer, Tensor], Tensor]
"""What is seen, the stream, both `[batch, steps, channels]`, and how many frames there are of each
window -> what is seen next."""


def unit_by_layers(snake: BiasedSnake) -> RunUnit:
    """Convolution and product by the libraries of the device."""

    def run(seen: Tensor, stream: Tensor, layer: UnitLayer, counts: Tensor) -> Tensor:
        reach = layer.dilation * (layer.around.shape[-1] - 1) // 2
        around = convolved(seen, layer.around, padding=reach, dilation=layer.dilation)
        mixed = snake(around, layer.inner, counts)
        stream.baddbmm_(mixed, layer.mix.expand(len(mixed), -1, -1))
        return snake(stream, layer.following, counts)

    return run


def convolved(hidden: Tensor, weight: Tensor, padding: int, dilation: int = 1) -> Tensor:
    """`[batch, steps, channels]`, as a picture of one line: torch turns over mere lines."""
    picture = hidden.transpose(1, 2).unsqueeze(2)
    made = functional.conv2d(picture, weight, padding=(0, padding), dilation=(1, dilation))
    return made.squeeze(2).transpose(1, 2)


def picture_weight(taps: Tensor, dtype: torch.dtype) -> Tensor:
    """`[out, in, taps]` -> `[out, in, 1, taps]`, `in` innermost."""
    line = taps.detach().to(dtype).unsqueeze(2)
    return line.contiguous(memory_format=torch.channels_last)


def bias_of(conv: nn.Conv1d | nn.ConvTranspose1d) -> Tensor:
    """float32; torch knows layers without one."""
    bias = conv.bias
    if bias is None:
        return conv.weight.new_zeros(conv.out_channels).float()
    return bias.detach().float()
