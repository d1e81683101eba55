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

import torch


def delayed(codes: torch.Tensor, stream_bos_id: int, stream_eos_id: int) -> torch.Tensor:
    """`[codebooks, frames]` to the columns to feed, `[codebooks, frames + codebooks + 1]`."""
    codebook_count, frame_count = codes.shape
    columns = codes.new_full((codebook_count, frame_count + codebook_count + 1), stream_eos_id)
    for codebook in range(codebook_count):
        columns[codebook, : codebook + 1] = stream_bos_id
        columns[codebook, codebook + 1 : codebook + 1 + frame_count] = codes[codebook]
    return columns


def aligned(columns: torch.Tensor) -> torch.Tensor:
    """Undo `delayed`: every frame whose diagonal is complete, and specials where columns hold them.

    `[codebooks, columns]` to `[codebooks, columns - codebooks]`; the opening column is dropped.
    """
    codebook_count, column_count = columns.shape
    frame_count = max(column_count - codebook_count, 0)
    rows = [columns[k, k + 1 : k + 1 + frame_count] for k in range(codebook_count)]
    return torch.stack(rows)


def spoken_frames(columns: torch.Tensor, codebook_size: int) -> torch.Tensor:
    """The real frames of a stream, `[codebooks, frames]`: complete, and before any special.

    Columns cut off in the middle lose their incomplete diagonals, and no special is ever
    mistaken for a code.
    """
    frames = aligned(columns)
    is_real = (frames < codebook_size).all(dim=0)
    frame_count = int(is_real.long().cumprod(dim=0).sum())
    return frames[:, :frame_count]
