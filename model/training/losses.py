"""The losses of the language model: cross-entropy of text, and of each codebook.

Logits are taken only where something is to be learned: a label at one position is predicted from
the hidden state of the position before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from model.errors import ConfigError
from model.network.backbone import HiggsModel, put_rows
from model.training.batches import Batch
from model.training.samples import IGNORED


@dataclass(frozen=True)
class LossWeights:
    """How much the text and each codebook count; the loss is the weighted sum of their means."""

    text: float
    codebooks: tuple[float, ...]

    @staticmethod
    def of(text: float, codebooks: tuple[float, ...], codebook_count: int) -> LossWeights:
        """Weights for `codebook_count` codebooks; none given means one each."""
        weights = codebooks or (1.0,) * codebook_count
        if len(weights) != codebook_count:
            reason = f"{len(weights)} weights for {codebook_count} codebooks"
            raise ConfigError(reason, "codebook_weights")
        return LossWeights(text, weights)


@dataclass(frozen=True, eq=False)
class Losses:
    """Mean cross-entropies, detached but for `total`."""

    total: Tensor
    text: Tensor
    codebooks: Tensor
    """`[codebooks]`"""


def label_counts(batch: Batch) -> Tensor:
    """How many labels a batch has: `[1 + codebooks]`, those of the text first."""
    text = (batch.text_labels[:, 1:] != IGNORED).sum()[None]
    return torch.cat([text, (batch.audio_labels != IGNORED).sum(dim=1)])


def language_model_losses(
    network: HiggsModel, batch: Batch, weights: LossWeights, counts: Tensor | None = None
) -> Losses:
    """One forward pass and its losses.

    `counts` stands for the batch's own `label_counts`: a step over several unlike batches gives
    each the mean count of all, so that every label weighs the same, whatever batch it is in.
    """
    hidden = network(hidden_input(network, batch), batch.routing(), batch.positions()).flatten(0, 1)
    counts = (label_counts(batch) if counts is None else counts).clamp(min=1)
    codebooks = _codebook_sums(network, hidden, batch) / counts[1:]
    text = _text_sum(network, hidden, batch) / counts[0]
    scale = torch.tensor(weights.codebooks, device=codebooks.device)
    total = (codebooks * scale).sum() + weights.text * text
    return Losses(total, text.detach(), codebooks.detach())


def hidden_input(network: HiggsModel, batch: Batch) -> Tensor:
    """Embedded positions `[lanes, positions, hidden]`: ids, codes and the features of the tower."""
    hidden = network.embed_text(batch.ids)
    hidden = network.place(hidden, batch.audio_mask, batch.codes)
    if batch.mels is None or batch.tower_mask is None:
        return hidden
    return put_rows(
        hidden, batch.tower_mask, network.embed_sound(batch.mels, batch.mel_frame_counts)
    )


def _codebook_sums(network: HiggsModel, hidden: Tensor, batch: Batch) -> Tensor:
    labels = batch.audio_labels
    learned = (labels != IGNORED).any(dim=0)
    places = batch.audio_places()[learned] - 1
    labels = labels[:, learned].t()
    logits = network.audio_logits(hidden[places])
    scores = functional.cross_entropy(
        logits.flatten(0, 1).float(), labels.flatten(), ignore_index=IGNORED, reduction="none"
    ).view(labels.shape)
    return scores.sum(dim=0)


def _text_sum(network: HiggsModel, hidden: Tensor, batch: Batch) -> Tensor:
    labels = batch.text_labels.roll(-1, dims=1)
    labels[:, -1] = IGNORED
    places = (labels.flatten() != IGNORED).nonzero().squeeze(1)
    logits = network.text_logits(hidden[places])
    if logits is None:
        return hidden.new_zeros((), dtype=torch.float32)
    if len(places) == 0:
        return logits.float().sum()  # nothing, yet the head takes part in every step
    return functional.cross_entropy(logits.float(), labels.flatten()[places], reduction="sum")
