"""The optional tower that turns a recording into positions for the text path.

Mel frames `[pieces, mel bins, frames]` go through two convolutions, learned positions, the encoder
layers, pooling in pairs, and a norm; the projector brings them to the width of the language model.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.config.config import WhisperConfig
from model.errors import ModelError
from model.network.layers import Embedding


class WhisperProjector(nn.Module):
    """From the tower's width to the language model's."""

    def __init__(self, width: int, hidden_size: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, hidden_size)

    def forward(self, features: Tensor) -> Tensor:
        return self.linear(features)


class WhisperTower(nn.Module):
    """Mel frames to one feature every 40 ms."""

    def __init__(self, config: WhisperConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.conv1 = nn.Conv1d(config.mel_bins, width, kernel_size=3, padding=1)
        self.conv2 = nn.Conv1d(width, width, kernel_size=3, stride=2, padding=1)
        self.embed_positions = Embedding(config.position_count, width)
        self.embed_positions.weight.requires_grad_(False)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.layer_count))
        self.layer_norm = nn.LayerNorm(width)

    def forward(self, mel: Tensor, frame_counts: Sequence[int]) -> Tensor:
        """`[pieces, mel bins, frames]` to the features of all pieces, `[features, width]`.

        A piece gives as many features as its frames that are sound; no pieces give none, but their
        gradient exists, so that trainers on several devices stay in step.
        """
        wanted = [len(frame_counts), self.config.mel_bins, self.config.mel_frame_count]
        if list(mel.shape) != wanted:
            raise ModelError(f"mel frames must be {wanted}, padded, not {list(mel.shape)}")
        hidden = functional.gelu(self.conv1(mel.to(self.conv1.weight.dtype)))
        hidden = functional.gelu(self.conv2(hidden)).transpose(1, 2)
        scale = self.config.width**0.5 if self.config.scale_embedding else 1.0
        hidden = hidden * scale + self.embed_positions.weight
        visible = self._visible(frame_counts, hidden)
        for layer in self.layers:
            hidden = layer(hidden, visible)
        pooled = functional.avg_pool1d(hidden.transpose(1, 2), kernel_size=2, stride=2)
        features = self.layer_norm(pooled.transpose(1, 2))
        lengths = [max(pooled_length(count), 0) for count in frame_counts]
        real = [one[:length] for one, length in zip(features, lengths, strict=True)]
        return torch.cat(real) if real else features.flatten(0, 1)

    def _visible(self, frame_counts: Sequence[int], hidden: Tensor) -> Tensor:
        """`[pieces, 1, 1, positions]`, True where there is sound.

        An empty piece still looks at its first position: a row without a key would turn into NaN.
        """
        lengths = [max(convolved_length(count), 1) for count in frame_counts]
        places = torch.arange(hidden.shape[1], device=hidden.device)
        ends = torch.tensor(lengths, dtype=torch.long).to(hidden.device)
        return (places < ends[:, None])[:, None, None]


def convolved_length(frame_count: int) -> int:
    """Positions after the second convolution."""
    return (frame_count - 1) // 2 + 1


def pooled_length(frame_count: int) -> int:
    """Features after pooling: 750 for the 3000 frames of 30 seconds."""
    return (convolved_length(frame_count) - 2) // 2 + 1


class EncoderLayer(nn.Module):
    """A pre-norm encoder layer with full attention over the real positions."""

    def __init__(self, config: WhisperConfig) -> None:
        super().__init__()
        self.self_attn = EncoderAttention(config.width, config.head_count)
        self.self_attn_layer_norm = nn.LayerNorm(config.width)
        self.fc1 = nn.Linear(config.width, config.intermediate_size)
        self.fc2 = nn.Linear(config.intermediate_size, config.width)
        self.final_layer_norm = nn.LayerNorm(config.width)

    def forward(self, hidden: Tensor, visible: Tensor) -> Tensor:
        hidden = hidden + self.self_attn(self.self_attn_layer_norm(hidden), visible)
        inner = functional.gelu(self.fc1(self.final_layer_norm(hidden)))
        return hidden + self.fc2(inner)


class EncoderAttention(nn.Module):
    """Plain multi-head attention; keys have no bias."""

    def __init__(self, width: int, head_count: int) -> None:
        super().__init__()
        self.head_count = head_count
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, hidden: Tensor, visible: Tensor) -> Tensor:
        queries, keys, values = (
            projected.unflatten(-1, (self.head_count, -1)).transpose(1, 2)
            for projected in (self.q_proj(hidden), self.k_proj(hidden), self.v_proj(hidden))
        )
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=visible)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))
