"""Mistakes put into the codes the model is fed, so that its own mistakes do not derail it.

Only the codes that are fed change, and only in clips that are learned; labels stay true. The noise
is drawn from the seed and the batch number: a resumed run makes the same mistakes.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from model.training.batches import Batch
from model.training.samples import IGNORED


def corrupt(batch: Batch, code_share: float, column_share: float, seed: int, size: int) -> Batch:
    """Replace a share of the fed codes, and a share of whole columns, by random codes below `size`.

    `code_share` and `column_share` are probabilities; half of all batches stay clean.
    """
    generator = torch.Generator().manual_seed(seed)
    if (code_share <= 0 and column_share <= 0) or _draw((), generator) < 0.5:
        return batch
    codes = batch.codes
    wrong = _draw(codes.shape, generator) < code_share
    wrong |= _draw(codes.shape[1:], generator) < column_share
    wrong &= (batch.audio_labels != IGNORED) & (codes < size)
    noise = torch.randint(0, size, codes.shape, generator=generator)
    return replace(batch, codes=torch.where(wrong, noise, codes))


def _draw(shape: tuple[int, ...] | torch.Size, generator: torch.Generator) -> Tensor:
    return torch.rand(shape, generator=generator)
