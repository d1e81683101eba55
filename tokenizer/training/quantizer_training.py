"""Training of the residual quantizer: k-means start, running means, revival of dead entries.

Entries are not moved by gradients but to the running mean of the points they were nearest to. Every
process sees only its share of the batch, so counts and sums are added over all processes before an
entry moves, and what is drawn at random is drawn by the first one: the codebooks stay equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor
from torch.nn import functional

from tokenizer.codec.quantizer import Codebook, Quantizer, ResidualQuantizer

DECAY = 0.99
KMEANS_ROUNDS = 30
DEAD_BELOW = 0.3  # points per batch, as a running mean; fewer, and the entry is moved

Combine = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Quantized:
    """The latent as the codebooks tell it, its codes, and how far encoder and entries are apart."""

    latent: Tensor
    codes: Tensor
    commitment: Tensor


def alone(tensor: Tensor) -> Tensor:
    """How a single process adds and shares: not at all."""
    return tensor


class QuantizerTraining:
    """Wraps the quantizer of a codec network while it is trained.

    `add_up` sums a tensor over the processes; `share` hands out the first process's tensor.
    """

    def __init__(
        self, quantizer: ResidualQuantizer, add_up: Combine = alone, share: Combine = alone
    ) -> None:
        self.stages = cast("list[Quantizer]", list(quantizer.quantizers))
        self._add_up = add_up
        self._share = share

    def quantize(self, latent: Tensor, learn: bool) -> Quantized:
        """[lanes, width, frames] -> its quantized self; gradients pass straight through.

        With `learn` the entries move to what they stand for.
        """
        residual = latent.transpose(1, 2)
        total, codes = torch.zeros_like(residual), []
        commitment = latent.new_zeros(())
        for stage in self.stages:
            points = stage.project_in(residual)
            code = stage.nearest(points.detach())
            entries = functional.embedding(code, stage.codebook.embed)
            commitment = commitment + functional.mse_loss(points, entries)
            spoken = stage.project_out(entries)
            residual, total = residual - spoken.detach(), total + spoken
            codes.append(code)
            if learn:
                self._move(stage.codebook, points.detach().flatten(0, 1), code.flatten())
        whole = total.transpose(1, 2) + (latent - latent.detach())
        return Quantized(whole, torch.stack(codes, dim=1), commitment / len(self.stages))

    @torch.no_grad()
    def start(self, latent: Tensor) -> None:
        """K-means on [lanes, width, frames], book after book, each on what the last left over."""
        residual = latent.transpose(1, 2).flatten(0, 1)
        for stage in self.stages:
            points = stage.project_in(residual)
            self._start_codebook(stage.codebook, points)
            residual = residual - stage.lookup(stage.nearest(points))

    def _start_codebook(self, codebook: Codebook, points: Tensor) -> None:
        entries = self._share(_some_of(points, len(codebook.embed)))
        counts = points.new_ones(len(entries))
        for _ in range(KMEANS_ROUNDS):
            counts, sums = self._counts_and_sums(entries, points, _nearest(entries, points))
            entries = torch.where(counts[:, None] > 0, sums / counts.clamp(min=1)[:, None], entries)
            empty = counts == 0
            entries[empty] = self._share(_some_of(points, len(entries)))[empty]
        counts = counts.clamp(min=1.0)
        codebook.embed.copy_(entries)
        codebook.cluster_size.copy_(counts)
        codebook.embed_avg.copy_(entries * counts[:, None])
        codebook.inited.fill_(1)

    @torch.no_grad()
    def _move(self, codebook: Codebook, points: Tensor, code: Tensor) -> None:
        counts, sums = self._counts_and_sums(codebook.embed, points, code)
        codebook.cluster_size.mul_(DECAY).add_(counts, alpha=1 - DECAY)
        codebook.embed_avg.mul_(DECAY).add_(sums, alpha=1 - DECAY)
        dead = codebook.cluster_size < DEAD_BELOW
        # Drawn every time, needed or not: all processes must ask for it together.
        fresh = self._share(_some_of(points, len(dead)))
        codebook.embed_avg[dead] = fresh[dead]
        codebook.cluster_size[dead] = 1.0
        codebook.embed.copy_(codebook.embed_avg / codebook.cluster_size[:, None])

    def _counts_and_sums(
        self, entries: Tensor, points: Tensor, code: Tensor
    ) -> tuple[Tensor, Tensor]:
        both = points.new_zeros(len(entries), 1 + points.shape[1])
        both[:, 0].index_add_(0, code, points.new_ones(len(code)))
        both[:, 1:].index_add_(0, code, points)
        both = self._add_up(both)
        return both[:, 0], both[:, 1:]


def _nearest(entries: Tensor, points: Tensor) -> Tensor:
    return (entries.square().sum(1) - 2 * points @ entries.t()).argmin(dim=1)


def _some_of(points: Tensor, count: int) -> Tensor:
    return points[torch.randint(len(points), (count,), device=points.device)]
