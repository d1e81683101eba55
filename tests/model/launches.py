"""Sees every launch of a triton kernel, compiled or interpreted, in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch


@dataclass(frozen=True, eq=False)
class Launch:
    """One kernel with all that it was handed."""

    kernel: Any
    grid: Any
    args: tuple[Any, ...]
    named: dict[str, Any]
    run: Callable[[], Any]
    """Does it."""

    @property
    def name(self) -> str:
        return str(self.kernel.fn.__name__)


@contextmanager
def launches_to(see: Callable[[Launch], Any]) -> Iterator[None]:
    """Until this is closed, launches are handed to `see`, which may run them or not. Without triton
    there are none."""
    with ExitStack() as patches:
        for kind in _kinds_of_kernel():
            patches.enter_context(patch.object(kind, "run", _seen_by(see, kind.run)))
        yield


def _kinds_of_kernel() -> list[Any]:
    try:
        from triton.runtime.interpreter import InterpretedFunction
        from triton.runtime.jit import JITFunction
    except ImportError:
        return []
    return [JITFunction, InterpretedFunction]


def _seen_by(see: Callable[[Launch], Any], original: Callable[..., Any]) -> Callable[..., Any]:
    def run(kernel: Any, *args: Any, grid: Any, warmup: bool, **named: Any) -> Any:
        def really() -> Any:
            return original(kernel, *args, grid=grid, warmup=warmup, **named)

        return see(Launch(kernel, grid, args, named, really))

    return run
