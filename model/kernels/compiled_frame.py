"""The whole decode step as one compiled function, kept on disk between runs of the program.

Compiling takes some ten seconds, once per processor and version: numba keeps the machine code
beside this file, or in the user's cache folder where that cannot be written. The digest of all
sources is part of the key, since numba itself would only look at this file.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from model.kernels.decode_stack import stack_logits
from model.kernels.frame_choice import choose_column
from model.kernels.lane_math import compiled


@cache
def compiled_frame() -> Callable[..., None]:
    """decode_frame(lanes, state, kv, model, codes, scratch, chooses): a step of the lanes listed.

    `codes` and `scratch` belong to the choice of columns; without it the logits are all.
    """
    sources = _sources_digest()

    def decode_frame(
        lanes: np.ndarray, state: Any, kv: Any, model: Any, codes: Any, scratch: Any, chooses: bool
    ) -> int:
        stack_logits(lanes, state.columns, state.positions, kv, model)
        if chooses:
            for row in range(len(lanes)):
                choose_column(lanes[row], model.scratch.logits[row], state, codes, scratch)
        return len(sources)

    return _kept(decode_frame)


def _kept(function: Callable[..., Any]) -> Callable[..., Any]:
    try:
        return compiled(cache=True)(function)
    except RuntimeError:  # no folder can be written: compile anew each time
        return compiled()(function)


def _sources_digest() -> str:
    """A name for the sources of all kernels; the functions close over it, so numba sees it."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
