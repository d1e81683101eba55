"""The whole decode step as one compiled function, kept on disk between runs of the program.

Compiling takes five to ten seconds, once per processor and version: numba keeps the machine code
beside this file, or in the user's cache folder where that cannot be written. A digest of all
sources is part of the function's name and so of the file's: numba would look at this source alone,
and would fail on a file that speaks of classes of another version.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from model.step.cpu.decode_stack import stack_logits
from model.step.cpu.frame_choice import choose_column
from model.step.cpu.lane_math import compiled


@cache
def compiled_frame() -> Callable[..., None]:
    """decode_frame(lanes, state, kv, model, codes, scratch, chooses): a step of the lanes listed.

    `codes` and `scratch` belong to the choice of columns; without it the logits are all.
    """

    def decode_frame(
        lanes: np.ndarray, state: Any, kv: Any, model: Any, codes: Any, scratch: Any, chooses: bool
    ) -> None:
        stack_logits(lanes, state.columns, state.positions, kv, model)
        if chooses:
            for row in range(len(lanes)):
                choose_column(lanes[row], model.scratch.logits[row], state, codes, scratch)

    decode_frame.__qualname__ = f"decode_frame_{_sources_digest()}"
    try:
        return compiled(cache=True)(decode_frame)
    except RuntimeError:  # no folder can be written: compile anew each time
        return compiled()(decode_frame)


def is_compiled() -> bool:
    """Whether this processor's machine code already lies on disk."""
    frame: Any = compiled_frame()
    folder = frame.stats.cache_path
    return folder is not None and any(Path(folder).glob(f"*{_sources_digest()}*.nbc"))


def _sources_digest() -> str:
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
