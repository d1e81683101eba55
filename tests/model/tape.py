"""A recorder that repeats the very operations and launches it saw, in their order, on the very
memory: a CUDA graph by hand.

What a step decides on the host is frozen in it, as on a GPU, and a look at a value is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.model.launches import Launch, launches_to


class TapeRecorder:
    def __init__(self) -> None:
        self.tapes: list[Tape] = []

    def record(self, step: Callable[[], None]) -> Callable[[], None]:
        step()  # what is made at first use is made here
        tape = Tape()
        with launches_to(tape.launched), tape:
            step()
        self.tapes.append(tape)
        return tape.replay


class Tape(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self._again: list[Callable[[], None]] = []
        self._is_within_launch = False
        self.launches: list[str] = []
        self.replays = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if self._is_within_launch:  # what the interpreter does on the host for a kernel
            return func(*args, **(kwargs or {}))
        assert func is not torch.ops.aten._local_scalar_dense.default, "the step looks at a value"
        out = func(*args, **(kwargs or {}))
        self._again.append(partial(_repeat, func, args, kwargs or {}, out))
        return out

    def launched(self, launch: Launch) -> Any:
        """A kernel leaves what it says in the tensors that it was handed."""
        self._is_within_launch = True
        try:
            out = launch.run()
        finally:
            self._is_within_launch = False
        self.launches.append(launch.name)
        self._again.append(launch.run)
        return out

    @torch.inference_mode()
    def replay(self) -> None:
        self.replays += 1
        for again in self._again:
            again()


def _repeat(func: Any, args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> None:
    again = func(*args, **kwargs)
    for old, new in zip(_tensors(out), _tensors(again), strict=True):
        if old.data_ptr() != new.data_ptr():
            old.copy_(new)


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, tuple | list):
        return [one for one in value if isinstance(one, torch.Tensor)]
    return []
