"""The snake activation that adds what bias is owed and writes zeros behind a window's end, in one
pass over memory on a GPU.

`plain_biased_snake` is its twin. Both work in float32 whatever the format: a short one knows too
little of a sine's argument. Channels lie innermost and are known when it is compiled, so that
sixteen bytes are loaded at a time, of its channels' parameters as well. A kernel is compiled on the
machine that runs it, so it is held against its twin there before it is used.
"""

# Triton reads the annotations of a kernel, and knows only its own.
# mypy: disable-error-code="no-untyped-def"

from collections.abc import Iterable

import torch
import triton
import triton.language as tl
from torch import Tensor

from tokenizer.codec.fast import snake_kernel
from tokenizer.codec.fast.snake_layer import SnakeLayer, plain_biased_snake

BLOCK = 1024
# The sine of the kernel for CPUs: triton's own takes twenty times the instructions, most of them
# for arguments beyond any that a codec has.
_PI_HEAD = tl.constexpr(float(snake_kernel.PI_HEAD))
_PI_TAIL = tl.constexpr(float(snake_kernel.PI_TAIL))
_PER_PI = tl.constexpr(float(snake_kernel.PER_PI))
_S3 = tl.constexpr(float(snake_kernel.S3))
_S5 = tl.constexpr(float(snake_kernel.S5))
_S7 = tl.constexpr(float(snake_kernel.S7))
_S9 = tl.constexpr(float(snake_kernel.S9))
_S11 = tl.constexpr(float(snake_kernel.S11))
_TOLERANCE = {torch.float32: 1e-5, torch.float16: 2e-3, torch.bfloat16: 2e-2}


@triton.jit
def snake_of(raw, bias, alpha, inverse, channel):
    """Of float32 values, each of the channel that is named beside it."""
    value = raw + tl.load(bias + channel)
    angle = value * tl.load(alpha + channel)
    periods = tl.floor(angle * _PER_PI + 0.5)
    rest = (angle - periods * _PI_HEAD) - periods * _PI_TAIL
    square = rest * rest
    series = _S3 + square * (_S5 + square * (_S7 + square * (_S9 + square * _S11)))
    wave = rest + rest * square * series
    return value + wave * wave * tl.load(inverse + channel)


@triton.jit(do_not_specialize=["steps_per_frame"])
def biased_snake_kernel(
    raw, bias, alpha, inverse, counts, out,
    window_stride, steps, steps_per_frame, channels: tl.constexpr, block: tl.constexpr,
):  # fmt: skip
    """A stretch of one window, steps and channels counted through."""
    window = tl.program_id(1).to(tl.int64)
    place = tl.program_id(0) * block + tl.arange(0, block)
    size = steps * channels
    is_in = place < size
    channel = place % channels
    value = tl.load(raw + window * window_stride + place, mask=is_in, other=0.0).to(tl.float32)
    activated = snake_of(value, bias, alpha, inverse, channel)
    end = tl.load(counts + window) * steps_per_frame * channels
    activated = tl.where(place < end, activated, 0.0)
    tl.store(out + window * size + place, activated.to(out.dtype.element_ty), mask=is_in)


def biased_snake(raw: Tensor, layer: SnakeLayer, counts: Tensor) -> Tensor:
    """As `plain_biased_snake`; windows may lie apart, their steps may not."""
    batch, steps, channels = raw.shape
    if raw.stride(1) != channels or raw.stride(2) != 1:
        raw = raw.contiguous()
    out = torch.empty(raw.shape, dtype=raw.dtype, device=raw.device)
    grid = (triton.cdiv(steps * channels, BLOCK), batch)
    biased_snake_kernel[grid](
        raw, layer.bias, layer.alpha, layer.inverse, counts, out,
        raw.stride(0), steps, layer.steps_per_frame, channels=channels, block=BLOCK,
    )  # fmt: skip
    return out


def disagreement(device: torch.device, dtype: torch.dtype, widths: Iterable[int]) -> str | None:
    """What is wrong with the kernel here, at any of these numbers of channels; None if nothing
    is."""
    for channels in widths:
        try:
            worst = _error(device, dtype, channels)
        except Exception as problem:  # a compiler fails in ways of its own
            return f"{type(problem).__name__}: {problem}"
        if not worst <= _TOLERANCE[dtype]:
            return f"with {channels} channels it is wrong by {worst:.1e}"
    return None


def _error(device: torch.device, dtype: torch.dtype, channels: int) -> float:
    """Of windows that end within a block, at its edge and not at all, cut out as an upsampling cuts
    them."""
    generator = torch.Generator().manual_seed(0)
    frames, rate = 20, -(-BLOCK // (8 * channels))
    steps = frames * rate
    bias = torch.randn(channels, generator=generator).to(device)
    alpha = torch.rand(channels, generator=generator).to(device) * 3 + 0.05
    layer = SnakeLayer(bias, alpha, alpha.reciprocal(), steps_per_frame=rate)
    whole = 20 * torch.randn(3, steps + 2, channels, generator=generator)
    raw = whole.to(device, dtype)[:, 1 : steps + 1]
    counts = torch.tensor([3, 8, frames], device=device)
    expected = plain_biased_snake(raw, layer, counts).float()
    found = biased_snake(raw, layer, counts).float()
    return float((found - expected).abs().max() / expected.abs().max())
