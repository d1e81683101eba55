"""A recording takes its place in a prompt: T frames of codes become T + codebooks + 1 positions.

The frames are wrapped in one column of stream BOS and one of stream EOS, then each codebook is
shifted by its number (4 codebooks, 3 frames):

    codebook 0   B a a a E E E E
    codebook 1   B B b b b E E E
    codebook 2   B B B c c c E E
    codebook 3   B B B B d d d E
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor

from tokenizer.errors import PromptError


@dataclass(frozen=True)
class StreamShape:
    """How a checkpoint streams codes: how many codebooks, and the codes that open and close."""

    codebook_count: int
    stream_bos_id: int
    stream_eos_id: int

    def column_count(self, frame_count: int) -> int:
        """How many positions `frame_count` frames take."""
        return frame_count + self.codebook_count + 1

    def delayed(self, codes: Tensor) -> Tensor:
        """Codes `[codebooks, frames]` as the model reads them, `[codebooks, columns]`."""
        self._check(codes)
        frame_count = codes.shape[1]
        columns = codes.new_full(
            (self.codebook_count, self.column_count(frame_count)), self.stream_eos_id
        )
        for codebook in range(self.codebook_count):
            columns[codebook, : codebook + 1] = self.stream_bos_id
            columns[codebook, codebook + 1 : codebook + 1 + frame_count] = codes[codebook]
        return columns

    def _check(self, codes: Tensor) -> None:
        if codes.ndim != 2 or codes.shape[0] != self.codebook_count:
            raise PromptError(
                f"codes are {list(codes.shape)}, the model has {self.codebook_count} codebooks",
                hint="the codec and the model belong to different checkpoints",
            )
        if codes.is_floating_point() or (
            codes.numel() and (int(codes.min()) < 0 or int(codes.max()) >= self.stream_bos_id)
        ):
            raise PromptError(
                f"codes must be whole numbers from 0 to {self.stream_bos_id - 1}",
                hint="the codec and the model belong to different checkpoints",
            )


@dataclass(frozen=True, eq=False)
class ExpandedPrompt:
    """A stretch of context, position by position; stretches are joined with `+`.

    The twin of the engine's prompt: the two packages never import each other, so the one who opens
    both copies the fields.
    """

    ids: tuple[int, ...]
    """One id per position; a recording repeats its placeholder."""

    codes: Tensor
    """`[codebooks, audio positions]` int64, delayed, with stream specials."""

    audio_mask: tuple[bool, ...]
    """The positions whose embedding is the next column of `codes`."""

    tower_mask: tuple[bool, ...]
    """The positions whose embedding is the next Whisper feature; they are text to the layers."""

    def __add__(self, other: ExpandedPrompt) -> ExpandedPrompt:
        return ExpandedPrompt(
            self.ids + other.ids,
            torch.cat([self.codes, other.codes], dim=1),
            self.audio_mask + other.audio_mask,
            self.tower_mask + other.tower_mask,
        )

    def __len__(self) -> int:
        return len(self.ids)


def expand_words(ids: tuple[int, ...], shape: StreamShape) -> ExpandedPrompt:
    """A stretch without sound."""
    silent = (False,) * len(ids)
    return ExpandedPrompt(ids, no_columns(shape), silent, silent)


def expand_codes(placeholder_id: int, codes: Tensor, shape: StreamShape) -> ExpandedPrompt:
    """A recording's codes `[codebooks, frames]`, each column at one position."""
    columns = shape.delayed(codes.to(torch.int64))
    count = columns.shape[1]
    return ExpandedPrompt((placeholder_id,) * count, columns, (True,) * count, (False,) * count)


def expand_features(placeholder_id: int, position_count: int, shape: StreamShape) -> ExpandedPrompt:
    """The places of a recording's Whisper features."""
    count = position_count
    nowhere, everywhere = (False,) * count, (True,) * count
    return ExpandedPrompt((placeholder_id,) * count, no_columns(shape), nowhere, everywhere)


def joined(stretches: Sequence[ExpandedPrompt], shape: StreamShape) -> ExpandedPrompt:
    """Stretches one after another."""
    return ExpandedPrompt(
        tuple(chain.from_iterable(stretch.ids for stretch in stretches)),
        torch.cat([no_columns(shape), *(stretch.codes for stretch in stretches)], dim=1),
        tuple(chain.from_iterable(stretch.audio_mask for stretch in stretches)),
        tuple(chain.from_iterable(stretch.tower_mask for stretch in stretches)),
    )


def no_columns(shape: StreamShape) -> Tensor:
    """The codes of a stretch without sound."""
    return torch.empty(shape.codebook_count, 0, dtype=torch.int64)
