"""Residual vector quantization: each codebook encodes what the ones before it left over.

residual ─► project_in ─► nearest entry ─► code
    │                          │
    └───── minus ◄─ project_out┘   and the rest goes to the next codebook
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from tokenizer.codec.config import CodecConfig


class ResidualQuantizer(nn.Module):
    """[lanes, width, frames] <-> codes [lanes, codebooks, frames]."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.quantizers = nn.ModuleList(Quantizer(config) for _ in range(config.codebook_count))

    def encode(self, latent: Tensor, codebook_count: int | None = None) -> Tensor:
        """The codes of the first `codebook_count` codebooks, or of all."""
        residual = latent.transpose(1, 2)
        codes = []
        for quantizer in self.first(codebook_count):
            code = quantizer.nearest(quantizer.project_in(residual))
            residual = residual - quantizer.lookup(code)
            codes.append(code)
        return torch.stack(codes, dim=1)

    def decode(self, codes: Tensor) -> Tensor:
        """The sum of the entries of all codebooks."""
        total = torch.zeros((), device=codes.device)
        for quantizer, code in zip(self.first(codes.shape[1]), codes.unbind(1), strict=True):
            total = total + quantizer.lookup(code)
        return total.transpose(1, 2)

    def first(self, count: int | None = None) -> list[Quantizer]:
        """So many quantizers, or all."""
        return cast("list[Quantizer]", list(self.quantizers)[:count])


class Quantizer(nn.Module):
    """One codebook and its way in and out of the latent space."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.codebook = Codebook(config.codebook_size, config.codebook_dim)
        self.project_in = nn.Linear(config.quantizer_width, config.codebook_dim)
        self.project_out = nn.Linear(config.codebook_dim, config.quantizer_width)

    def nearest(self, points: Tensor) -> Tensor:
        """Points [..., dim] -> the index [...] of the nearest entry; the lowest of equals."""
        entries = self.codebook.embed
        flat = points.reshape(-1, points.shape[-1])
        # Spelled as |a|² - 2ab + |b|² in this very order, so that near ties fall as they do in
        # the checkpoint's own code.
        distance = -(
            flat.pow(2).sum(1, keepdim=True)
            - 2 * flat @ entries.t()
            + entries.t().pow(2).sum(0, keepdim=True)
        )
        return distance.max(dim=-1).indices.view(points.shape[:-1])

    def lookup(self, code: Tensor) -> Tensor:
        """Indices [...] -> their entries in the latent space [..., width]."""
        return self.project_out(functional.embedding(code, self.codebook.embed))


class Codebook(nn.Module):
    """The entries, and the running statistics that training moves them by."""

    inited: Tensor
    cluster_size: Tensor
    embed: Tensor
    embed_avg: Tensor

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("inited", torch.ones(1))
        self.register_buffer("cluster_size", torch.zeros(size))
        self.register_buffer("embed", torch.zeros(size, dim))
        self.register_buffer("embed_avg", torch.zeros(size, dim))
