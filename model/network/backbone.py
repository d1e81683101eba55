"""Embeddings, the stack of layers, and the two heads.

Parameters carry the names of the transformers layout, so a state dict of that layout is assigned as
it is. Hidden states are `[lanes, positions, hidden]`, ids `[lanes, positions]`, codes `[codebooks,
columns]` with the columns of all lanes in reading order and no padding among them.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from model.cache.protocol import KeyValueCache, Visibility, fresh_keys
from model.config.config import ModelConfig
from model.errors import ModelError
from model.network.dual_ffn import DecoderLayer, Pass, Routing
from model.network.layers import Embedding, RMSNorm, RotaryPositions
from model.network.whisper_tower import WhisperProjector, WhisperTower


class CodebookEmbedding(nn.Module):
    """One table for all codebooks: row = codebook * rows per codebook + code."""

    offsets: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embed_audio_tokens = Embedding(config.audio_row_count, config.hidden_size)
        self.averages = config.average_codebooks
        offsets = torch.arange(config.codebook_count, device="cpu") * config.rows_per_codebook
        self.register_buffer("offsets", offsets, persistent=False)

    def forward(self, codes: Tensor) -> Tensor:
        """`[codebooks, columns]` to `[columns, hidden]`."""
        rows = self.embed_audio_tokens(codes.t() + self.offsets)
        return rows.mean(dim=1) if self.averages else rows.sum(dim=1)


class DecoderStack(nn.Module):
    """Both embeddings, the layers, and the norm they share at the end."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = Embedding(config.vocab_size, config.hidden_size)
        self.embed_audio_tokens = CodebookEmbedding(config)
        self.layers = nn.ModuleList(_build_layers(config))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.rotary = RotaryPositions(config)
        self.gradient_checkpointing = False

    def forward(
        self,
        hidden: Tensor,
        routing: Routing,
        positions: Tensor,
        cache: KeyValueCache | None,
        is_real: Tensor | None,
    ) -> Tensor:
        is_audio = routing.flags(positions) if self.config.tells_audio_keys_apart else None
        register = fresh_keys if cache is None else cache.open
        shared = Pass(
            routing=routing,
            rotation=self.rotary(positions, hidden.dtype),
            visibility=Visibility.of(register(positions, is_real, is_audio)),
            cache=cache,
        )
        for layer in self.layers:
            if self.gradient_checkpointing and self.training:
                hidden = checkpoint(layer, hidden, shared, use_reentrant=False)
            else:
                hidden = layer(hidden, shared)
        return self.norm(hidden)


class HiggsModel(nn.Module):
    """The language model as a network; `LanguageModel` is the door for people."""

    def __init__(self, config: ModelConfig, with_text_head: bool = True) -> None:
        super().__init__()
        self.config = config
        self.model = DecoderStack(config)
        self.audio_lm_head = nn.Linear(config.hidden_size, config.audio_row_count, bias=False)
        self.text_lm_head: nn.Linear | None = None
        if with_text_head:
            self.text_lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.audio_out_embed_projector: nn.Linear | None = None
        if config.embed_projector:
            self.audio_out_embed_projector = nn.Linear(
                config.hidden_size, config.hidden_size, bias=False
            )
        self.audio_tower: WhisperTower | None = None
        self.audio_encoder_proj: WhisperProjector | None = None
        if config.whisper is not None:
            self.audio_tower = WhisperTower(config.whisper)
            self.audio_encoder_proj = WhisperProjector(config.whisper.width, config.hidden_size)

    def embed_text(self, ids: Tensor) -> Tensor:
        """Ids of any shape to the same shape with a hidden axis behind."""
        return self.model.embed_tokens(ids)

    def embed_codes(self, codes: Tensor) -> Tensor:
        """Columns as they are fed, `[codebooks, columns]`, to `[columns, hidden]`."""
        columns = self.model.embed_audio_tokens(codes)
        if self.audio_out_embed_projector is not None:
            columns = self.audio_out_embed_projector(columns)
        return columns

    def audio_mask(self, ids: Tensor) -> Tensor:
        """True where an id stands for a column of codes."""
        first, *others = self.config.audio_ids
        mask = ids == first
        for other in others:
            mask = mask | (ids == other)
        return mask

    def embed(self, ids: Tensor, codes: Tensor | None) -> Tensor:
        """Text rows, with the columns of `codes` in the places of the audio ids, in reading order.

        There must be exactly as many columns as audio ids; that is not asked here, since the answer
        would have to come back from the device.
        """
        hidden = self.embed_text(ids)
        return hidden if codes is None else self.place(hidden, self.audio_mask(ids), codes)

    def place(self, hidden: Tensor, mask: Tensor, codes: Tensor) -> Tensor:
        """Put the embedded columns into the positions of `mask`."""
        return put_rows(hidden, mask, self.embed_codes(codes))

    def embed_sound(self, mel: Tensor, frame_counts: Sequence[int]) -> Tensor:
        """Mel pieces to rows for the text path, `[features, hidden]`; see `whisper_tower.py`."""
        if self.audio_tower is None or self.audio_encoder_proj is None:
            raise ModelError("this checkpoint has no audio tower to listen with")
        return self.audio_encoder_proj(self.audio_tower(mel, frame_counts))

    def forward(
        self,
        hidden: Tensor,
        routing: Routing,
        positions: Tensor,
        cache: KeyValueCache | None = None,
        is_real: Tensor | None = None,
    ) -> Tensor:
        """Embedded positions to normed hidden states, both `[lanes, positions, hidden]`.

        `positions` are the rotary ones, `[lanes, positions]`. `is_real` is False for padding, and
        None where there is none.
        """
        return self.model(hidden, routing, positions, cache, is_real)

    def text_logits(self, hidden: Tensor) -> Tensor | None:
        """`[..., hidden]` to `[..., vocabulary]`; None for a checkpoint without a text head."""
        return None if self.text_lm_head is None else self.text_lm_head(hidden)

    def audio_logits(self, hidden: Tensor) -> Tensor:
        """`[..., hidden]` to `[..., codebooks, rows per codebook]`."""
        return self.audio_lm_head(hidden).unflatten(-1, (self.config.codebook_count, -1))


def put_rows(hidden: Tensor, mask: Tensor, rows: Tensor) -> Tensor:
    """Put `rows` `[places, hidden]` where `mask` is True, in reading order."""
    return hidden.masked_scatter(mask[..., None], rows.to(hidden.dtype))


def _build_layers(config: ModelConfig) -> list[DecoderLayer]:
    layers: list[DecoderLayer] = []
    slot = 0
    for layer in range(config.layer_count):
        layers.append(DecoderLayer(config, layer, slot))
        slot += layers[-1].slot_count
    return layers
