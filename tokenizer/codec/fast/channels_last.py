"""The network's decoder laid out for a GPU: channels innermost, biases added by the activations.

```
codes ─► one table ─► conv ─► snake ─► [ upsample ─► snake ─► unit ─► unit ─► unit ] ×5 ─► conv
```

Tensor cores read `[batch, steps, channels]`; any other layout is turned over before and after each
convolution, and a bias is one more pass over memory. So no convolution adds its bias: what a layer
gives is *raw*, and the activation behind it adds what is owed. The stream of a block gathers what
is owed over its units, each of which ends with the activation of what comes next. Upsampling is a
convolution over two neighbours whose channels are the phases of the steps that come of them:
innermost, they lie as those steps do. Behind a window's own frames the table has an entry of zeros,
and every activation writes them.

The network itself, layer by layer, is the twin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from tokenizer.codec.acoustic import DecoderBlock, ResidualUnit, Snake
from tokenizer.codec.fast.snake_layer import BiasedSnake, SnakeLayer, plain_biased_snake
from tokenizer.codec.fast.unit_layer import (
    RunUnit,
    UnitLayer,
    bias_of,
    convolved,
    picture_weight,
    unit_by_layers,
)
from tokenizer.codec.full_float32 import full_float32
from tokenizer.codec.network import CodecNetwork


class ChannelsLastDecoder:
    """Codes of windows to their sound."""

    def __init__(
        self,
        network: CodecNetwork,
        dtype: torch.dtype,
        snake: BiasedSnake = plain_biased_snake,
        units: Callable[[int], RunUnit] | None = None,
    ) -> None:
        """`dtype`: of convolutions and what lies between layers; the rest is float32. `units`: how
        those of so many channels are run."""
        decoder, self._dtype, self._snake = network.acoustic_decoder, dtype, snake
        self._device = network.fc2.bias.device
        self._units = units or (lambda width: unit_by_layers(snake))
        self._table = CodesTable(network)
        self._opening = picture_weight(decoder.conv1.weight, dtype)
        self._blocks: list[_Block] = []
        blocks = [cast(DecoderBlock, one) for one in decoder.block]
        after = [*(one.snake1 for one in blocks[1:]), decoder.snake1]
        self._first = SnakeLayer.of(blocks[0].snake1, bias_of(decoder.conv1), 1)
        rate = 1
        for block, following in zip(blocks, after, strict=True):
            self._blocks.append(_Block(block, following, rate, dtype))
            rate = self._blocks[-1].steps_per_frame
        self._closing, self._bias = (
            picture_weight(decoder.conv2.weight, dtype),
            bias_of(decoder.conv2),
        )

    @torch.inference_mode()
    def __call__(self, codes: Tensor, counts: Tensor) -> Tensor:
        """Codes `[batch, codebooks, frames]` and how many frames of each there are `[batch]`, ->
        float32 samples `[batch, frames * hop]`; what is behind the end of a window is no sound."""
        with self._exactness():
            raw = convolved(self._table(codes, counts).to(self._dtype), self._opening, padding=3)
            seen = self._snake(raw, self._first, counts)
            for block in self._blocks:
                seen = block(seen, counts, self._snake, self._units(block.width))
            sound = convolved(seen, self._closing, padding=3)
        return sound[..., 0] + self._bias

    def _exactness(self) -> AbstractContextManager[None]:
        return full_float32(self._device) if self._dtype == torch.float32 else nullcontext()


def activated_widths(network: CodecNetwork) -> tuple[int, ...]:
    """How many channels the activations have."""
    layers = (one for one in network.acoustic_decoder.modules() if isinstance(one, Snake))
    return tuple(sorted({one.alpha.numel() for one in layers}))


class CodesTable:
    """Quantizer and the layer behind it as one table: what each code adds to the decoder's input.

    Both are linear, so the entries of all codebooks, once they are worked out, need only be added.
    """

    def __init__(self, network: CodecNetwork) -> None:
        quantizers, weight = network.quantizer.first(), network.fc2.weight
        with torch.inference_mode():
            entries = [one.project_out(one.codebook.embed) @ weight.T for one in quantizers]
            entries[0] = entries[0] + network.fc2.bias
            silence = weight.new_zeros(1, len(weight))
            self._entries = torch.cat([*entries, silence])
        size = network.config.codebook_size
        self._silence = size * len(quantizers)
        self._first = (torch.arange(len(quantizers), device=weight.device) * size)[:, None]

    def __call__(self, codes: Tensor, counts: Tensor) -> Tensor:
        """-> float32 `[batch, frames, latent]`, zeros where there are no frames."""
        frames = torch.arange(codes.shape[-1], device=codes.device)
        is_there = frames < counts[:, None, None]
        rows = torch.where(is_there, codes + self._first, self._silence)
        return functional.embedding(rows, self._entries).sum(1)


class _Block:
    """`stride` times more steps of half the width, then three residual units, from what is seen to
    what is seen behind them."""

    def __init__(
        self, block: DecoderBlock, following: Snake, rate: int, dtype: torch.dtype
    ) -> None:
        upsampling = block.conv_t1
        self._stride, self._cut = int(upsampling.stride[0]), int(upsampling.padding[0])
        self._phases = _phases(upsampling, dtype)
        self.width, self.steps_per_frame = upsampling.out_channels, rate * self._stride
        units = (block.res_unit1, block.res_unit2, block.res_unit3)
        layers = _gathering(units, following, bias_of(upsampling), self.steps_per_frame)
        self._first = layers[0]
        self._units = [
            UnitLayer.of(unit, layer, layer is layers[-1], dtype)
            for unit, layer in zip(units, layers[1:], strict=True)
        ]

    def __call__(
        self, seen: Tensor, counts: Tensor, snake: BiasedSnake, run_unit: RunUnit
    ) -> Tensor:
        steps = seen.shape[1] * self._stride
        phases = convolved(seen, self._phases, padding=1)
        whole = phases.reshape(len(seen), steps + self._stride, -1)
        stream = whole[:, self._cut : self._cut + steps]
        seen = snake(stream, self._first, counts)
        for unit in self._units:
            seen = run_unit(seen, stream, unit, counts)
        return seen


def _gathering(
    units: Sequence[ResidualUnit], following: Snake, owed: Tensor, rate: int
) -> list[SnakeLayer]:
    """The activations of a stream, before each unit and behind the last: each adds all that is owed
    by then."""
    layers = []
    for unit in units:
        layers.append(SnakeLayer.of(unit.snake1, owed, rate))
        owed = owed + bias_of(unit.conv2)
    return [*layers, SnakeLayer.of(following, owed, rate)]


def _phases(conv: nn.ConvTranspose1d, dtype: torch.dtype) -> Tensor:
    """Step i·s + p sums input step i through tap p and step i - 1 through tap s + p: weights
    `[phase · out, in, 1, 2]` of a convolution over step i - 1 and step i."""
    taps = conv.weight.detach()
    stride = int(conv.stride[0])
    both = torch.stack([taps[..., stride:], taps[..., :stride]], dim=-1)
    return picture_weight(both.permute(2, 1, 0, 3).flatten(0, 1), dtype)
