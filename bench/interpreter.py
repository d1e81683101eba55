"""Triton's interpreter runs kernels on the host where there is no card, in tests and dry runs."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any


def interpret_kernels() -> None:
    """Before any kernel is defined, which is when triton decides what it is. Releases up to 3.6 end
    a loop over what a kernel loaded with an error of numpy 2.4 and newer; that is mended."""
    os.environ["TRITON_INTERPRET"] = "1"
    if find_spec("triton") is None:
        return
    from triton.runtime import interpreter

    patched = interpreter._patch_lang_tensor
    if getattr(patched, "is_mended", False):
        return

    def mended(tensor: Any, scope: Any) -> None:
        patched(tensor, scope)
        scope.set_attr(tensor, "__index__", lambda self: int(self.handle.data.squeeze()))

    mended.is_mended = True  # type: ignore[attr-defined]
    interpreter._patch_lang_tensor = mended
