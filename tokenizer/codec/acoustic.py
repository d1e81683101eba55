"""The convolutional half of the codec: sound to latent frames, and latent frames to sound.

Both directions are non-causal: a frame depends on its neighbours on both sides, and every layer
pads its input with zeros at the true ends of a clip. Whoever joins, pads or batches clips must
see to it that nothing else stands there (`codec/stream.py`, `codec.py`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from tokenizer.codec.config import AcousticConfig

RESIDUAL_DILATIONS = (1, 3, 9)
RESIDUAL_KERNEL = 7


class AcousticEncoder(nn.Module):
    """[lanes, 1, samples] -> [lanes, latent, frames]."""

    def __init__(self, config: AcousticConfig) -> None:
        super().__init__()
        width = config.encoder_width
        self.conv1 = nn.Conv1d(1, width, kernel_size=7, padding=3)
        self.block = nn.ModuleList()
        for stride in config.downsampling_ratios:
            self.block.append(EncoderBlock(width, stride))
            width *= 2
        self.snake1 = Snake(width)
        self.conv2 = nn.Conv1d(width, config.latent_size, kernel_size=3, padding=1)

    def forward(self, samples: Tensor) -> Tensor:
        hidden = self.conv1(samples)
        for block in self.block:
            hidden = block(hidden)
        return self.conv2(self.snake1(hidden))


class AcousticDecoder(nn.Module):
    """[lanes, latent, frames] -> [lanes, 1, frames * hop]; nothing bounds the output."""

    def __init__(self, config: AcousticConfig) -> None:
        super().__init__()
        width = config.decoder_width
        self.conv1 = nn.Conv1d(config.latent_size, width, kernel_size=7, padding=3)
        self.block = nn.ModuleList()
        for stride in config.upsampling_ratios:
            self.block.append(DecoderBlock(width, stride))
            width //= 2
        self.snake1 = Snake(width)
        self.conv2 = nn.Conv1d(width, 1, kernel_size=7, padding=3)

    def forward(self, latent: Tensor) -> Tensor:
        hidden = self.conv1(latent)
        for block in self.block:
            hidden = block(hidden)
        return self.conv2(self.snake1(hidden))


class EncoderBlock(nn.Module):
    """Three residual units, then `stride` times fewer steps of twice the width."""

    def __init__(self, width: int, stride: int) -> None:
        super().__init__()
        self.res_unit1, self.res_unit2, self.res_unit3 = _residual_units(width)
        self.snake1 = Snake(width)
        self.conv1 = nn.Conv1d(
            width, width * 2, kernel_size=2 * stride, stride=stride, padding=math.ceil(stride / 2)
        )

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = self.res_unit3(self.res_unit2(self.res_unit1(hidden)))
        return self.conv1(self.snake1(hidden))


class DecoderBlock(nn.Module):
    """`stride` times more steps of half the width, then three residual units."""

    def __init__(self, width: int, stride: int) -> None:
        super().__init__()
        self.snake1 = Snake(width)
        # The output padding makes n steps exactly n * stride ones, for odd strides too.
        self.conv_t1 = nn.ConvTranspose1d(
            width,
            width // 2,
            kernel_size=2 * stride,
            stride=stride,
            padding=math.ceil(stride / 2),
            output_padding=stride % 2,
        )
        self.res_unit1, self.res_unit2, self.res_unit3 = _residual_units(width // 2)

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = self.conv_t1(self.snake1(hidden))
        return self.res_unit3(self.res_unit2(self.res_unit1(hidden)))


class ResidualUnit(nn.Module):
    """x + mix(snake(look around(snake(x)))), with `dilation` steps between the taps."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        reach = (RESIDUAL_KERNEL - 1) * dilation // 2
        self.snake1 = Snake(width)
        self.conv1 = nn.Conv1d(
            width, width, kernel_size=RESIDUAL_KERNEL, dilation=dilation, padding=reach
        )
        self.snake2 = Snake(width)
        self.conv2 = nn.Conv1d(width, width, kernel_size=1)

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden + self.conv2(self.snake2(self.conv1(self.snake1(hidden))))


class Snake(nn.Module):
    """x + sin²(αx) / α, with one α per channel; zero stays zero."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, width, 1))

    def forward(self, hidden: Tensor) -> Tensor:
        return hidden + (self.alpha + 1e-9).reciprocal() * torch.sin(self.alpha * hidden).pow(2)


def _residual_units(width: int) -> list[ResidualUnit]:
    return [ResidualUnit(width, dilation) for dilation in RESIDUAL_DILATIONS]
