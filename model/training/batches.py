"""Samples side by side: padded on the right to one length, everything a training step needs.

Padding comes after every real position and attention is causal, so no real position ever sees it
and no mask is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from model.dual_ffn import Routing
from model.training.samples import IGNORED, TrainingSample, audio_labels
from model.whisper_tower import pooled_length

LENGTH_MULTIPLE = 8


@dataclass(frozen=True, eq=False)
class Batch:
    """Lanes of samples. Columns of codes follow each other lane by lane, without padding."""

    ids: Tensor
    """`[lanes, positions]`"""
    text_labels: Tensor
    """`[lanes, positions]`, not shifted."""
    audio_mask: Tensor
    """`[lanes, positions]` bool"""
    codes: Tensor
    """`[codebooks, columns]` as they are fed."""
    audio_labels: Tensor
    """`[codebooks, columns]`, not shifted."""
    tower_mask: Tensor | None = None
    """`[lanes, positions]` bool"""
    mels: Tensor | None = None
    """`[stretches, mel bins, frames]`, padded to what the tower hears at once."""
    mel_frame_counts: Tensor | None = None
    """`[stretches]`"""
    mel_positions: Tensor | None = None
    """`[stretches]`: how many features of each are real."""

    def positions(self) -> Tensor:
        """Rotary positions `[lanes, positions]`."""
        lanes, count = self.ids.shape
        return torch.arange(count, device=self.ids.device).expand(lanes, count)

    def routing(self) -> Routing:
        """Which position takes which half of a layer."""
        return Routing.of(self.audio_mask)

    def audio_places(self) -> Tensor:
        """Where each column stands in the flattened positions."""
        return self.audio_mask.flatten().nonzero().squeeze(1)

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        moved = {
            field.name: None if value is None else value.to(device, non_blocking=True)
            for field in fields(self)
            for value in (getattr(self, field.name),)
        }
        return Batch(**moved)


def collate(samples: Sequence[TrainingSample], pad_id: int, mel_frame_count: int = 0) -> Batch:
    """Pad samples to one length."""
    length = padded_length(max(len(sample) for sample in samples))
    mels = [mel for sample in samples for mel in sample.mels]
    return Batch(
        ids=_padded([sample.ids for sample in samples], length, pad_id),
        text_labels=_padded([sample.text_labels for sample in samples], length, IGNORED),
        audio_mask=_padded([sample.audio_mask for sample in samples], length, False),
        codes=torch.cat([sample.codes for sample in samples], dim=1).long(),
        audio_labels=torch.cat(
            [audio_labels(sample.codes.long(), sample.clips) for sample in samples], dim=1
        ),
        **(_tower_inputs(samples, mels, length, mel_frame_count) if mels else {}),
    )


def padded_length(longest: int) -> int:
    """How many positions a lane has: the longest sample, rounded up for the kernels' sake."""
    return -(-longest // LENGTH_MULTIPLE) * LENGTH_MULTIPLE


def _padded(rows: list[Tensor], length: int, fill: int | bool) -> Tensor:
    wide = pad_sequence(rows, batch_first=True, padding_value=fill)
    padded = wide.new_full((len(rows), length), fill)
    padded[:, : wide.shape[1]] = wide
    return padded if padded.dtype == torch.bool else padded.long()


def _tower_inputs(
    samples: Sequence[TrainingSample], mels: list[Tensor], length: int, mel_frame_count: int
) -> dict[str, Tensor]:
    masks = [
        torch.zeros(len(sample), dtype=torch.bool)
        if sample.tower_mask is None
        else sample.tower_mask
        for sample in samples
    ]
    # Silence is the floor of a recording's own mel, not zero.
    stacked = torch.stack([mel.min().expand(mel.shape[0], mel_frame_count) for mel in mels])
    for row, mel in zip(stacked, mels, strict=True):
        row[:, : mel.shape[1]] = mel
    frame_counts = torch.tensor([mel.shape[1] for mel in mels])
    return {
        "tower_mask": _padded(masks, length, False),
        "mels": stacked,
        "mel_frame_counts": frame_counts,
        "mel_positions": pooled_length(frame_counts),
    }
