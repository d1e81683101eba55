"""A residual unit of few channels as one kernel on a GPU, with the activation of what comes next.

`unit_by_layers` is its twin: nine passes over memory and four launches, which cost a decoder most
where its steps are many and its channels few. Here a program reads the rows around
its own once for each tap, and holds the rest in registers: four passes, or three where nobody reads
the stream any more. A kernel is compiled on the machine that runs it, so it is held against its
twin there before it is used.
"""

# Triton reads the annotations of a kernel, and knows only its own.
# mypy: disable-error-code="no-untyped-def"

import torch
import triton
import triton.language as tl
from torch import Tensor

from tokenizer.codec.fast.biased_snake import snake_of
from tokenizer.codec.fast.snake_layer import SnakeLayer, plain_biased_snake
from tokenizer.codec.fast.unit_layer import UnitLayer, unit_by_layers

WIDTHS = (16, 32, 64)
"""A matrix unit takes no fewer channels; of more the libraries make good use."""
ROWS = 128
WARPS = {16: 4, 32: 4, 64: 8}
"""Of a program, so that each loads weights sixteen bytes at a time and holds what it adds up."""
TAPS = 7
_TOLERANCE = {torch.float32: 1e-5, torch.float16: 4e-3, torch.bfloat16: 3e-2}


@triton.jit(do_not_specialize=["steps_per_frame", "dilation"])
def unit_kernel(
    seen, stream, around, mix,
    inner_bias, inner_alpha, inner_inverse, next_bias, next_alpha, next_inverse, counts, out,
    stream_stride, steps, steps_per_frame, dilation,
    is_last: tl.constexpr, channels: tl.constexpr, taps: tl.constexpr, rows: tl.constexpr,
):  # fmt: skip
    """Some steps of one window."""
    window = tl.program_id(1).to(tl.int64)
    step = tl.program_id(0) * rows + tl.arange(0, rows)
    channel = tl.arange(0, channels)
    near = seen + window * steps * channels
    total = tl.zeros([rows, channels], dtype=tl.float32)
    for tap in tl.static_range(taps):
        source = step + (tap - taps // 2) * dilation
        is_there = (source >= 0) & (source < steps)
        place = source[:, None] * channels + channel[None, :]
        given = tl.load(near + place, mask=is_there[:, None], other=0.0)
        weight = tl.load(around + (channel[None, :] * taps + tap) * channels + channel[:, None])
        total = tl.dot(given, weight, total, input_precision="ieee")
    is_sound = (step < tl.load(counts + window) * steps_per_frame)[:, None]
    mixed = snake_of(total, inner_bias, inner_alpha, inner_inverse, channel[None, :])
    mixed = tl.where(is_sound, mixed, 0.0).to(out.dtype.element_ty)
    turned = tl.load(mix + channel[:, None] * channels + channel[None, :])
    is_in = (step < steps)[:, None]
    place = step[:, None] * channels + channel[None, :]
    own = stream + window * stream_stride + place
    gathered = tl.load(own, mask=is_in, other=0.0).to(tl.float32)
    gathered = tl.dot(mixed, turned, gathered, input_precision="ieee")
    if not is_last:
        tl.store(own, gathered.to(out.dtype.element_ty), mask=is_in)
    following = snake_of(gathered, next_bias, next_alpha, next_inverse, channel[None, :])
    following = tl.where(is_sound, following, 0.0).to(out.dtype.element_ty)
    tl.store(out + window * steps * channels + place, following, mask=is_in)


def fused_unit(seen: Tensor, stream: Tensor, layer: UnitLayer, counts: Tensor) -> Tensor:
    """As `unit_by_layers`, but that the stream is left as it was by the last unit of a block."""
    batch, steps, channels = seen.shape
    seen = seen.contiguous()
    assert stream.stride(1) == channels and stream.stride(2) == 1
    out = torch.empty(seen.shape, dtype=seen.dtype, device=seen.device)
    inner, following = layer.inner, layer.following
    unit_kernel[(triton.cdiv(steps, ROWS), batch)](
        seen, stream, layer.around, layer.mix,
        inner.bias, inner.alpha, inner.inverse,
        following.bias, following.alpha, following.inverse, counts, out,
        stream.stride(0), steps, following.steps_per_frame, layer.dilation,
        is_last=layer.is_last, channels=channels, taps=TAPS, rows=ROWS, num_warps=WARPS[channels],
    )  # fmt: skip
    return out


def disagreement(device: torch.device, dtype: torch.dtype, channels: int) -> str | None:
    """What is wrong with the kernel here; None if nothing is. At every dilation that there is, of
    units whose stream is read afterwards and of the last."""
    for dilation, is_last in ((1, False), (3, False), (9, True)):
        try:
            worst = _error(device, dtype, channels, dilation, is_last)
        except Exception as problem:  # a compiler fails in ways of its own
            return f"{type(problem).__name__}: {problem}"
        if not worst <= _TOLERANCE[dtype]:
            return f"with {channels} channels it is wrong by {worst:.1e}"
    return None


def _error(
    device: torch.device, dtype: torch.dtype, channels: int, dilation: int, is_last: bool
) -> float:
    """Of windows that end within and that are whole, in a stream as an upsampling cuts it."""
    generator = torch.Generator().manual_seed(dilation)

    def some(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator).to(device)

    def activation() -> SnakeLayer:
        alpha = some(channels).abs() + 0.05
        return SnakeLayer(some(channels), alpha, alpha.reciprocal(), steps_per_frame=20)

    taps = some(channels, channels, 1, TAPS) / (channels * TAPS) ** 0.5
    around = taps.to(dtype).contiguous(memory_format=torch.channels_last)
    mix = (some(channels, channels) / channels**0.5).to(dtype)
    layer = UnitLayer(around, mix, dilation, activation(), activation(), is_last)
    counts, steps = torch.tensor([3, 10], device=device), 200
    whole = some(2, steps + 2, channels).to(dtype)
    seen = plain_biased_snake(some(2, steps, channels).to(dtype), activation(), counts)
    streams = [one[:, 1 : steps + 1] for one in (whole, whole.clone())]
    found = [fused_unit(seen, streams[0], layer, counts)]
    expected = [unit_by_layers(plain_biased_snake)(seen, streams[1], layer, counts)]
    if not is_last:
        found, expected = [*found, streams[0]], [*expected, streams[1]]
    pairs = zip(found, expected, strict=True)
    return max(float((a - b).float().abs().max() / b.float().abs().max()) for a, b in pairs)
