"""Decode while frames arrive, without seams and with bounded memory.

Each layer keeps the few steps its next output still needs, so that nothing is worked out twice
and the pieces joined are what one shot would have given. Sound lags the codes by about ten frames:
the decoder looks ahead, and only `finish` tells it that nothing more will come.

    codes ─► conv ─► snake ─► upsample ─► unit ─► unit ─► unit ─► … ─► conv ─► samples
              keeps 6           keeps 1     keeps 6 · dilation,
                                            and the skip path waits as long
"""

from __future__ import annotations

from typing import Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from tokenizer.codec.acoustic import DecoderBlock, ResidualUnit, Snake
from tokenizer.codec.fast.snake_kernel import SnakeKernel, plain_snake, suits
from tokenizer.codec.network import CodecNetwork


class PreparedDecoder:
    """A network's decoder with its kernels laid out for speed; shared by all streams.

    `fused=False` leaves out what numba compiles: the same sound, more slowly.
    """

    def __init__(self, network: CodecNetwork, *, fused: bool = True) -> None:
        self.network = network
        self.fused = fused and suits(network.acoustic_decoder.snake1.alpha)
        self.blocks = [cast(DecoderBlock, block) for block in network.acoustic_decoder.block]
        self.kernels = [UpsamplingKernel(block.conv_t1) for block in self.blocks]

    def stream(self) -> DecodeStream:
        """A stream for one clip, or for several lanes of one length."""
        decoder = self.network.acoustic_decoder
        stages: list[Stage] = [StreamingConv(decoder.conv1, KeptSteps(3))]
        for block, kernel in zip(self.blocks, self.kernels, strict=True):
            stages.append(StreamingUpsampling(kernel, KeptSteps(1, self._snake(block.snake1))))
            units = (block.res_unit1, block.res_unit2, block.res_unit3)
            stages += [self._streaming_unit(unit) for unit in units]
        stages.append(StreamingConv(decoder.conv2, KeptSteps(3, self._snake(decoder.snake1))))
        return DecodeStream(self.network, stages)

    def _streaming_unit(self, unit: ResidualUnit) -> StreamingUnit:
        kept = KeptSteps(int(unit.conv1.padding[0]), self._snake(unit.snake1))
        return StreamingUnit(unit, StreamingConv(unit.conv1, kept), self._snake(unit.snake2))

    def _snake(self, layer: Snake) -> Activation:
        return FusedSnake(layer.alpha) if self.fused else PlainSnake(layer.alpha)


class DecodeStream:
    """One clip on its way from codes to sound; of no further use once finished."""

    def __init__(self, network: CodecNetwork, stages: list[Stage]) -> None:
        self._network = network
        self._stages = stages
        self._lanes = 1
        self._ended = False

    def push(self, codes: Tensor) -> Tensor:
        """Codes [lanes, codebooks, frames] -> the samples [lanes, n] that are settled by now."""
        self._lanes = codes.shape[0]
        return self._run(self._latent(codes), last=False)

    def finish(self, codes: Tensor | None = None) -> Tensor:
        """The last codes, if any are left, and every sample still owed."""
        if codes is not None:
            self._lanes = codes.shape[0]
            return self._run(self._latent(codes), last=True)
        bias = self._network.fc2.bias
        return self._run(bias.new_zeros(self._lanes, len(bias), 0), last=True)

    def _latent(self, codes: Tensor) -> Tensor:
        return self._network.to_acoustic(self._network.dequantize(codes))

    def _run(self, hidden: Tensor, *, last: bool) -> Tensor:
        if self._ended:
            raise RuntimeError("this stream has been finished: begin another")
        self._ended = last
        for stage in self._stages:
            hidden = stage.push(hidden, last)
        return hidden[:, 0]


class Stage(Protocol):
    """A layer that takes steps as they come: [lanes, channels, n] -> [lanes, channels', m]."""

    def push(self, hidden: Tensor, last: bool) -> Tensor: ...


class Activation(Protocol):
    """Works on single steps, and writes them where the next layer wants them."""

    def into(self, target: Tensor, hidden: Tensor) -> None: ...


class KeptSteps:
    """What a layer has seen and still needs: its input, after its activation, to and fro.

    A clip begins and ends in silence: `reach` steps of it stand before the first step and, once
    the last has come, behind it.
    """

    def __init__(self, reach: int, activation: Activation | None = None) -> None:
        self.reach = reach
        self.activation = activation
        self.kept: Tensor | None = None

    def followed_by(self, hidden: Tensor, last: bool) -> Tensor:
        """Everything kept and everything new: [lanes, channels, kept + n (+ reach)]."""
        lanes, channels, count = hidden.shape
        before = self.reach if self.kept is None else self.kept.shape[-1]
        after = self.reach if last else 0
        steps = hidden.new_empty(lanes, channels, before + count + after)
        if self.kept is None:
            steps[..., :before] = 0
        else:
            steps[..., :before] = self.kept
        new = steps[..., before : before + count]
        if self.activation is None:
            new.copy_(hidden)
        else:
            self.activation.into(new, hidden)
        steps[..., before + count :] = 0
        return steps

    def keep(self, steps: Tensor) -> None:
        # A copy: a view would keep the whole of what it looks into.
        self.kept = steps.clone()


