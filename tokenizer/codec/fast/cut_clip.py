"""A clip in windows, whose sounds may come in any order.

Each window says which codes it wants decoded, and puts what is kept of its sound where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from tokenizer.codec.windows import Window


class CutClip:
    """The sound is whole once every window was put."""

    def __init__(self, codes: Tensor, windows: Sequence[Window], hop_length: int) -> None:
        self.codes, self.hop_length = codes, hop_length
        self.sound = torch.empty(codes.shape[1] * hop_length)
        self._windows = [one for one in windows if one.frame_count]

    def __iter__(self) -> Iterator[CutWindow]:
        return (CutWindow(self, one) for one in self._windows)


class CutWindow:
    """One window of a clip."""

    def __init__(self, clip: CutClip, window: Window) -> None:
        self._clip, self._window = clip, window
        self.frame_count = window.frame_count

    @property
    def codes(self) -> Tensor:
        return self._clip.codes[:, self._window.start : self._window.stop]

    def put(self, sound: Tensor) -> None:
        """What was decoded of it, `[window * hop]`, where it belongs in the clip."""
        window, hop = self._window, self._clip.hop_length
        begin, end = window.keep_start - window.start, window.keep_stop - window.start
        kept = slice(window.keep_start * hop, window.keep_stop * hop)
        self._clip.sound[kept] = sound[begin * hop : end * hop]
