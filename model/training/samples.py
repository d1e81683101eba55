"""One conversation to learn from: ids, the codes between them, and what of it is to be learned.

Plain tensors, already laid out position by position. Labels are not shifted: the label of a
position is what the position before it must predict. Nothing is learned from
`IGNORED` positions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from model.errors import ModelError

IGNORED = -100
ECHO_FRAMES = 2


@dataclass(frozen=True)
class ClipSpan:
    """One recording of a sample: how many columns it takes, and whether they are to be learned."""

    column_count: int
    is_learned: bool


@dataclass(frozen=True, eq=False)
class Mel:
    """The input of the audio tower for one stretch."""

    frames: Tensor
    """`[mel bins, frames]`: all that are not plain silence; the rest is padding."""
    frame_count: int
    """How many of them are sound; one or two more may hold its echo in the window."""

    @staticmethod
    def cut(padded: Tensor, frame_count: int) -> Mel:
        """From frames padded to the tower's length."""
        return Mel(padded[:, : frame_count + ECHO_FRAMES], frame_count)

    def padded(self, length: int) -> Tensor:
        """At the tower's length again; silence is the floor of a recording's own mel, not zero."""
        filled = self.frames.min().repeat(self.frames.shape[0], length)
        filled[:, : self.frames.shape[1]] = self.frames
        return filled


@dataclass(frozen=True, eq=False)
class TrainingSample:
    """A conversation, laid out."""

    ids: Tensor
    """`[positions]`"""
    text_labels: Tensor
    """`[positions]`: the id to be learned, or `IGNORED`."""
    audio_mask: Tensor
    """`[positions]` bool: the positions whose embedding is the next column of `codes`."""
    codes: Tensor
    """`[codebooks, columns]`, delayed, stream specials included; all clips in order."""
    clips: tuple[ClipSpan, ...]
    tower_mask: Tensor | None = None
    """`[positions]` bool: the positions whose embedding is the next Whisper feature."""
    mels: tuple[Mel, ...] = ()
    """One per stretch for the audio tower."""

    def __post_init__(self) -> None:
        columns = sum(clip.column_count for clip in self.clips)
        audio_positions = int(self.audio_mask.sum())
        if not self.codes.shape[1] == columns == audio_positions:
            raise ModelError(
                f"a sample has {self.codes.shape[1]} columns of codes, clips of {columns} columns"
                f" and {audio_positions} audio positions"
            )
        if not len(self.ids) == len(self.text_labels) == len(self.audio_mask):
            raise ModelError("a sample's ids, text labels and audio mask differ in length")

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(
        cls,
        ids: Sequence[int],
        text_labels: Sequence[int],
        audio_mask: Sequence[bool],
        codes: Tensor,
        clips: Iterable[tuple[int, bool]],
        tower_mask: Sequence[bool] = (),
        mels: Iterable[Mel] = (),
    ) -> TrainingSample:
        """From plain sequences; clips are (columns, whether they are learned)."""
        stretches = tuple(mels)
        return cls(
            torch.tensor(ids),
            torch.tensor(text_labels),
            torch.tensor(audio_mask),
            codes,
            tuple(ClipSpan(count, is_learned) for count, is_learned in clips),
            torch.tensor(tower_mask) if stretches else None,
            stretches,
        )


def audio_labels(codes: Tensor, clips: tuple[ClipSpan, ...]) -> Tensor:
    """Labels `[codebooks, columns]` of a sample's columns: real codes, and one EOS per codebook.

    The ramps are ignored (4 codebooks, 3 frames; `.` is ignored, B opens and E closes a stream):

        codes   B a a a E E E E     labels   . a a a E . . .
                B B b b b E E E              . . b b b E . .
                B B B c c c E E              . . . c c c E .
                B B B B d d d E              . . . . d d d E
    """
    codebook_count = codes.shape[0]
    labels = torch.full_like(codes, IGNORED)
    start = 0
    for clip in clips:
        end = start + clip.column_count
        label_count = clip.column_count - codebook_count
        if clip.is_learned and label_count > 0:
            for codebook in range(codebook_count):
                first = start + codebook + 1
                learned = slice(first, min(first + label_count, end))
                labels[codebook, learned] = codes[codebook, learned]
        start = end
    return labels