class StreamingConv:
    """A convolution of stride 1 that keeps its length over a whole clip."""

    def __init__(self, conv: nn.Conv1d, input_steps: KeptSteps) -> None:
        self.conv = conv
        self.input = input_steps

    def push(self, hidden: Tensor, last: bool) -> Tensor:
        steps = self.input.followed_by(hidden, last)
        ready = steps.shape[-1] - 2 * self.input.reach
        self.input.keep(steps[..., max(0, ready) :])
        if ready <= 0:
            return hidden.new_zeros(hidden.shape[0], self.conv.out_channels, 0)
        conv = self.conv
        return functional.conv1d(steps, conv.weight, conv.bias, dilation=conv.dilation)


class StreamingUnit:
    """A residual unit: the skip path waits until the convolution has caught up."""

    def __init__(self, unit: ResidualUnit, around: StreamingConv, snake: Activation) -> None:
        self.unit = unit
        self.around = around
        self.snake = snake
        self.waiting: Tensor | None = None

    def push(self, hidden: Tensor, last: bool) -> Tensor:
        inner = self.around.push(hidden, last)
        waiting = hidden if self.waiting is None else torch.cat([self.waiting, hidden], dim=-1)
        ready = inner.shape[-1]
        self.waiting = waiting[..., ready:].clone()
        if ready == 0:
            return inner
        activated = torch.empty_like(inner)  # not in place: the kernel's vectors need two stretches
        self.snake.into(activated, inner)
        return self.unit.conv2(activated).add_(waiting[..., :ready])


class UpsamplingKernel:
    """A transposed convolution of kernel 2s and stride s, as one product of matrices.

    Output step i·s + p sums input step i through tap p and input step i-1 through tap s + p: for
    each phase p that is a product with two neighbours, and the phases are then interleaved.
    """

    def __init__(self, conv: nn.ConvTranspose1d) -> None:
        self.stride = int(conv.stride[0])
        self.cut = int(conv.padding[0])
        self.outgoing = conv.out_channels
        taps = conv.weight.detach()
        both = torch.cat([taps[..., self.stride :], taps[..., : self.stride]])
        # [2 · in, out, phase] -> [out · phase, 2 · in]
        self.weight = both.permute(1, 2, 0).flatten(0, 1).contiguous()
        bias = conv.bias if conv.bias is not None else taps.new_zeros(conv.out_channels)
        self.bias = bias.detach().repeat_interleave(self.stride)

    def phases(self, steps: Tensor) -> Tensor:
        """[lanes, in, n + 1] -> [lanes, out, stride, n]."""
        neighbours = torch.cat([steps[..., :-1], steps[..., 1:]], dim=1)
        lanes, _, count = neighbours.shape
        weight = self.weight.expand(lanes, -1, -1)
        flat = torch.baddbmm(self.bias[None, :, None], weight, neighbours)
        return flat.view(lanes, self.outgoing, self.stride, count)


class StreamingUpsampling:
    """`stride` steps for each one that comes in, cut to a whole clip's exact length at its ends."""

    def __init__(self, kernel: UpsamplingKernel, input_steps: KeptSteps) -> None:
        self.kernel = kernel
        self.input = input_steps

    def push(self, hidden: Tensor, last: bool) -> Tensor:
        kernel, first = self.kernel, self.input.kept is None
        steps = self.input.followed_by(hidden, last)
        if steps.shape[-1] < 2:
            # Nothing has come yet: the clip still begins.
            return hidden.new_zeros(hidden.shape[0], kernel.outgoing, 0)
        self.input.keep(steps[..., -1:])
        whole = kernel.phases(steps).transpose(2, 3).flatten(2)
        end = whole.shape[-1] - (kernel.stride - kernel.cut if last else 0)
        return whole[..., kernel.cut if first else 0 : end]


class PlainSnake:
    """By torch, anywhere."""

    def __init__(self, alpha: Tensor) -> None:
        self.alpha = alpha

    def into(self, target: Tensor, hidden: Tensor) -> None:
        target.copy_(plain_snake(hidden, self.alpha))


class FusedSnake:
    """By the kernel, which wants its numbers in the memory of the CPU."""

    def __init__(self, alpha: Tensor) -> None:
        self.kernel = SnakeKernel(alpha)

    def into(self, target: Tensor, hidden: Tensor) -> None:
        self.kernel.into(target, hidden)
