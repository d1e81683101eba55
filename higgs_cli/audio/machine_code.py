"""Loops over samples as machine code: compiled by numba once, kept on disk from then on.

A kernel is a function over arrays and numbers that holds no lock while it runs and allocates
nothing: without counts of who holds an array it compiles in half the time. It has a plain twin
beside it, which says the same with numpy, and a test that proves them equal.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any

_COMPILING = Lock()


def compiled(kernel: Callable[..., None], signature: str) -> Callable[..., Any]:
    """The kernel for arguments of this signature; threads that ask together wait for one.

    Nothing is fused or reordered in it, so that every machine gives the same bits.
    """
    with _COMPILING:
        return _compiled(kernel, signature)


@cache
def _compiled(kernel: Callable[..., None], signature: str) -> Callable[..., Any]:
    import numba

    try:
        return numba.njit(signature, nogil=True, _nrt=False, cache=True)(kernel)
    except RuntimeError:  # no folder to keep it in
        return numba.njit(signature, nogil=True, _nrt=False)(kernel)
