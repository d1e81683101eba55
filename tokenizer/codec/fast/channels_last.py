"""The network's decoder laid out for a GPU: channels innermost, biases added by the activations.

```
codes ─► one table ─► conv ─► [ snake ─► upsample ─► unit ─► unit ─► unit ] ×5 ─► snake ─► conv
unit      stream ─► snake ─► conv ─► snake ─► product, added to the stream where it lies
```

Tensor cores read `[batch, steps, channels]`; any other layout is turned over before and after each
convolution, and a bias is one more pass over memory. So no convolution adds its bias: what a layer
gives is *raw*, and the activation behind it adds what is owed. The stream of a block gathers what
is owed over its units. Upsampling is a convolution over two neighbours whose channels are the
phases of the steps that come of them: innermost, they lie as those steps do. Behind a window's own
frames the table has an entry of zeros, and every activation writes them.

The network itself, layer by layer, is the twin.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from tokenizer.codec.acoustic import DecoderBlock, ResidualUnit, Snake
from tokenizer.codec.full_float32 import full_float32
from tokenizer.codec.network import CodecNetwork


@dataclass(frozen=True, eq=False)
class SnakeLayer:
    """What one activation knows of its channels; float32 `[channels]` each."""

    bias: Tensor
    """Owed by the layers before it."""
    alpha: Tensor
    inverse: Tensor
    """Of α."""
    steps_per_frame: int


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


class ChannelsLastDecoder:
    """Codes of windows to their sound."""

    def __init__(
        self, network: CodecNetwork, dtype: torch.dtype, snake: BiasedSnake = plain_biased_snake
    ) -> None:
        """`dtype`: of convolutions and what lies between layers; the rest is float32."""
        decoder, self._dtype, self._snake = network.acoustic_decoder, dtype, snake
        self._device = network.fc2.bias.device
        self._table = CodesTable(network)
        self._opening = _weight(decoder.conv1.weight, dtype)
        owed, rate, self._blocks = _bias(decoder.conv1), 1, []
        for one in decoder.block:
            block = _Block(cast(DecoderBlock, one), owed, rate, dtype)
            self._blocks.append(block)
            owed, rate = block.owed, block.steps_per_frame
        self._last = _layer(decoder.snake1, owed, rate)
        self._closing, self._closing_bias = (
            _weight(decoder.conv2.weight, dtype),
            _bias(decoder.conv2),
        )

    @torch.inference_mode()
    def __call__(self, codes: Tensor, counts: Tensor) -> Tensor:
        """Codes `[batch, codebooks, frames]` and how many frames of each there are `[batch]`, ->
        float32 samples `[batch, frames * hop]`; what is behind the end of a window is no sound."""
        with self._exactness():
            raw = _convolved(self._table(codes, counts).to(self._dtype), self._opening, padding=3)
            for block in self._blocks:
                raw = block(raw, counts, self._snake)
            sound = _convolved(self._snake(raw, self._last, counts), self._closing, padding=3)
        return sound[..., 0] + self._closing_bias

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
    """`stride` times more steps of half the width, then three residual units."""

    def __init__(self, block: DecoderBlock, owed: Tensor, rate: int, dtype: torch.dtype) -> None:
        upsampling = block.conv_t1
        self._stride, self._cut = int(upsampling.stride[0]), int(upsampling.padding[0])
        self._snake = _layer(block.snake1, owed, rate)
        self._phases = _phases(upsampling, dtype)
        self.steps_per_frame = rate * self._stride
        self.owed, self._units = _bias(upsampling), []
        for one in (block.res_unit1, block.res_unit2, block.res_unit3):
            unit = _Unit(one, self.owed, self.steps_per_frame, dtype)
            self._units.append(unit)
            self.owed = unit.owed

    def __call__(self, raw: Tensor, counts: Tensor, snake: BiasedSnake) -> Tensor:
        steps = raw.shape[1] * self._stride
        phases = _convolved(snake(raw, self._snake, counts), self._phases, padding=1)
        whole = phases.reshape(len(raw), steps + self._stride, -1)
        stream = whole[:, self._cut : self._cut + steps]
        for unit in self._units:
            unit.add_to(stream, counts, snake)
        return stream


class _Unit:
    """A residual unit; see `acoustic.ResidualUnit`."""

    def __init__(
        self, unit: ResidualUnit, owed: Tensor, steps_per_frame: int, dtype: torch.dtype
    ) -> None:
        self._first = _layer(unit.snake1, owed, steps_per_frame)
        self._around = _weight(unit.conv1.weight, dtype)
        self._reach, self._dilation = int(unit.conv1.padding[0]), int(unit.conv1.dilation[0])
        self._second = _layer(unit.snake2, _bias(unit.conv1), steps_per_frame)
        self._mix = unit.conv2.weight.detach()[..., 0].T.to(dtype).contiguous()
        self.owed = owed + _bias(unit.conv2)

    def add_to(self, stream: Tensor, counts: Tensor, snake: BiasedSnake) -> None:
        seen = snake(stream, self._first, counts)
        around = _convolved(seen, self._around, padding=self._reach, dilation=self._dilation)
        mixed = snake(around, self._second, counts)
        stream.baddbmm_(mixed, self._mix.expand(len(mixed), -1, -1))


def _convolved(hidden: Tensor, weight: Tensor, padding: int, dilation: int = 1) -> Tensor:
    """`[batch, steps, channels]`, as a picture of one line: torch turns over mere lines."""
    picture = hidden.transpose(1, 2).unsqueeze(2)
    made = functional.conv2d(picture, weight, padding=(0, padding), dilation=(1, dilation))
    return made.squeeze(2).transpose(1, 2)


def _weight(taps: Tensor, dtype: torch.dtype) -> Tensor:
    """`[out, in, taps]` -> `[out, in, 1, taps]`, `in` innermost."""
    line = taps.detach().to(dtype).unsqueeze(2)
    return line.contiguous(memory_format=torch.channels_last)


def _phases(conv: nn.ConvTranspose1d, dtype: torch.dtype) -> Tensor:
    """Step i·s + p sums input step i through tap p and step i - 1 through tap s + p: weights
    `[phase · out, in, 1, 2]` of a convolution over step i - 1 and step i."""
    taps = conv.weight.detach()
    stride = int(conv.stride[0])
    both = torch.stack([taps[..., stride:], taps[..., :stride]], dim=-1)
    return _weight(both.permute(2, 1, 0, 3).flatten(0, 1), dtype)


def _layer(snake: Snake, owed: Tensor, steps_per_frame: int) -> SnakeLayer:
    alpha = snake.alpha.detach().float().flatten()
    return SnakeLayer(owed, alpha, (alpha + 1e-9).reciprocal(), steps_per_frame)


def _bias(conv: nn.Conv1d | nn.ConvTranspose1d) -> Tensor:
    """Torch knows layers without one."""
    bias = conv.bias
    if bias is None:
        return conv.weight.new_zeros(conv.out_channels).float()
    return bias.detach().float()
