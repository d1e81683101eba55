"""The snake activation with zeros behind a window's end, in one kernel on a GPU.

`plain_masked_snake` is its twin. Both work in float32 whatever the format: a short one knows too
little of a sine's argument. A kernel is compiled on the machine that runs it, so it is held against
its twin there before it is used.
"""

# Triton reads the annotations of a kernel, and knows only its own.
# mypy: disable-error-code="no-untyped-def"

import torch
import triton
import triton.language as tl
from torch import Tensor

from tokenizer.codec.fast.snake_kernel import plain_masked_snake

_BLOCK = 1024
_TOLERANCE = {torch.float32: 1e-4, torch.float16: 2e-3, torch.bfloat16: 2e-2}


@triton.jit
def masked_snake_kernel(hidden, alpha, ends, out, channels, steps, block: tl.constexpr):
    """A stretch of one channel of one window."""
    row, place = tl.program_id(0).to(tl.int64), tl.program_id(1) * block + tl.arange(0, block)
    is_in = place < steps
    own = tl.load(alpha + row % channels).to(tl.float32)
    end = tl.load(ends + row // channels)
    value = tl.load(hidden + row * steps + place, mask=is_in, other=0.0).to(tl.float32)
    wave = tl.sin(value * own)
    activated = value + wave * wave / (own + 1e-9)
    activated = tl.where(place < end, activated, 0.0)
    tl.store(out + row * steps + place, activated.to(out.dtype.element_ty), mask=is_in)


def masked_snake(hidden: Tensor, alpha: Tensor, ends: Tensor) -> Tensor:
    """As `plain_masked_snake`: `[batch, channels, steps]`, α of each channel, `[batch, 1, 1]`."""
    batch, channels, steps = hidden.shape
    given, out = (
        hidden.contiguous(),
        torch.empty_like(hidden, memory_format=torch.contiguous_format),
    )
    grid = (batch * channels, triton.cdiv(steps, _BLOCK))
    masked_snake_kernel[grid](given, alpha, ends, out, channels, steps, block=_BLOCK)
    return out


def disagreement(device: torch.device, dtype: torch.dtype) -> str | None:
    """What is wrong with the kernel here; None if nothing is."""
    generator = torch.Generator().manual_seed(0)
    hidden = 20 * torch.randn(2, 5, _BLOCK + 100, generator=generator)
    alpha = torch.rand(1, 5, 1, generator=generator) * 3 + 0.05
    ends = torch.tensor([40, _BLOCK + 50])[:, None, None]
    given = (hidden.to(device, dtype), alpha.to(device), ends.to(device))
    try:
        expected, found = plain_masked_snake(*given).float(), masked_snake(*given).float()
        worst = float((found - expected).abs().max() / expected.abs().max())
    except Exception as problem:  # a compiler fails in ways of its own
        return f"{type(problem).__name__}: {problem}"
    return None if worst <= _TOLERANCE[dtype] else f"it is wrong by {worst:.1e}"
