"""Weights of the audio path, fused and transposed for a decode step, without a second copy.

A small batch times `[in, out]` reads memory in order, which `[out, in]` does not: about 1.7 times
the speed in fp32 on the CPUs tried. The network's own parameters become views of the fused ones, so
that a model whose weights are fused takes no more memory than before. Quantized weights stay `[out,
in]`: that is how their kernel reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor, nn

from model.config.config import ModelConfig
from model.network.backbone import HiggsModel
from model.placement.quantized_weights import QuantizedLinear, QuantizedMatrix, side_by_side

FusedMap: TypeAlias = Tensor | QuantizedMatrix
"""`[in, out]` in the network's own number format, or quantized."""


def fused_map(projections: Sequence[nn.Linear | QuantizedLinear]) -> FusedMap:
    """Projections of one input side by side; they share its memory after."""
    quantized = [one for one in projections if isinstance(one, QuantizedLinear)]
    plain = [one for one in projections if isinstance(one, nn.Linear)]
    return side_by_side(quantized) if quantized else fused_weights(plain)


def fused_weights(projections: Sequence[nn.Linear]) -> Tensor:
    """Projections of one input side by side, `[in, out of all]`; they share its memory after."""
    fused = torch.cat([one.weight.detach() for one in projections]).t().contiguous()
    start = 0
    for one in projections:
        one.weight.data = fused[:, start : start + one.out_features].t()
        start += one.out_features
    return fused


def audio_head(network: HiggsModel) -> Tensor:
    """`[hidden, codebooks * rows]`."""
    return fused_weights([network.audio_lm_head])


@dataclass(frozen=True, eq=False)
class CodebookTable:
    """What codes are embedded by."""

    rows: Tensor
    """`[codebooks * rows, hidden]`."""
    offsets: Tensor
    """The first row of each codebook."""
    averages: bool
    """A column is the mean of its rows, not their sum."""


def codebook_table(network: HiggsModel, config: ModelConfig) -> CodebookTable:
    embedding = network.model.embed_audio_tokens
    rows = embedding.embed_audio_tokens.weight.detach()
    return CodebookTable(rows, embedding.offsets, config.average_codebooks)


def active_weights(config: ModelConfig) -> int:
    """Weights of the linear maps an audio step reads."""
    heads = 2 * config.head_count + 2 * config.kv_head_count
    per_layer = heads * config.head_dim + 3 * config.intermediate_size
    return config.hidden_size * (config.layer_count * per_layer + config.audio_row_count)
