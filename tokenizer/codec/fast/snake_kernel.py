"""The snake activation in one pass over memory, where torch needs four: for float32 on a CPU with
few threads.

It is four times as fast on one core; on many, torch's four passes share them out. The sine is a
polynomial of the argument folded into -π/2..π/2, good to the last two bits; its square does not
care about the sign that is lost. Compiled by numba, and kept on disk from then on; `plain_snake`
is the twin in torch.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

_SIGNATURE = "void(f4[::1], i8, f4[::1], i8, f4[::1], f4[::1], i8)"

MOST_THREADS = 4

# Of every kernel, here and on a GPU. π in two parts, of which the first has so few bits that its
# multiples are exact.
PI_HEAD = np.float32(3.140625)
PI_TAIL = np.float32(9.67653589793e-4)
PER_PI = np.float32(0.3183098861837907)
# The sine's series up to x^11.
S3 = np.float32(-1 / 6)
S5 = np.float32(1 / 120)
S7 = np.float32(-1 / 5040)
S9 = np.float32(1 / 362880)
S11 = np.float32(-1 / 39916800)


def plain_snake(hidden: Tensor, alpha: Tensor) -> Tensor:
    """x + sin²(αx) / α for [lanes, channels, steps] and α [1, channels, 1]."""
    wave = (hidden * alpha).sin_()
    return torch.addcmul(hidden, wave.square_(), (alpha + 1e-9).reciprocal())


class SnakeKernel:
    """One layer's snake; writes where it is told, so that no copy follows."""

    def __init__(self, alpha: Tensor) -> None:
        self._alpha = alpha.detach().flatten().contiguous().numpy()
        self._inverse = (alpha.detach() + 1e-9).reciprocal().flatten().contiguous().numpy()
        self._run = compiled_snake()

    def into(self, target: Tensor, hidden: Tensor) -> None:
        """Both [lanes, channels, steps], with steps that lie side by side in memory."""
        steps = hidden.shape[-1]
        for out, given in zip(target, hidden, strict=True):
            self._run(
                _rows(given), given.stride(0), _rows(out), out.stride(0),
                self._alpha, self._inverse, steps,
            )  # fmt: skip


def suits(alpha: Tensor) -> bool:
    """Whether the kernel can be used for a layer with this parameter, and is the faster way."""
    few = torch.get_num_threads() <= MOST_THREADS
    numbers = alpha.device.type == "cpu" and alpha.dtype == torch.float32
    return few and numbers and importlib.util.find_spec("numba") is not None


@lru_cache(maxsize=1)
def compiled_snake() -> Callable[..., None]:
    """The machine code of `_snake_rows`; from disk where numba may keep it."""
    import numba

    # Multiplications and additions may be fused and reordered over steps, but nothing assumed.
    options: dict[str, Any] = {"fastmath": {"contract", "nsz"}, "nogil": True}
    try:
        return numba.njit(_SIGNATURE, cache=True, **options)(_snake_rows)
    except RuntimeError:  # no folder to keep it in
        return numba.njit(_SIGNATURE, **options)(_snake_rows)


def _snake_rows(
    given: np.ndarray,
    given_stride: int,
    out: np.ndarray,
    out_stride: int,
    alpha: np.ndarray,
    inverse: np.ndarray,
    steps: int,
) -> None:
    """Row by row: one channel, one α."""
    for channel in range(len(alpha)):
        scale, weight = alpha[channel], inverse[channel]
        row = given[channel * given_stride : channel * given_stride + steps]
        result = out[channel * out_stride : channel * out_stride + steps]
        for step in range(steps):
            value = row[step]
            angle = scale * value
            periods = np.rint(angle * PER_PI)
            rest = (angle - periods * PI_HEAD) - periods * PI_TAIL
            square = rest * rest
            series = S3 + square * (S5 + square * (S7 + square * (S9 + square * S11)))
            sine = rest + rest * square * series
            result[step] = value + weight * sine * sine


def _rows(channels: Tensor) -> np.ndarray:
    """[channels, steps] as the one stretch of memory that its rows lie in."""
    count, steps = channels.shape
    if steps == 0:
        return np.zeros(0, np.float32)
    length = (count - 1) * channels.stride(0) + steps
    return channels.as_strided((length,), (1,)).numpy()
