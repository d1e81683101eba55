"""Shift codebook k to the right by k frames, as the model speaks them, and shift back.

With 4 codebooks and 3 frames a b c (B opens a stream, E closes it):

```
frames            delayed columns: 3 + 4 + 1
  k0  a b c        k0  B a b c E E E E      column 0 is all B: it is fed, never sampled
  k1  a b c        k1  B B a b c E E E      column j of codebook k holds frame j - k - 1
  k2  a b c        k2  B B B a b c E E      frame t is complete with column t + 4
  k3  a b c        k3  B B B B a b c E      the last column is all E: it is fed, as in training
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray


def delayed(codes: torch.Tensor, stream_bos_id: int, stream_eos_id: int) -> torch.Tensor:
    """`[codebooks, frames]` to the columns to feed, `[codebooks, frames + codebooks + 1]`."""
    codebook_count, frame_count = codes.shape
    columns = codes.new_full((codebook_count, frame_count + codebook_count + 1), stream_eos_id)
    for codebook in range(codebook_count):
        columns[codebook, : codebook + 1] = stream_bos_id
        columns[codebook, codebook + 1 : codebook + 1 + frame_count] = codes[codebook]
    return columns


def aligned(columns: NDArray[np.int16]) -> NDArray[np.int16]:
    """Undo `delayed`: every frame whose diagonal is complete, and specials where columns hold them.

    `[codebooks, columns]` to `[codebooks, columns - codebooks]`; the opening column is dropped. Of
    columns from the t-th on, the frames from the t-th on.
    """
    codebook_count, column_count = columns.shape
    frame_count = max(column_count - codebook_count, 0)
    rows = [columns[k, k + 1 : k + 1 + frame_count] for k in range(codebook_count)]
    return np.stack(rows)


def spoken_frames(columns: NDArray[np.int16], codebook_size: int) -> NDArray[np.int16]:
    """The real frames of a stream, `[codebooks, frames]`: complete, and before any special.

    Columns cut off in the middle lose their incomplete diagonals, and no special is ever
    mistaken for a code.
    """
    frames = aligned(columns)
    is_special = (frames >= codebook_size).any(axis=0)
    return frames[:, : int(is_special.argmax())] if is_special.any() else frames
