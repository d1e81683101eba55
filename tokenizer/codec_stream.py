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

from tokenizer.acoustic import DecoderBlock, ResidualUnit, Snake
from tokenizer.codec_network import CodecNetwork


class PreparedDecoder:
    """A network's decoder with its upsampling kernels laid out for speed; shared by all streams."""

    def __init__(self, network: CodecNetwork) -> None:
        self.network = network
        self.blocks = [cast(DecoderBlock, block) for block in network.acoustic_decoder.block]
        self.kernels = [UpsamplingKernel(block.conv_t1) for block in self.blocks]

    def stream(self) -> DecodeStream:
        """A stream for one clip, or for several lanes of one length."""
        decoder = self.network.acoustic_decoder
        stages: list[Stage] = [StreamingConv(decoder.conv1)]
        for block, kernel in zip(self.blocks, self.kernels, strict=True):
            stages += [StreamingSnake(block.snake1), StreamingUpsampling(kernel)]
            units = (block.res_unit1, block.res_unit2, block.res_unit3)
            stages += [StreamingUnit(unit) for unit in units]
        stages += [StreamingSnake(decoder.snake1), StreamingConv(decoder.conv2)]
        return DecodeStream(self.network, stages)


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


class StreamingConv:
    """A convolution of stride 1 that keeps its length over a whole clip."""

    def __init__(self, conv: nn.Conv1d) -> None:
        self.conv = conv
        self.reach = int(conv.padding[0])
        self.kept: Tensor | None = None

    def push(self, hidden: Tensor, last: bool) -> Tensor:
        if self.kept is None:
            self.kept = _silence(hidden, self.reach)
        parts = [self.kept, hidden]
        if last:
            parts.append(_silence(hidden, self.reach))
        steps = torch.cat(parts, dim=-1)
        ready = steps.shape[-1] - 2 * self.reach
        if ready <= 0:
            self.kept = steps
            return hidden.new_zeros(hidden.shape[0], self.conv.out_channels, 0)
        # A copy: a view would keep the whole of `steps` in memory.
        self.kept = steps[..., ready:].clone()
        conv = self.conv
        return functional.conv1d(steps, conv.weight, conv.bias, dilation=conv.dilation)


class StreamingSnake:
    """Looks at one step at a time: nothing to keep."""

    def __init__(self, layer: Snake) -> None:
        self.layer = layer

    def push(self, hidden: Tensor, last: bool) -> Tensor:
        return quick_snake(hidden, self.layer.alpha)


class StreamingUnit:
    """A residual unit: the skip path waits until the convolution has caught up."""

    def __init__(self, unit: ResidualUnit) -> None:
        self.unit = unit
        self.around = StreamingConv(unit.conv1)
        self.waiting: Tensor | None = None

    def push(self, hidden: Tensor, last: bool) -> Tensor:
        unit = self.unit
        inner = self.around.push(quick_snake(hidden, unit.snake1.alpha), last)
        waiting = hidden if self.waiting is None else torch.cat([self.waiting, hidden], dim=-1)
        ready = inner.shape[-1]
        self.waiting = waiting[..., ready:].clone()
        if ready == 0:
            return inner
        mixed = unit.conv2(quick_snake(inner, unit.snake2.alpha))
        return mixed.add_(waiting[..., :ready])


class UpsamplingKernel:
    """A transposed convolution of kernel 2s and stride s, as an ordinary one of kernel 2.

    Output step i·s + p sums input step i through tap p and input step i-1 through tap s + p: for
    each phase p that is a convolution over two neighbours, and the phases are then interleaved.
    """

    def __init__(self, conv: nn.ConvTranspose1d) -> None:
        self.stride = int(conv.stride[0])
        self.cut = int(conv.padding[0])
        self.outgoing = conv.out_channels
        taps = conv.weight.detach()
        both = torch.stack([taps[..., self.stride :], taps[..., : self.stride]], dim=-1)
        # [in, out, phase, 2] -> [out · phase, in, 2]
        self.weight = both.permute(1, 2, 0, 3).flatten(0, 1).contiguous()
        bias = conv.bias if conv.bias is not None else taps.new_zeros(conv.out_channels)
        self.bias = bias.detach().repeat_interleave(self.stride)


class StreamingUpsampling:
    """`stride` steps for each one that comes in, cut to a whole clip's exact length at its ends."""

    def __init__(self, kernel: UpsamplingKernel) -> None:
        self.kernel = kernel
        self.kept: Tensor | None = None

    def push(self, hidden: Tensor, last: bool) -> Tensor:
        kernel, first = self.kernel, self.kept is None
        before = _silence(hidden, 1) if self.kept is None else self.kept
        parts = [before, hidden, _silence(hidden, 1)] if last else [before, hidden]
        steps = torch.cat(parts, dim=-1)
        if steps.shape[-1] < 2:
            # Nothing has come yet: the clip still begins.
            return hidden.new_zeros(hidden.shape[0], kernel.outgoing, 0)
        self.kept = steps[..., -1:].clone()
        phases = functional.conv1d(steps, kernel.weight, kernel.bias)
        lanes, _, count = phases.shape
        split = phases.view(lanes, kernel.outgoing, kernel.stride, count)
        whole = split.transpose(2, 3).reshape(lanes, kernel.outgoing, -1)
        end = whole.shape[-1] - (kernel.stride - kernel.cut if last else 0)
        return whole[..., kernel.cut if first else 0 : end]


def quick_snake(hidden: Tensor, alpha: Tensor) -> Tensor:
    """The same as `Snake`, in one allocation."""
    wave = (hidden * alpha).sin_()
    return torch.addcmul(hidden, wave.square_(), (alpha + 1e-9).reciprocal())


def _silence(like: Tensor, steps: int) -> Tensor:
    return like.new_zeros(like.shape[0], like.shape[1], steps)
