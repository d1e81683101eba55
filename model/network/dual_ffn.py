"""The decoder layer where text and audio positions part ways.

    x ──► norm ──► attention ──(+)──► norm ──► MLP ──(+)──►
          text│audio  shared           text│audio  text│audio

Attention and rotary positions are shared; the norms and the MLP come in two sets. `Routing` says
which position takes which path, as index lists made once per pass: no layer asks the device.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.cache.protocol import KeyValueCache, Visibility
from model.config.config import ModelConfig
from model.hardware.device import sent
from model.network.layers import Attention, GatedMLP, RMSNorm, Rotation

Transform = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Routing:
    """Which positions of a pass are audio: all, none, or those of a mask `[lanes, positions]`."""

    all_audio: bool
    mask: Tensor | None = None
    text_places: Tensor | None = None
    """Places in the flattened `[lanes * positions]`; given together with `mask`."""
    audio_places: Tensor | None = None

    @staticmethod
    def of(mask: Tensor, device: torch.device | str | None = None) -> Routing:
        """From a mask; hand it over on the CPU and name the device, and nothing waits for it."""
        flat = mask.flatten()
        audio, text = flat.nonzero().squeeze(1), (~flat).nonzero().squeeze(1)
        if len(text) == 0 or len(audio) == 0:
            return Routing(all_audio=len(text) == 0)
        target = device if device is not None else mask.device
        return Routing(False, *(sent(one, target) for one in (mask, text, audio)))

    @property
    def is_all_text(self) -> bool:
        return self.mask is None and not self.all_audio

    def flags(self, like: Tensor) -> Tensor:
        """The mask as a tensor of the shape of `like`, whichever case this is."""
        if self.mask is not None:
            return self.mask
        return torch.full(like.shape, self.all_audio, device=like.device)

    def split(self, hidden: Tensor, on_text: Transform, on_audio: Transform) -> Tensor:
        """Send each position of `[lanes, positions, hidden]` through the transform of its kind."""
        if self.text_places is None or self.audio_places is None:
            return on_audio(hidden) if self.all_audio else on_text(hidden)
        flat = hidden.flatten(0, 1)
        text = on_text(flat.index_select(0, self.text_places))
        audio = on_audio(flat.index_select(0, self.audio_places))
        joined = torch.empty_like(flat, dtype=text.dtype)
        joined.index_copy_(0, self.text_places, text)
        return joined.index_copy_(0, self.audio_places, audio).view_as(hidden)


AUDIO_ONLY = Routing(all_audio=True)
TEXT_ONLY = Routing(all_audio=False)


@dataclass(frozen=True)
class Pass:
    """What every layer of one forward pass shares."""

    routing: Routing
    rotation: Rotation
    visibility: Visibility
    cache: KeyValueCache | None


class DecoderLayer(nn.Module):
    """One layer; the audio half exists only where the configuration lists the layer."""

    def __init__(self, config: ModelConfig, layer: int, slot: int) -> None:
        super().__init__()
        self.is_dual = config.has_audio_weights(layer)
        self.skips_audio = config.skips_audio(layer)
        self.self_attn = Attention(config, slot)
        self.mlp = GatedMLP(config)
        self.input_layernorm = _norm(config)
        self.post_attention_layernorm = _norm(config)
        self.has_audio_attention = self.is_dual and config.audio_self_attention
        if self.is_dual:
            self.audio_mlp = GatedMLP(config)
            self.audio_input_layernorm = _norm(config)
            self.audio_post_attention_layernorm = _norm(config)
        if self.has_audio_attention:
            self.audio_attn = Attention(config, slot + 1)
            self.audio_post_audio_attn_layer_norm = _norm(config)

    @property
    def slot_count(self) -> int:
        return 2 if self.has_audio_attention else 1

    def forward(self, hidden: Tensor, shared: Pass) -> Tensor:
        """`[lanes, positions, hidden]` to the same."""
        return (
            self._forward_text(hidden, shared)
            if self.skips_audio
            else self._forward_all(hidden, shared)
        )

    def _forward_all(self, hidden: Tensor, shared: Pass) -> Tensor:
        normed = self._norm_before(hidden, shared.routing)
        if self.has_audio_attention:
            hidden, normed = self._attend_among_audio(hidden, normed, shared)
        seen = shared.visibility
        hidden = hidden + self.self_attn(
            normed, shared.rotation, seen.every, seen.is_causal, shared.cache
        )
        return hidden + self._feed_forward(hidden, shared.routing)

    def _forward_text(self, hidden: Tensor, shared: Pass) -> Tensor:
        """Audio positions keep their state and are looked at by nobody."""
        routing, seen = shared.routing, shared.visibility
        if routing.all_audio:
            return hidden
        attended = hidden + self.self_attn(
            self.input_layernorm(hidden),
            shared.rotation,
            seen.text_only,
            False,
            shared.cache,
        )
        changed = attended + self.mlp(self.post_attention_layernorm(attended))
        if routing.mask is None:
            return changed
        return torch.where(routing.mask[..., None], hidden, changed)

    def _attend_among_audio(
        self, hidden: Tensor, normed: Tensor, shared: Pass
    ) -> tuple[Tensor, Tensor]:
        """Audio positions look at audio alone before everybody looks at everybody."""
        if shared.routing.is_all_text:
            return hidden, normed
        attended = hidden + self.audio_attn(
            normed, shared.rotation, shared.visibility.audio_only, False, shared.cache
        )
        renormed = self.audio_post_audio_attn_layer_norm(attended)
        if shared.routing.mask is None:
            return attended, renormed
        is_audio = shared.routing.mask[..., None]
        return torch.where(is_audio, attended, hidden), torch.where(is_audio, renormed, normed)

    def _norm_before(self, hidden: Tensor, routing: Routing) -> Tensor:
        if not self.is_dual:
            return self.input_layernorm(hidden)
        return routing.split(hidden, self.input_layernorm, self.audio_input_layernorm)

    def _feed_forward(self, hidden: Tensor, routing: Routing) -> Tensor:
        if not self.is_dual:
            return self._text_feed_forward(hidden)
        return routing.split(hidden, self._text_feed_forward, self._audio_feed_forward)

    def _text_feed_forward(self, hidden: Tensor) -> Tensor:
        return self.mlp(self.post_attention_layernorm(hidden))

    def _audio_feed_forward(self, hidden: Tensor) -> Tensor:
        return self.audio_mlp(self.audio_post_attention_layernorm(hidden))


def _norm(config: ModelConfig) -> RMSNorm:
    return RMSNorm(config.hidden_size, config.rms_norm_eps)
