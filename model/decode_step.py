"""One decode step: a column per lane in, audio logits per lane out. Two of them, twins.

`PlainStep` calls the network as prefill does. `PackedStep` does the same arithmetic through the
audio path alone, on fused weights and buffers that exist already; a test holds the two together.
Neither samples, and neither knows whose lane is whose.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from model.config import ModelConfig
from model.dual_ffn import AUDIO_ONLY
from model.kv_cache_static import StaticCache
from model.language_model import LanguageModel
from model.packed_layer import PackedLayer, Workspace, pack_layers
from model.packed_weights import audio_head, codebook_table


class DecodeStep(Protocol):
    """What the engine asks of a step."""

    def logits(self, columns: Tensor, positions: Tensor, key_count: int) -> Tensor:
        """Feed `columns` `[lanes, codebooks]` at `positions` `[lanes]`, the first lanes of the
        cache; float32 `[lanes, codebooks, rows]`.

        Each lane hears its own positions up to and with its new one; `key_count` is at least the
        longest lane. The result may live in a buffer that the next step overwrites.
        """
        ...


def decode_step(language_model: LanguageModel, cache: StaticCache, plain: bool) -> DecodeStep:
    """The fast step where the architecture has one, else the plain one."""
    if plain or not can_pack(language_model.config):
        return PlainStep(language_model, cache)
    return PackedStep(language_model, cache)


def can_pack(config: ModelConfig) -> bool:
    """Audio self-attention needs a second cache slot per layer; biases and projectors are rare."""
    is_rare = config.audio_self_attention or config.embed_projector
    return not (is_rare or config.attention_bias or config.mlp_bias)


class PlainStep:
    """The network itself, one position per lane."""

    def __init__(self, language_model: LanguageModel, cache: StaticCache) -> None:
        self._network = language_model.network
        self._cache = cache

    @torch.inference_mode()
    def logits(self, columns: Tensor, positions: Tensor, key_count: int) -> Tensor:
        hidden = self._network(
            self._network.embed_codes(columns.t())[:, None],
            AUDIO_ONLY,
            positions[:, None],
            self._cache.step(len(columns), key_count),
        )
        return self._network.audio_logits(hidden[:, 0]).float()


class PackedStep:
    """Fused projections, weights laid out for narrow batches, no allocation worth naming."""

    def __init__(self, language_model: LanguageModel, cache: StaticCache) -> None:
        self._config = config = language_model.config
        self._cache = cache
        self._network = network = language_model.network
        self._layers: list[PackedLayer] = pack_layers(network, config, cache)
        self._table, self._offsets = codebook_table(network)
        self._head = audio_head(network)
        self._workspaces: dict[int, Workspace] = {}

    @torch.inference_mode()
    def logits(self, columns: Tensor, positions: Tensor, key_count: int) -> Tensor:
        space = self._workspace(len(columns))
        rows = columns + self._offsets
        mode = "mean" if self._config.average_codebooks else "sum"
        hidden = torch.nn.functional.embedding_bag(rows, self._table, mode=mode)
        space.aim(self._network.model.rotary, positions, key_count)
        for layer in self._layers:
            hidden = layer.forward(hidden, space)
        normed = space.normed(hidden, self._network.model.norm.weight)
        logits = torch.mm(normed, self._head, out=space.logits)
        return logits.float().view(len(columns), self._config.codebook_count, -1)

    def _workspace(self, width: int) -> Workspace:
        if width not in self._workspaces:
            self._workspaces[width] = Workspace(self._config, self._cache, width)
        return self._workspaces[width]
