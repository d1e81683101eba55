"""Which stretches of a clip to decode or encode apart, so that the joined parts are the whole.

    clip      |------------------------------------------|
    windows   |=========####|
                   |####=======####|                        ####  context: decoded, then dropped
                             |####====================|     the last one ends where the clip ends

A window sees true silence only where the clip itself begins or ends; elsewhere it brings as much
of its neighbours as the layers can see.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tokenizer.codec.acoustic import RESIDUAL_DILATIONS, RESIDUAL_KERNEL
from tokenizer.codec.config import AcousticConfig


@dataclass(frozen=True)
class Window:
    """Frames `start..stop` of clip `clip`, of which `keep_start..keep_stop` are good."""

    clip: int
    start: int
    stop: int
    keep_start: int
    keep_stop: int

    @property
    def frame_count(self) -> int:
        return self.stop - self.start


def plan_windows(frame_counts: list[int], window: int, context: int) -> list[Window]:
    """Windows of `window` frames over every clip; clips that fit one are one of their own length.

    All windows of a long clip have the same length, so that they can share a batch.
    """
    if window <= 2 * context:
        raise ValueError(f"a window of {window} frames has no room for two contexts of {context}")
    windows = []
    for clip, count in enumerate(frame_counts):
        if count <= window:
            windows.append(Window(clip, 0, count, 0, count))
            continue
        kept = 0
        while kept < count:
            start = min(max(0, kept - context), count - window)
            stop = start + window
            end = count if stop == count else stop - context
            windows.append(Window(clip, start, stop, kept, end))
            kept = end
    return windows


def decoder_context_frames(config: AcousticConfig) -> int:
    """How many frames on each side of its own a decoded frame depends on."""
    first, last = 0, math.prod(config.upsampling_ratios) - 1
    around = sum((RESIDUAL_KERNEL - 1) * dilation // 2 for dilation in RESIDUAL_DILATIONS)
    first, last = first - 3, last + 3  # the closing convolution, of 7 taps
    for stride in reversed(config.upsampling_ratios):
        first, last = first - around, last + around
        cut = math.ceil(stride / 2)
        first, last = (first + cut) // stride - 1, (last + cut) // stride
    first, last = first - 3, last + 3  # the opening one
    return max(-first, last)
