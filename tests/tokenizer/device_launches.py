"""Counts what a decode would launch on a GPU, from the operations it asks torch for.

What gives another look at the same memory launches nothing. A convolution is a kernel, one more
where it adds a bias, and two more where its picture does not have its channels innermost: tensor
cores read it so, and it is turned over before and behind.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

_CONVOLUTIONS = ("conv1d", "conv2d", "conv_transpose1d", "convolution")
_NO_WORK = ("empty", "empty_like", "new_empty", "device")


class LaunchCounter(TorchDispatchMode):
    """While it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: Counter[str] = Counter()

    @property
    def total(self) -> int:
        return sum(self.counted.values())

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        made, name = func(*args, **(kwargs or {})), func.overloadpacket.__name__
        if name in _CONVOLUTIONS:
            return self._convolution(made, *args)
        if name not in _NO_WORK and not _is_view(made, args, changes=func._schema.is_mutable):
            self.counted[name] += 1
        return made

    def _convolution(
        self, made: Tensor, given: Tensor, weight: Tensor, bias: Tensor | None = None, *_: Any
    ) -> Tensor:
        """Made in the layout that was given, as cuDNN does."""
        self.counted["convolution"] += 1
        if bias is not None:
            self.counted["bias"] += 1
        if given.dim() == 4 and given.is_contiguous(memory_format=torch.channels_last):
            return made.contiguous(memory_format=torch.channels_last)
        self.counted["turned over"] += 2
        return made


def _is_view(made: Any, args: Any, *, changes: bool) -> bool:
    if changes or not isinstance(made, Tensor) or not isinstance(args[0], Tensor):
        return not changes and not isinstance(made, Tensor)
    return made.untyped_storage()._cdata == args[0].untyped_storage()._cdata
