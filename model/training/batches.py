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

from model.network.dual_ffn import Routing
from model.training.samples import IGNORED, Mel, TrainingSample, audio_labels

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
    """`[stretches, mel bins, frames]`, padded to what the tower takes at once."""
    mel_frame_counts: tuple[int, ...] = ()
    """How many frames of each stretch are sound."""

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
            field.name: value.to(device, non_blocking=True) if isinstance(value, Tensor) else value
            for field in fields(self)
            for value in (getattr(self, field.name),)
        }
        return Batch(**moved)


def collate(samples: Sequence[TrainingSample], pad_id: int, mel_frame_count: int = 0) -> Batch:
    """Pad samples to one length."""
    length = padded_length(max(len(sample) for sample in samples))
    mels: list[Mel] = [mel for sample in samples for mel in sample.mels]
    return Batch(
        ids=_padded([sample.ids for sample in samples], length, pad_id),
        text_labels=_padded([sample.text_labels for sample in samples], length, IGNORED),
        audio_mask=_padded([sample.audio_mask for sample in samples], length, False),
        codes=torch.cat([sample.codes for sample in samples], dim=1).long(),
        audio_labels=torch.cat(
            [audio_labels(sample.codes.long(), sample.clips) for sample in samples], dim=1
        ),
        tower_mask=_tower_mask(samples, length) if mels else None,
        mels=torch.stack([mel.padded(mel_frame_count) for mel in mels]) if mels else None,
        mel_frame_counts=tuple(mel.frame_count for mel in mels),
    )


def padded_length(longest: int) -> int:
    """How many positions a lane has: the longest sample, rounded up for the kernels' sake."""
    return -(-longest // LENGTH_MULTIPLE) * LENGTH_MULTIPLE


def _padded(rows: list[Tensor], length: int, fill: int | bool) -> Tensor:
    wide = pad_sequence(rows, batch_first=True, padding_value=fill)
    padded = wide.new_full((len(rows), length), fill)
    padded[:, : wide.shape[1]] = wide
    return padded if padded.dtype == torch.bool else padded.long()


def _tower_mask(samples: Sequence[TrainingSample], length: int) -> Tensor:
    nowhere = [torch.zeros(len(sample), dtype=torch.bool) for sample in samples]
    masks = [
        none if sample.tower_mask is None else sample.tower_mask
        for none, sample in zip(nowhere, samples, strict=True)
    ]
    return _padded(masks, length, False)
